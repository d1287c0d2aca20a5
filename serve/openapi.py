"""/openapi.json with an example of every request and every answer, from `openapi_examples.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

METHODS = ("get", "post", "put", "patch", "delete")


def add_examples(app: FastAPI) -> None:
    """Make an application's description show the examples of the operations that it has."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            _fill_in(plain())  # which keeps what it returns
        return plain()

    app.openapi = described


def examples() -> dict[str, dict[str, Any]]:
    """Return the examples: "POST /v1/score" -> `request` (of the body), `parameters` (by name), `answer`."""
    return json.loads(files("diplotone.serve").joinpath("openapi_examples.json").read_bytes())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations of a description by their names: "POST /v1/score"."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation


def _fill_in(document: dict[str, Any]) -> None:
    known = examples()
    for name, operation in operations(document):
        example = known.get(name, {})
        if "request" in example:
            for content in operation["requestBody"]["content"].values():
                content["example"] = example["request"]
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in example.get("parameters", {}):
                parameter["example"] = example["parameters"][parameter["name"]]
        if "answer" in example:
            status = next(status for status in operation["responses"] if status.startswith("2"))
            operation["responses"][status]["content"]["application/json"]["example"] = example["answer"]
