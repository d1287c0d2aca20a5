"""Put first on PYTHONPATH: refuses, and writes down, whatever of Python would leave this machine."""

import ipaddress
import os
import sys

_REFUSED = ("socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")


def _is_here(host: object) -> bool:
    if isinstance(host, (bytes, bytearray)):
        host = host.decode()
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _watch(event: str, arguments: tuple) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple) or _is_here(address[0]):  # a path: a socket of this machine
            return
    elif event == "socket.getaddrinfo":
        if _is_here(arguments[0]):
            return
    elif event not in _REFUSED:
        return
    with open(os.environ["DIPLOTONE_AIR_GAP_LOG"], "a") as log:
        log.write(f"{event} {arguments[1:] if event == 'socket.connect' else arguments} by {sys.argv}\n")
    raise OSError(f"the network is not to be used: {event}")


sys.addaudithook(_watch)
