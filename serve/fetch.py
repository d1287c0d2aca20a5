"""From the address of a page to its bytes, without being led anywhere but to the public web.

A name is resolved once; every address it has must be public, and the connection goes to one of those and
nowhere else, so that a second answer of the name server changes nothing. Each redirect is looked at anew.
Neither proxies nor credentials of the environment are used, and all of it has one limit of time: a server
that answers a byte a second gains nothing.
"""

from __future__ import annotations

import asyncio
import codecs
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import h11

from ..model.errors import TextError
from .addresses import Address, parsed_address

SECONDS = 10.0
"""For everything: names, connections, redirects and the page itself."""
MOST_REDIRECTS = 3
LONGEST_URL = 2_000
MOST_HEADER_BYTES = 16_000
PORTS = {"http": (80,), "https": (443,)}
KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}
"""Content type -> ending by which `ingest` knows how to read it."""

USER_AGENT = "Diplotone"

NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        (
            "100.64.0.0/10",  # shared among customers of a provider; some clouds put their metadata here
            "192.0.0.0/24",
            "192.88.99.0/24",
            "64:ff9b::/96",  # these three carry an IPv4 address that may be anybody's
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
            "fec0::/10",
            "::/96",
        ),
    )
)

_URL = re.compile(r"[^\s\x00-\x20\x7f\\]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page as it came."""

    url: str
    """Where it was in the end."""
    name: str
    """A file name for it, whose ending says what it is."""
    data: bytes


@dataclass(frozen=True, slots=True)
class _Place:
    scheme: str
    host: str
    port: int
    target: str


async def fetch(url: str, max_bytes: int) -> Fetched:
    """Return what is at an address of the public web.

    Raises:
        TextError: The address is not one that may be asked, or what is there cannot be taken.
    """
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(MOST_REDIRECTS + 1):
                place = _parsed(url)
                answer = await _ask(place, await _public_addresses(place), max_bytes)
                if isinstance(answer, Fetched):
                    return answer
                if not _URL.fullmatch(answer):  # urljoin would take tabs out and see nothing
                    raise TextError(f"{place.host}: leads on to what is no address")
                url = urljoin(url, answer)
    except TimeoutError:
        raise TextError(f"{_shown(url)}: did not answer in full within {SECONDS:g} seconds") from None
    except (OSError, ssl.SSLError, h11.RemoteProtocolError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise TextError(f"{_shown(url)}: cannot be reached: {reason}") from error
    raise TextError(f"{_shown(url)}: leads on more than {MOST_REDIRECTS} times; give the last address")


def _shown(url: str) -> str:
    return url[:100] if _URL.fullmatch(url) else "the address"


def _parsed(url: str) -> _Place:
    if len(url) > LONGEST_URL or not _URL.fullmatch(url):
        raise TextError(f"the address has white space or more than {LONGEST_URL:,} characters; paste it anew")
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme.lower(), parts.port
        # One host for all further steps: what is resolved is what is asked for and what is certified.
        host = (parts.hostname or "").rstrip(".")
        host = host if parsed_address(host) else host.encode("idna").decode("ascii").lower()
    except ValueError:  # UnicodeError is one
        raise TextError(f"{_shown(url)}: is no address; write https://example.org/page") from None
    if scheme not in PORTS or not host:
        raise TextError(f"{_shown(url)}: only http:// and https:// are fetched")
    if parts.username is not None or parts.password is not None:
        raise TextError("the address holds a name or a password; take it out")
    port = port if port is not None else PORTS[scheme][0]
    if port not in PORTS[scheme]:
        raise TextError(f"{_shown(url)}: port {port} is not asked; only {PORTS[scheme][0]} is with {scheme}")
    query = f"?{parts.query}" if parts.query else ""
    return _Place(scheme, host, port, quote((parts.path or "/") + query, safe="/?%:@!$&'()*+,;=~-._"))


async def _public_addresses(place: _Place) -> list[str]:
    try:
        found = await look_up(place.host, place.port)
    except (socket.gaierror, UnicodeError):
        raise TextError(f"{place.host}: there is no such host") from None
    if not found or not all(map(is_public, found)):
        raise TextError(f"{place.host}: is not on the public web; only that is fetched from")
    return found


async def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(text: str) -> bool:
    """Return whether an address is anybody's on the internet, and no way round to one that is not."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:  # with a zone, for one
        return False
    if getattr(address, "ipv4_mapped", None) is not None:
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in NOT_PUBLIC)
    )


async def _ask(place: _Place, addresses: list[str], max_bytes: int) -> Fetched | str:
    """The page, or where it leads on to."""
    reader, writer = await _connected(place, addresses)
    try:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MOST_HEADER_BYTES)
        default = place.port == PORTS[place.scheme][0]
        host = f"[{place.host}]" if ":" in place.host else place.host
        request = h11.Request(
            method="GET",
            target=place.target,
            headers=[
                ("Host", host if default else f"{host}:{place.port}"),
                ("User-Agent", USER_AGENT),
                ("Accept", ", ".join(KINDS)),
                ("Accept-Encoding", "identity"),  # nothing has to be unpacked
                ("Connection", "close"),
            ],
        )
        writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        await writer.drain()
        response = await _next(connection, reader)
        while isinstance(response, h11.InformationalResponse):
            response = await _next(connection, reader)
        if not isinstance(response, h11.Response):
            raise TextError(f"{place.host}: ended without an answer")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
        if response.status_code in (301, 302, 303, 307, 308) and "location" in headers:
            return headers["location"]
        ending, charset = _kind(place, response.status_code, headers, max_bytes)
        data = await _body(connection, reader, place, max_bytes)
    finally:
        writer.transport.abort()
    return Fetched(
        url=f"{place.scheme}://{host}{place.target}",
        name=f"{place.host}{ending}",
        data=_as_utf8(data, charset) if ending != ".pdf" else data,
    )


async def _connected(
    place: _Place, addresses: list[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    secure = ssl.create_default_context() if place.scheme == "https" else None
    failure: OSError | None = None
    for address in addresses[:3]:
        try:
            return await asyncio.open_connection(
                address, place.port, ssl=secure, server_hostname=place.host if secure else None
            )
        except ssl.SSLError:
            raise
        except OSError as error:
            failure = error
    raise failure or OSError("no address")


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(65_536))
    return event


def _kind(place: _Place, status: int, headers: dict[str, str], max_bytes: int) -> tuple[str, str]:
    """Ending and character set of an answer that can be taken."""
    if status != 200:
        raise TextError(f"{place.host}: answered {status} instead of the page")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise TextError(f"{place.host}: sent the page packed, though it was asked not to")
    content_type, _, parameters = headers.get("content-type", "").partition(";")
    ending = KINDS.get(content_type.strip().lower())
    if ending is None:
        raise TextError(
            f"{place.host}: sent {content_type.strip()[:50] or 'something without a type'}; text, HTML and"
            " PDF are read"
        )
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(place, max_bytes)
    charset = re.search(r"charset\s*=\s*\"?([\w.:-]{1,40})", parameters, re.IGNORECASE)
    return ending, charset[1] if charset else ""


async def _body(
    connection: h11.Connection, reader: asyncio.StreamReader, place: _Place, max_bytes: int
) -> bytes:
    data = bytearray()
    while isinstance(event := await _next(connection, reader), h11.Data):
        data += event.data
        if len(data) > max_bytes:
            raise _too_large(place, max_bytes)
    if not isinstance(event, h11.EndOfMessage):
        raise TextError(f"{place.host}: broke off in the middle of the page")
    return bytes(data)


def _too_large(place: _Place, max_bytes: int) -> TextError:
    return TextError(f"{place.host}: the page has more than {max_bytes:,} bytes")


def _as_utf8(data: bytes, charset: str) -> bytes:
    """A text in the character set that its server names, as UTF-8; as it is where that is unknown."""
    try:
        if not charset or not codecs.lookup(charset)._is_text_encoding:
            return data
        return data.decode(charset, "replace").encode("utf-8", "replace")
    except (LookupError, ValueError):
        return data
