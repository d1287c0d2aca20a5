"""diplotone-serve: the page and the HTTP interface on one port."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import ConfigError, DiplotoneError, require_extra
from .config import ServeConfig, load_config

if TYPE_CHECKING:
    from .pool import AnalyzerPool

WARM_UP_TIMEOUT_S = 120.0
SHUTDOWN_TIMEOUT_S = 3
"""What requests that still run get when the service stops."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return 0, or 2 after a mistake that is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        config = load_config(
            options.config, options.set, host=options.host, port=options.port, release=options.release
        )
        require_extra("serve", "gradio", "fastapi", "uvicorn", "prometheus_client")
        _serve(config)
    except DiplotoneError as error:
        print(f"diplotone-serve: {error}", file=sys.stderr)
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
    return parser


def _serve(config: ServeConfig) -> None:
    with _listen(config) as listener:
        # Before the heavy imports, which read them: no usage statistics, no look at the hub.
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["HF_HUB_OFFLINE"] = "1"
        import uvicorn

        from ..model.analyzer import load
        from ..model.release import ReleaseWatch
        from .app import build_app
        from .shutdown import Server

        watch = None if config.release else ReleaseWatch()  # whoever names a release wants that one
        # No name for the analyzers: the application frees them when another release takes over.
        app = build_app([load(config.release or None) for _ in range(config.n_analyzers)], config, watch)
        server = Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
            ),
            app.state.closing,
        )
        url = _url(listener)
        threading.Thread(target=_announce, args=(app.state.pool, url), daemon=True).start()
        server.run(sockets=[listener])


def _listen(config: ServeConfig) -> socket.socket:
    """Take the port before anything is loaded, so that a taken one is told at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise ConfigError(
            f"{config.host}:{config.port} cannot be listened on: {error.strerror}; choose another with"
            " --port or --host"
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
