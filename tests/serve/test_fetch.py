"""Fetching an address: only from the public web, whatever names, redirects and servers try. Nothing goes outside."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import httpx
import pytest

from diplotone.model.errors import TextError
from diplotone.serve import fetch as module
from diplotone.serve.fetch import fetch, is_public

PAGE = (
    b"<html><body><article><p>"
    + b"Norway accused Latvia of theft on Monday. " * 8
    + b"</p></article></body></html>"
)


def answer(body: bytes = PAGE, *headers: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Answer = bytes | Callable[[socket.socket], None]


@contextlib.contextmanager
def web_server(
    answers: dict[str, Answer], context: ssl.SSLContext | None = None
) -> Iterator[SimpleNamespace]:
    """Answers each path as told; `asked` has what it was asked, word for word."""
    asked: list[str] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            secured = context.wrap_socket(connection, server_side=True) if context else connection
            with secured:
                request = secured.recv(65_536).decode()
                asked.append(request)
                found = answers.get(request.split(" ")[1], answer(b"none", status="404 Not Found"))
                secured.sendall(found) if isinstance(found, bytes) else found(secured)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield SimpleNamespace(port=listener.getsockname()[1], asked=asked, answers=answers)
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def web(monkeypatch) -> Iterator[SimpleNamespace]:
    """A web in which every name ending in .example is one server on this machine, and that alone is public."""
    looked_up: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        looked_up.append(host)
        if host.endswith(".example"):
            return ["127.0.0.1"]
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [str(entry[4][0]) for entry in found]

    with web_server({"/": answer()}) as server:
        monkeypatch.setattr(module, "look_up", look_up)
        monkeypatch.setattr(module, "is_public", lambda text: text == "127.0.0.1" or is_public(text))
        monkeypatch.setattr(module, "PORTS", {"http": (server.port,), "https": (server.port,)})
        server.looked_up = looked_up
        yield server


def get(url: str, max_bytes: int = 100_000):
    return asyncio.run(fetch(url, max_bytes))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "100.100.100.200", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1",
        "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1",
        "2001:db8::1", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "", "x", "8.8.8",
    ],
)  # fmt: skip
def test_addresses_that_are_not_everybodys_are_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "193.0.6.139", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_not(address):
    assert is_public(address)


def test_a_page_is_fetched_and_its_name_is_asked_for(web):
    web.answers["/a%20b?q=%C3%A9"] = answer(kind="text/html; charset=utf-8")
    found = get("http://News.example/a%20b?q=é#part")
    assert found.data == PAGE
    assert found.name == "news.example.html"
    (request,) = web.asked
    assert "Host: news.example\r\n" in request
    assert "Accept-Encoding: identity" in request
    assert web.looked_up == ["news.example"]


def test_a_name_is_looked_up_once_so_that_a_second_answer_changes_nothing(web, monkeypatch):
    """A name server that says "public" first and "this machine" afterwards ("DNS rebinding")."""
    answers = [["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]]

    async def changing(*_: object) -> list[str]:
        return answers.pop(0)

    monkeypatch.setattr(module, "look_up", changing)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *_, **__: pytest.fail(f"{host} was looked up a second time")
    )
    assert get("http://news.example/").data == PAGE
    assert len(answers) == 2


@pytest.mark.parametrize(
    "found", [["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["::ffff:169.254.169.254"], ["64:ff9b::a00:1"], []]
)
def test_one_address_that_is_not_public_is_enough(web, monkeypatch, found):
    async def look_up(*_: object) -> list[str]:
        return found

    monkeypatch.setattr(module, "look_up", look_up)
    with pytest.raises(TextError, match="not on the public web"):
        get("http://news.example/")
    assert web.asked == []


HOSTILE = [
    ("http://169.254.169.254/latest/meta-data/", "public web"),
    ("http://[::1]/", "public web"),
    ("http://[::ffff:10.0.0.1]/", "public web"),
    ("http://[fe80::1%25eth0]/", "public web|no such host"),
    ("http://2130706434/", "public web"),
    ("http://0x7f.2/", "public web"),
    ("http://0177.0.0.2/", "public web"),
    ("http://127.2/", "public web"),
    ("http://１０.0.0.1/", "public web"),
    ("http://user:secret@news.example/", "name or a password"),
    ("http://news.example@10.0.0.1/", "name or a password"),
    ("http://news.example:22/", "port 22"),
    ("http://news.example:0/", "port 0"),
    ("http://news.example:x/", "no address"),
    ("ftp://news.example/", "only http"),
    ("file:///etc/passwd", "only http"),
    ("gopher://news.example/", "only http"),
    ("javascript:alert(1)", "only http"),
    ("//news.example/", "only http"),
    ("http://", "only http"),
    ("http:///path", "only http"),
    ("news.example", "only http"),
    ("http://news.example/\r\nX: y", "white space"),
    ("http://news.example/a b", "white space"),
    ("http://news.example\\@10.0.0.1/", "white space"),
    ("http://news.example/" + "a" * 2_000, "2,000 characters"),
    ("http://" + "a" * 300 + ".example/", "no address"),
    ("", "white space"),
]


@pytest.mark.parametrize(("url", "words"), HOSTILE)
def test_addresses_that_may_not_be_asked(web, url, words):
    with pytest.raises(TextError, match=words):
        get(url)
    assert web.asked == []


@pytest.mark.parametrize(
    "url", [url for url, words in HOSTILE if "public web" in words or url.startswith("file")]
)
def test_a_redirect_to_them_is_not_followed(web, url):
    web.answers["/"] = answer(b"", f"Location: {url}", status="302 Found")
    with pytest.raises(TextError):
        get("http://news.example/")
    assert len(web.asked) == 1


def test_redirects_are_followed_three_times(web):
    for n in range(5):
        web.answers[f"/{n}"] = answer(b"", f"Location: /{n + 1}", status="301 Moved Permanently")
    web.answers["/5"] = answer()
    assert get("http://news.example/2").data == PAGE
    with pytest.raises(TextError, match="more than 3 times"):
        get("http://news.example/1")
    assert len(web.looked_up) == 8


def test_neither_proxies_nor_credentials_come_from_the_environment(web, monkeypatch, tmp_path):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine news.example login ada password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get("http://news.example/").data == PAGE
    for header in ("authorization", "cookie", "referer"):
        assert header not in web.asked[0].lower()


def drip(connection: socket.socket) -> None:
    for byte in answer():
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def silence(connection: socket.socket) -> None:
    connection.recv(1)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def endless_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Y: " + b"z" * 1_000 + b"\r\n")


@pytest.mark.parametrize("slow", [drip, silence])
def test_a_slow_server_is_given_up(web, monkeypatch, slow):
    monkeypatch.setattr(module, "SECONDS", 0.3)
    web.answers["/"] = slow
    begun = time.monotonic()
    with pytest.raises(TextError, match="did not answer in full"):
        get("http://news.example/")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (endless, "more than 100,000 bytes"),
        (endless_headers, "cannot be reached"),
        (answer(b"x" * 100_001), "more than 100,000 bytes"),
        (answer(kind="image/png"), "sent image/png"),
        (answer(kind=""), "without a type"),
        (answer(PAGE, "Content-Encoding: gzip"), "packed"),
        (answer(status="404 Not Found"), "answered 404"),
        (answer(status="206 Partial Content"), "answered 206"),
        (answer()[:-20], "cannot be reached|broke off"),
        (b"", "cannot be reached|without an answer"),
        (b"SSH-2.0-OpenSSH\r\n", "cannot be reached"),
        (
            answer(b"", "Location: http://a\tb/", status="302 Found"),
            "leads on to what is no address",
        ),
    ],
)
def test_what_cannot_be_taken_is_told(web, reply, words):
    web.answers["/"] = reply
    with pytest.raises(TextError, match=words):
        get("http://news.example/")


def test_a_character_set_that_the_server_names_is_heeded(web):
    web.answers["/"] = answer("Łódź".encode("iso-8859-2"), kind="text/plain; charset=ISO-8859-2")
    assert get("http://news.example/").data.decode() == "Łódź"
    web.answers["/"] = answer(b"x", kind="text/plain; charset=zip")
    assert get("http://news.example/").data == b"x"


def test_a_certificate_of_another_name_is_refused(web, tmp_path, monkeypatch):
    if not shutil.which("openssl"):
        pytest.skip("needs openssl to make a certificate")
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=news.example"]
    subprocess.run([*command, "-addext", "subjectAltName=DNS:news.example"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web_server({"/": answer()}, context) as server:
        monkeypatch.setattr(module, "PORTS", {"http": (80,), "https": (server.port,)})
        assert get("https://news.example/").data == PAGE
        with pytest.raises(TextError, match="cannot be reached"):
            get("https://other.example/")


# ------------------------------------------------------------------------------- over HTTP


def test_it_is_off_unless_switched_on(running):
    with running() as url, httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client:
        asked = {"url": "http://news.example/"}
        assert client.post("/v1/analyze", json=asked).status_code == 422
        assert client.post("/page/fetch", json=asked).status_code == 404
        assert (
            "url"
            not in client.get("/openapi.json").json()["components"]["schemas"]["AnalyzeRequest"]["properties"]
        )
        assert 'name=\\"address\\"' not in client.get("/config").text


def test_switched_on_it_reads_the_page_at_an_address(running, web):
    web.answers["/private"] = answer(b"", "Location: http://10.0.0.1/", status="302 Found")
    settings = {"login": "proxy", "trusted_proxies": ("127.0.0.1",), "login_for_reading": False}
    with (
        running(fetch_urls=True, **settings) as url,
        httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client,
    ):
        ada = {"remote-user": "ada"}
        asked = {"url": "http://news.example/"}
        for path in ("/v1/analyze", "/page/fetch"):  # the service acts, so it is not for all who read
            assert client.post(path, json=asked).status_code == 401
        assert web.asked == []
        read = client.post("/v1/analyze", json=asked, headers=ada).json()
        assert "Norway accused Latvia" in read["sentences"][0]["text"]
        assert "Norway accused" in client.post("/page/fetch", json=asked, headers=ada).json()["text"]
        refused = client.post("/v1/analyze", json={"url": "http://news.example/private"}, headers=ada)
        assert (refused.status_code, "public web" in refused.json()["error"]) == (400, True)
        assert client.post("/v1/analyze", json={"text": "Oslo met Riga."}).status_code == 200
        for both in ({}, {"text": "Oslo.", **asked}):
            assert client.post("/v1/analyze", json=both, headers=ada).status_code == 400
        assert 'name=\\"address\\"' in client.get("/config").text
