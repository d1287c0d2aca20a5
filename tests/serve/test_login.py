"""Logging in, over real connections: who may do what, under which name, and what is let in no more."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi.routing import APIRoute

from diplotone.model.errors import ConfigError
from diplotone.serve.__main__ import main
from diplotone.serve.config import ServeConfig
from diplotone.serve.passwords import Passwords, password_line, set_password
from diplotone.serve.sessions import Attempts, Sessions

QUICK = (2**10, 8, 1)
ADA = {"username": "ada", "password": "correct horse battery"}
BEN = {"username": "ben", "password": "staple for herring"}
LABEL = {"text": "Oslo accused Riga of theft.", "task": "tone", "new": "critical"}
PAGE = {"accept": "text/html,application/xhtml+xml"}

WRITES = [
    ("POST", "/v1/labels", {"annotator": "eve", "labels": [LABEL]}),
    ("POST", "/v1/labels/1/undo", {"annotator": "eve"}),
    ("POST", "/v1/labels/import?name=a.jsonl&annotator=eve", {"text": "Oslo.", "tone": "neutral"}),
    ("POST", "/v1/sentences", {"annotator": "eve", "texts": ["Oslo met Riga."]}),
    ("POST", "/v1/archives?name=a.jsonl", {"text": "Oslo met Riga."}),
    ("DELETE", "/v1/archives/aaaaaaaaaaaaaaaaaaaaaaaa", None),
    ("POST", "/v1/releases/promote", {}),  # what there may be some day is closed before it is there
    ("PUT", "/page/anything", {}),
]
READS = ["/", "/config", "/theme.css", "/metrics", "/openapi.json", "/v1/labels", "/v1/labels/export"]
READS += ["/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/startup-events", "/page/me"]


@pytest.fixture(scope="module")
def password_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("doors") / "passwords"
    lines = [password_line(who["username"], who["password"], QUICK) for who in (ADA, BEN)]
    path.write_text("# people\n" + "\n".join(lines) + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def closed(running, password_file) -> Iterator[str]:
    with running(login="password", password_file=str(password_file)) as url:
        yield url


@pytest.fixture(scope="module")
def readable(running, password_file) -> Iterator[str]:
    with running(login="password", password_file=str(password_file), login_for_reading=False) as url:
        yield url


@contextlib.contextmanager
def visiting(url: str, **settings) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60, **settings) as client:
        yield client


@contextlib.contextmanager
def logged_in(url: str, who: dict[str, str] = ADA) -> Iterator[httpx.Client]:
    with visiting(url) as client:
        assert client.post("/login", data=who).json() == {"name": who["username"]}
        yield client


def ask(method: str, url: str, **request) -> httpx.Response:
    """One request of somebody who has never been here."""
    return httpx.request(method, url, trust_env=False, verify=False, timeout=60, **request)


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_nobody_writes_without_a_login(closed, readable, method, path, body):
    for url in (closed, readable):
        answer = ask(method, url + path, json=body)
        assert (answer.status_code, "/login" in answer.json()["error"]) == (401, True)
        forged = ask(method, url + path, json=body, headers={"cookie": "diplotone-session=x"})
        assert forged.status_code == 401


def test_a_handler_that_writes_asks_for_itself(readable, running, monkeypatch):
    """The wall in front is taken away; each handler still refuses."""
    from diplotone.serve.login import LoginWall

    monkeypatch.setattr(LoginWall, "_is_closed", lambda *_: False)
    for method, path, body in WRITES[:6]:
        assert ask(method, readable + path, json=body).status_code == 401


def test_every_route_that_writes_asks_in_its_handler(analyzer):
    """Also those that somebody adds: whatever is not named as reading must depend on `writer`."""
    from diplotone.serve.app import build_app
    from diplotone.serve.login import POSTS_THAT_READ, writer

    def routes(found: list) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            elif hasattr(route, "original_router"):
                yield from routes(route.original_router.routes)

    writing = [
        route
        for route in routes(build_app([analyzer], ServeConfig(fetch_urls=True)).routes)
        if route.methods - {"GET", "HEAD"}
        and not POSTS_THAT_READ.fullmatch(route.path)
        and route.endpoint.__name__ != "nothing_here"  # refuses whatever method has no route
    ]
    assert len(writing) > 6
    for route in writing:
        assert writer in [dependency.call for dependency in route.dependant.dependencies], route.path


def test_reading_needs_it_only_where_the_operator_says_so(closed, readable):
    for path in READS:
        assert ask("GET", closed + path).status_code == 401
        assert ask("GET", readable + path).status_code == 200
    assert ask("POST", closed + "/v1/analyze", json={"text": "Oslo met Riga."}).status_code == 401
    assert ask("POST", readable + "/v1/analyze", json={"text": "Oslo met Riga."}).status_code == 200
    assert ask("GET", closed + "/health").status_code == 200


def test_gradios_own_calls_need_it_as_well(closed):
    joined = {"data": ["Oslo met Riga."], "fn_index": 0, "session_hash": "abc"}
    assert ask("POST", closed + "/gradio_api/queue/join", json=joined).status_code == 401
    assert ask("GET", closed + "/gradio_api/queue/data?session_hash=abc").status_code == 401
    with logged_in(closed) as ada:
        assert ada.post("/gradio_api/queue/join", json=joined).status_code == 200


def test_gradio_asks_too_where_the_wall_is_gone(closed, monkeypatch):
    from diplotone.serve.login import LoginWall

    monkeypatch.setattr(LoginWall, "_is_closed", lambda *_: False)
    for path in ("/", "/config", "/gradio_api/info"):
        assert ask("GET", closed + path).status_code == 401


def test_gradios_own_client_logs_in(closed):
    from gradio_client import Client

    client = Client(closed, auth=(ADA["username"], ADA["password"]), verbose=False)
    assert client.predict("Oslo accused Riga of theft.", api_name="/analyze")["sentences"]
    client.close()


def test_a_label_bears_the_name_of_the_login_whatever_the_form_says(closed):
    with logged_in(closed) as ada:
        saved = ada.post("/v1/labels", json={"annotator": "ben", "labels": [LABEL]}).json()["saved"][0]
        assert saved["annotator"] == "ada"
        assert ada.post("/v1/labels", json={"labels": [LABEL]}).json()["saved"][0]["annotator"] == "ada"
        undone = ada.post(f"/v1/labels/{saved['id']}/undo", json={"annotator": "ben"})
        assert undone.json()["saved"][0]["annotator"] == "ada"
        file = json.dumps({"text": "Suva met Apia.", "tone": "neutral"})
        ada.post("/v1/labels/import", params={"name": "a.jsonl", "annotator": "ben"}, content=file)
        assert "ben" not in ada.get("/v1/labels").json()["annotators"]


def test_names_in_an_imported_file_are_not_taken_for_logins(closed):
    task = {
        "data": {"text": "Suva praised Apia."},
        "annotations": [
            {
                "completed_by": {"email": who},
                "result": [{"type": "choices", "from_name": "tone", "value": {"choices": ["cooperative"]}}],
            }
            for who in ("ben", "ada")
        ],
    }
    with logged_in(closed) as ada:
        ada.post("/v1/labels/import", params={"name": "a.json"}, content=json.dumps([task]))
        names = ada.get("/v1/labels").json()["annotators"]
    assert "ben (brought by ada)" in names
    assert "ben" not in names


def test_a_browser_is_led_to_the_form_and_back(closed):
    with visiting(closed, headers=PAGE) as browser:
        led = browser.get("/")
        assert (led.status_code, led.headers["location"]) == (303, "login")
        form = browser.get("/login")
        assert 'type="password"' in form.text
        assert "form-action 'self'" in form.headers["content-security-policy"]
        wrong = browser.post("/login", data={**ADA, "password": "<b>wrong</b> one"})
        assert (wrong.status_code, "do not belong together" in wrong.text) == (401, True)
        assert "<b>wrong" not in wrong.text
        right = browser.post("/login", data=ADA)
        assert (right.status_code, right.headers["location"]) == (303, ".")
        assert browser.get("/").status_code == 200
        assert browser.get("/page/me").json() == {"name": "ada", "password": True}
        assert browser.post("/logout").headers["location"] == "login"
        assert browser.get("/").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(closed):
    cookie = ask("POST", closed + "/login", data=ADA).headers["set-cookie"].lower()
    for part in ("httponly", "samesite=lax", "path=/", "max-age=43200"):
        assert part in cookie
    assert "ada" not in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_behind_https(running, password_file):
    settings = {"login": "password", "password_file": str(password_file), "trusted_proxies": ("127.0.0.1",)}
    https = {"x-forwarded-proto": "https"}
    with running(**settings) as url:
        answer = ask("POST", url + "/login", data=ADA, headers=https)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-diplotone-session=")
        assert "; Secure" in cookie
        assert answer.headers["strict-transport-security"]
        session = {"cookie": cookie.partition(";")[0]}
        assert ask("GET", url + "/v1/labels", headers=https | session).status_code == 200
        assert ask("GET", url + "/v1/labels", headers=session).status_code == 401


def test_a_client_cannot_claim_to_be_behind_https(closed):
    answer = ask("POST", closed + "/login", data=ADA, headers={"x-forwarded-proto": "https"})
    assert "secure" not in answer.headers["set-cookie"].lower()


def test_a_session_ends_with_logout_and_its_token_is_dead(closed):
    with logged_in(closed) as ada:
        token = ada.cookies["diplotone-session"]
        ada.post("/logout")
    reused = ask("GET", closed + "/v1/labels", headers={"cookie": f"diplotone-session={token}"})
    assert reused.status_code == 401


def test_a_new_password_ends_the_sessions_of_the_old_one(closed, password_file):
    old = password_file.read_text()
    with logged_in(closed) as ada, logged_in(closed, BEN) as ben:
        try:
            set_password(password_file, "ben", "another one entirely")
            assert ben.get("/v1/labels").status_code == 401
            assert ada.get("/v1/labels").status_code == 200
            set_password(password_file, "ada", None)
            assert ada.get("/v1/labels").status_code == 401
        finally:
            password_file.write_text(old)


def test_another_site_can_neither_log_in_nor_out(closed):
    for path in ("/login", "/logout"):
        answer = ask("POST", closed + path, data=ADA, headers={"origin": "https://evil.example"})
        assert answer.status_code == 403


@pytest.mark.slow
def test_guessing_is_slowed_down(running, password_file):
    with running(login="password", password_file=str(password_file)) as url:
        guesses = [ask("POST", url + "/login", data={**ADA, "password": f"guess {n}"}) for n in range(11)]
        assert [guess.status_code for guess in guesses] == [401] * 10 + [429]
        assert 0 < int(guesses[-1].headers["retry-after"]) <= 301
        # the right one is no way around it, nor is a claim to be somebody else
        claimed = {"x-forwarded-for": "192.0.2.7", "forwarded": "for=192.0.2.7"}
        assert ask("POST", url + "/login", data=ADA, headers=claimed).status_code == 429


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=1_000.0, monotonic=lambda: clock.now)
    monkeypatch.setattr("diplotone.serve.sessions.time", clock)
    return clock


def test_attempts_are_forgotten_after_a_while_and_forgiven_when_right(clock):
    attempts = Attempts(2, 60)
    assert [attempts.begin("a") for _ in range(3)] == [0, 0, 61]
    attempts.forgive("a")
    assert attempts.begin("a") == 0
    clock.now += 61
    assert attempts.begin("a") == 0
    assert attempts.begin("b") == 0


def test_a_session_lasts_as_long_as_it_should(clock):
    marks = {"ada": b"1"}
    sessions = Sessions(60, marks.get)
    token = sessions.begin("ada")
    assert sessions.begin("eve") is None
    assert token is not None
    assert sessions.name(token) == "ada"
    assert sessions.name("") is None
    clock.now += 61
    assert sessions.name(token) is None


# ---------------------------------------------------------------------------------- a proxy in front


@pytest.fixture(scope="module")
def behind_proxy(running) -> Iterator[str]:
    with running(login="proxy", trusted_proxies=("127.0.0.0/8",), allowed_hosts=("press.example",)) as url:
        yield url


def through(url, *names, host="press.example", **more):
    headers = [("host", host), *(("Remote-User", name) for name in names), *more.items()]
    return ask("POST", url + "/v1/labels", json={"annotator": "eve", "labels": [LABEL]}, headers=headers)


def test_a_listed_proxy_says_who_it_is(behind_proxy):
    assert through(behind_proxy, "cleo").json()["saved"][0]["annotator"] == "cleo"
    for names in ((), ("",), ("cleo", "admin"), ("a" * 200,)):
        assert through(behind_proxy, *names).status_code == 401
    assert ask("GET", behind_proxy + "/login", headers={"host": "press.example"}).status_code == 404


def test_a_proxy_that_is_not_listed_is_not_believed(running):
    with running(login="proxy", trusted_proxies=("192.0.2.1",)) as url:
        assert through(url, "cleo", host="localhost").status_code == 401
        assert through(url, "cleo", host="localhost", **{"x-forwarded-for": "192.0.2.1"}).status_code == 401


def test_the_host_that_a_proxy_passes_on_must_be_known_too(behind_proxy):
    assert through(behind_proxy, "cleo", **{"X-Forwarded-Host": "evil.example"}).status_code == 403
    assert through(behind_proxy, "cleo", **{"X-Forwarded-Host": "press.example"}).status_code == 201


# ---------------------------------------------------------------------------------- the operator's side


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.4", "serve.example"])
def test_nothing_opens_to_others_without_a_login(host, capsys):
    assert main(["--host", host, "--port", "0"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "nobody has to log in" in line
    assert "open_without_login" in line
    assert ServeConfig(host=host, open_without_login=True).host == host
    assert ServeConfig(host=host, login="password").host == host


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"login": "maybe"}, "must be one of none, password, proxy"),
        ({"login": "proxy"}, "trusted_proxies"),
        ({"login": "proxy", "trusted_proxies": ("0.0.0.0/0",)}, "everybody"),
        ({"login": "proxy", "trusted_proxies": ("proxy",)}, "no address"),
        ({"login": "proxy", "trusted_proxies": ("::1",), "proxy_header": "X: y"}, "proxy_header"),
        ({"session_s": 1.0}, "session_s is 1.0"),
    ],
)
def test_a_door_that_would_not_close_is_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        ServeConfig(**settings)


@pytest.mark.slow
def test_the_command_lets_people_in_and_out(tmp_path, monkeypatch, capsys):
    file = tmp_path / "state" / "passwords"
    setting = ["--set", f"password_file={file}"]
    for password, words in (("long enough one", "ada is let in"), ("another long one", "has a new password")):
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        assert main([*setting, "password", "ada"]) == 0
        assert words in capsys.readouterr().out
    assert file.stat().st_mode & 0o077 == 0
    assert "long" not in file.read_text()
    passwords = Passwords(file)
    assert passwords.check("ada", "another long one")
    assert not passwords.check("ada", "long enough one")
    assert main([*setting, "password", "ada", "--remove"]) == 0
    assert not passwords.check("ada", "another long one")
    assert main([*setting, "password", "ada", "--remove"]) == 2


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [
        ("ada", "short", "it must have 10"),
        ("a:b", "long enough one", "colon"),
        (" ", "long enough", "missing"),
    ],
)
def test_what_cannot_be_a_password_is_told(tmp_path, monkeypatch, capsys, name, password, words):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    assert main(["--set", f"password_file={tmp_path / 'p'}", "password", name]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("line", ["ada:secret", "ada:scrypt$9999999$8$1$YQ==$YQ==", "ada:scrypt$2$8$1$YQ"])
def test_a_broken_password_file_is_told_and_lets_nobody_in(tmp_path, line):
    file = tmp_path / "passwords"
    file.write_text(password_line("ben", "long enough one", QUICK) + "\n")
    file.chmod(0o600)
    passwords = Passwords(file)
    assert passwords.check("ben", "long enough one")
    file.write_text(f"\n{line}\n")
    with pytest.raises(ConfigError, match="line 2 is no line of"):
        Passwords(file)
    assert passwords.mark("ben") is None


def test_a_password_file_that_others_can_write_is_refused(tmp_path):
    file = tmp_path / "passwords"
    file.write_text("")
    os.chmod(file, 0o622)
    with pytest.raises(ConfigError, match="chmod 600"):
        Passwords(file)
    with pytest.raises(ConfigError, match="no such file; make it with"):
        Passwords(tmp_path / "none")
