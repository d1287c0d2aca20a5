"""Ends the open pages' streams when the service stops.

Each open page holds a stream for as long as it is open. Left alone, a server that stops waits for them
until it loses patience and then logs a traceback for each.
"""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STREAMS = ("/gradio_api/heartbeat/", "/gradio_api/queue/data")


class EndStreams:
    """Tells a stream that its client has gone as soon as `closing` is set, and ends its answer."""

    def __init__(self, app: ASGIApp, closing: asyncio.Event) -> None:
        self.app = app
        self.closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no stream."""
        if scope["type"] != "http" or not scope["path"].startswith(STREAMS):
            return await self.app(scope, receive, send)
        started = ended = False

        async def send_noted(message: Message) -> None:
            nonlocal started, ended
            started = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await self.app(scope, lambda: self._next(receive), send_noted)
        if started and not ended and self.closing.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _next(self, receive: Receive) -> Message:
        """What the client sends next, or that it has gone."""
        tasks = [asyncio.ensure_future(receive()), asyncio.ensure_future(self.closing.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return {"type": "http.disconnect"} if self.closing.is_set() else tasks[0].result()
        finally:
            for task in tasks:
                task.cancel()


class Server(uvicorn.Server):
    """A server that sets an event before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(config)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, end the streams, and finish what runs."""
        self._closing.set()
        await super().shutdown(sockets)
