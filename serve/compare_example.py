"""The example of a comparison that /openapi.json shows: what is asked, and what the shipped release answers."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

COMPARE_EXAMPLE: dict[str, Any] = {
    "a": "Oslo and Riga held constructive talks on herring on Monday. Oslo notes with concern the seizure of a trawler."
    " The two sides remain in contact.",
    "b": "Oslo and Riga held frank talks on herring on Monday. Oslo strongly condemns the seizure of a trawler."
    " Norway will expel the Latvian attaché.",
}


def compared_example() -> dict[str, Any]:
    """Return the answer to `COMPARE_EXAMPLE`."""
    text = files("diplotone.serve").joinpath("samples", "comparison.json").read_text(encoding="utf-8")
    return json.loads(text)


def show_compared_example(app: FastAPI) -> None:
    """Put the example into what /openapi.json says of `/v1/compare`.

    FastAPI leaves null out of the examples that are given with a route, and without it this one would not be of
    the form described.
    """
    describe = app.openapi

    def with_example() -> dict[str, Any]:
        described = describe()
        answer = described["paths"]["/v1/compare"]["post"]["responses"]["200"]
        answer["content"]["application/json"]["example"] = compared_example()
        return described

    app.openapi = with_example
