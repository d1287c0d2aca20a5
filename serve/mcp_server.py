"""The Model Context Protocol: what /v1/analyze, /v1/score and /v1/compare do, as tools for assistants.

Offered at /mcp when the operator switches it on (`mcp`), and never where people have to log in, since assistants
cannot. Each call stands for itself: nothing is kept of it, and it waits in the same queue as everybody else.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from starlette.routing import BaseRoute

from ..model.errors import DiplotoneError, require_extra
from .reading import Reading
from .shortage import FAULT, shortage

if TYPE_CHECKING:
    from mcp.server import MCPServer

logger = logging.getLogger(__name__)

MCP_PATH = "/mcp"

INSTRUCTIONS = (
    "Diplotone reads diplomatic news in English. Sentiment: how a sentence sounds. Tone, from hostile to conciliatory:"
    " with what temper the actors treat one another. Stance: who stands where toward whom. Labels are a model's and it"
    " errs; a label that is null has its reason beside it. Quote the evidence sentences rather than the figures alone."
)


def build_mcp(reading: Reading) -> MCPServer:
    """Return a server with the three tools.

    Raises:
        MissingExtra: The mcp extra is not installed.
    """
    require_extra("mcp", "mcp")
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    server = MCPServer("diplotone", instructions=INSTRUCTIONS, version=version("diplotone"))
    root.handlers[:] = handlers  # it sets up logging for the whole process, and would log what people send
    root.setLevel(level)
    only_reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    @server.tool(annotations=only_reads, structured_output=False)
    async def analyze(
        text: Annotated[str, Field(description="The article, as it stands.")],
    ) -> dict[str, Any]:
        """Read one article: its tone with an interval, its sentences, and who stands where toward whom."""

        async def read() -> dict[str, Any]:
            return (await reading.analysis(text, precedents=0)).as_dict()

        return await _told(read())

    @server.tool(annotations=only_reads, structured_output=False)
    async def score(
        texts: Annotated[list[str], Field(description="Sentences, each scored by itself.")],
    ) -> dict[str, Any]:
        """Score sentences: sentiment and tone of each, with the probability of every label."""

        async def read() -> dict[str, Any]:
            return {"records": await reading.scores([{"text": text} for text in texts])}

        return await _told(read())

    @server.tool(annotations=only_reads, structured_output=False)
    async def compare(
        before: Annotated[str, Field(description="The earlier statement.")],
        after: Annotated[str, Field(description="The later one.")],
    ) -> dict[str, Any]:
        """Set two statements side by side: sentences aligned, the shift of tone, phrases added and dropped."""

        async def read() -> dict[str, Any]:
            found, _ = await reading.comparison(before, after)
            return found.as_dict()

        return await _told(read())

    return server


def as_routes(server: MCPServer) -> Sequence[BaseRoute]:
    """Return the routes of a server, whose `session_manager` is to run while they are in use.

    Who may ask from where is looked at before, by the same walls as for all else.
    """
    from mcp.server.transport_security import TransportSecuritySettings

    return server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        json_response=True,
        stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    ).routes


async def _told(answer: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    """The answer, or an error in the words that HTTP would have."""
    from mcp.server.mcpserver.exceptions import ToolError

    try:
        return await answer
    except DiplotoneError as error:
        raise ToolError(str(error)) from None
    except Exception as error:
        logger.exception("a fault in answering an assistant")
        raise ToolError(shortage(error) or FAULT) from None
