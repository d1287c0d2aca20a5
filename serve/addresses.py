"""Addresses and networks, as settings name them and as connections have them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TypeAlias

from ..model.errors import ConfigError

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def parsed_address(text: str) -> Address | None:
    """Return an address, an IPv4 one in IPv6 notation as IPv4; None for anything else."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address to listen on."""
    address = parsed_address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def parsed_networks(texts: Iterable[str], setting: str) -> tuple[Network, ...]:
    """Return addresses and networks ("10.0.0.1", "10.0.0.0/24").

    Raises:
        ConfigError: One is neither, or is everybody.
    """
    networks = []
    for text in texts:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise ConfigError(f'{setting}: "{text}" is no address and no network; write "10.0.0.1"') from None
        if network.prefixlen == 0:
            raise ConfigError(f'{setting}: "{text}" is everybody; name the proxy itself')
        networks.append(network)
    return tuple(networks)
