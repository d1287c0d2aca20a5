"""What a proxy in front says of its clients, and what clients claim for themselves."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from .addresses import Network, parsed_address

_TRUSTED = "diplotone.through_proxy"


class BehindProxies:
    """Believes what a request says of its way only where it came from a listed proxy.

    From anybody else the headers by which proxies speak are taken out, so that nothing further in can be
    told a name, a scheme or a host by a client.

    Args:
        app: What comes next.
        proxies: Addresses of the proxies.
        name_header: The header in which a proxy gives the name of who is logged in; empty for none.
    """

    def __init__(self, app: ASGIApp, proxies: tuple[Network, ...], name_header: str = "") -> None:
        self.app = app
        self.proxies = proxies
        self.name_header = name_header.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the scheme that the client used, or forget what it claims."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if self._is_proxy(scope):
                scope[_TRUSTED] = True
                if headers.get("x-forwarded-proto", "").lower() in ("http", "https"):
                    scope["scheme"] = headers["x-forwarded-proto"].lower()
            else:
                kept = MutableHeaders(scope=scope)
                for name in {name for name in headers if name.startswith("x-forwarded-")} | {
                    "forwarded",
                    self.name_header,
                }:
                    del kept[name]
        await self.app(scope, receive, send)

    def _is_proxy(self, scope: Scope) -> bool:
        address = parsed_address((scope.get("client") or ("",))[0])
        return address is not None and any(address in network for network in self.proxies)


def came_through_proxy(connection: HTTPConnection) -> bool:
    """Return whether a listed proxy handed the request over."""
    return connection.scope.get(_TRUSTED, False)


def client_address(connection: HTTPConnection) -> str:
    """Return the address of the client, as the nearest listed proxy saw it; IPv6 by its /64."""
    found = connection.client.host if connection.client else ""
    if came_through_proxy(connection):
        found = connection.headers.get("x-forwarded-for", found).rpartition(",")[2].strip()
    address = parsed_address(found)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
