"""diplotone-serve: the page and the HTTP interface on one port."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import ConfigError, DiplotoneError, require_extra
from ..model.memory import check_memory, share_one_heap
from ..model.release import home
from .config import ServeConfig, load_config

if TYPE_CHECKING:
    from fastapi import FastAPI

    from .pool import AnalyzerPool
    from .shutdown import Server

WARM_UP_TIMEOUT_S = 120.0
ROOM_BYTES = 1_000_000
"""What must fit into the folder for temporary files at least: the results of an article or two."""

LEAST_MEMORY_BYTES = 1_300_000_000
"""Of address space; with less the libraries end the process without a word of ours."""

BACKLOG = 2_048
"""Clients that may knock before the service answers."""

KEEP_ALIVE_S = 30
"""How long an idle connection is kept: longer than clients keep theirs (httpx 5 seconds), or a request can meet the
closing of its connection and fail."""

SHUTDOWN_TIMEOUT_S = 3
"""What requests that still run get when the service stops."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted, or change a password; return 0, or 2 after a mistake told in one line."""
    options = _parser().parse_args(arguments)
    try:
        config = load_config(
            options.config, options.set, host=options.host, port=options.port, release=options.release
        )
        if options.command == "password":
            _change_password(config, options.name, remove=options.remove)
            return 0
        require_extra("serve", "gradio", "fastapi", "uvicorn", "prometheus_client")
        _serve(config)
    except DiplotoneError as error:
        print(f"diplotone-serve: {error}", file=sys.stderr)
        return 2
    except MemoryError:
        print("diplotone-serve: not enough memory; give it more, or fewer analyzers", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="diplotone-serve", description=__doc__)
    parser.add_argument("--host", help="address to listen on (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, help="port to listen on (7860)")
    parser.add_argument("--release", help="release folder (the promoted one, else the shipped one)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings as TOML (configs/serve.toml)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override one setting; may be repeated",
    )
    commands = parser.add_subparsers(dest="command", metavar="password NAME")
    password = commands.add_parser("password", help="let somebody in, or set a new password")
    password.add_argument("name", metavar="NAME", help="who; labels are kept under this name")
    password.add_argument("--remove", action="store_true", help="let them in no more")
    return parser


def _change_password(config: ServeConfig, name: str, *, remove: bool) -> None:
    """Ask for a password, twice at a terminal, else one line of standard input; write it to the file."""
    from .passwords import default_file, set_password

    path = Path(config.password_file) if config.password_file else default_file()
    if remove:
        if not set_password(path, name, None):
            raise ConfigError(f"{path}: there is no {name} in it")
        print(f"{name} is not let in any more ({path})")
        return
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password for {name}: ")
        if getpass.getpass("Once more: ") != password:
            raise ConfigError("the two passwords differ; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\n")
    known = set_password(path, name, password)
    print(f"{name} {'has a new password' if known else 'is let in'} ({path})")


def _serve(config: ServeConfig) -> None:
    with _listen(config) as listener:
        # Before the heavy imports, which read them: no usage statistics, no look at the hub.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["HF_HUB_OFFLINE"] = "1"
        share_one_heap()
        from ..model.runtime import keep_few_kernels
        from .gradio_import import import_gradio

        keep_few_kernels()
        _prepare_machine()
        import_gradio()
        from ..model.analyzer import load
        from ..model.release import ReleaseWatch
        from .app import build_app
        from .batching import shareable
        from .logs import log_without_texts

        log_without_texts()
        watch = None if config.release else ReleaseWatch()  # whoever names a release wants that one
        # No name for the analyzers: the application frees them when another release takes over.
        release, precision = config.release or None, config.precision or None
        app = build_app(
            [shareable(load(release, precision=precision)) for _ in range(config.n_analyzers)], config, watch
        )
        threading.Thread(target=_announce, args=(app.state.pool, _url(listener)), daemon=True).start()
        server = build_server(app)
        server.run(sockets=[listener])
        if not server.started:
            raise ConfigError("the service did not start; the lines above say why")


def build_server(app: FastAPI) -> Server:
    """Return the server of an application, which says nothing of itself and believes no header."""
    import uvicorn

    from .shutdown import Server

    settings = uvicorn.Config(
        app,
        log_config=None,  # by our own handler, see logs.py
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whom to believe is ours to say: see proxies.py
        ws="none",
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    return Server(settings, app.state.closing)


def _prepare_machine() -> None:
    """Find out before anything is loaded whether memory and folders are enough, and mend and copy the labels.

    Labels that cannot be copied are told; articles can be read all the same.
    """
    from .label_backup import back_up, make_sound
    from .label_types import StoreFailed, StoreLost
    from .labels import STORE_FILE

    check_memory(LEAST_MEMORY_BYTES)
    try:
        with tempfile.TemporaryFile() as file:
            file.write(bytes(ROOM_BYTES))
            file.flush()
    except OSError as error:
        raise ConfigError(
            f"the folder for temporary files cannot be written: {error}; make room in it, or name another in TMPDIR"
        ) from error
    store = home() / STORE_FILE
    try:
        if done := make_sound(store):
            print(f"diplotone-serve: {done}", file=sys.stderr)
        back_up(store)
    except StoreLost:
        raise
    except StoreFailed as error:
        print(f"diplotone-serve: {error}; the service starts without", file=sys.stderr)


def _listen(config: ServeConfig) -> socket.socket:
    """Take the port before anything is loaded, so that a taken one is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # At once: two that only bind can have one port, and the later one would fail after all its loading.
        listener.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"{config.host}:{config.port} cannot be listened on: {getattr(error, 'strerror', error)}; choose"
            " another with --port or --host"
        ) from error
    return listener


def _announce(pool: AnalyzerPool, url: str) -> None:
    if pool.wait_until_ready(WARM_UP_TIMEOUT_S):
        print(f"Diplotone is ready at {url} ({pool.release})", flush=True)
    else:
        print(f"diplotone-serve: not ready after {WARM_UP_TIMEOUT_S:g} seconds", file=sys.stderr, flush=True)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


if __name__ == "__main__":
    sys.exit(main())
