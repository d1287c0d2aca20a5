"""/openapi.json: every operation has examples that are as it describes them, and as the service answers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from diplotone.serve.app import build_app
from diplotone.serve.config import ServeConfig
from diplotone.serve.openapi import examples, operations

JSON = "application/json"


def lacking(document: dict[str, Any]) -> list[str]:
    """What a description does not show by an example, or shows otherwise than it describes it."""
    return [fault for name, operation in operations(document) for fault in _faults(name, operation, document)]


def _faults(name: str, operation: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    shown = {f"parameter {p['name']}": p for p in operation.get("parameters", ()) if p["required"]}
    shown |= {f"body ({kind})": c for kind, c in operation.get("requestBody", {}).get("content", {}).items()}
    for status, answer in operation["responses"].items():
        if JSON in answer.get("content", {}):
            shown[status] = answer["content"][JSON]
        if status in ("429", "503") and name != "GET /health":
            if "Retry-After" not in answer.get("headers", {}):
                yield f"{name} {status}: tells nothing of Retry-After"
            else:
                shown[f"{status} Retry-After"] = answer["headers"]["Retry-After"]
    if "/v1/" in name and "429" not in operation["responses"]:
        yield f"{name}: tells nothing of 429"
    for what, described in shown.items():
        schema = described.get("schema", {})
        if (example := example_of(described, document)) is None:
            yield f"{name} {what}: has no example"
            continue
        whole = Draft202012Validator(schema | {"components": document["components"]})
        for error in whole.iter_errors(example):
            yield f"{name} {what}: {error.json_path}: {error.message}"


def example_of(described: dict[str, Any], document: dict[str, Any]) -> Any:
    """The example of a body or parameter; without one the example of what it holds as a whole."""
    named = described.get("schema", {}).get("$ref", "").rpartition("/")[2]
    of_form = document["components"]["schemas"].get(named, {}).get("examples", [None])
    return described.get("example", of_form[0])


@pytest.fixture(scope="module", params=[False, True], ids=["texts", "texts and addresses"])
def document(analyzer, request) -> dict[str, Any]:
    return build_app([analyzer], ServeConfig(fetch_urls=request.param)).openapi()


def test_every_operation_has_examples_of_the_form_that_it_describes(document):
    assert len(list(operations(document))) > 20
    assert lacking(document) == [], "add it to serve/openapi_examples.json"


def test_no_example_is_of_an_operation_that_is_not_there(document):
    assert set(examples()) <= {name for name, _ in operations(document)}


def test_what_is_lacking_is_found(document):
    for spoil, words in (
        (lambda score: score["requestBody"]["content"][JSON].update(example={"records": 3}), "$.records"),
        (lambda score: score["responses"]["200"]["content"][JSON].pop("example"), "200: has no example"),
        (lambda score: score["responses"]["200"]["content"][JSON].update(example={"record": []}), "required"),
        (lambda score: score["responses"]["429"].pop("headers"), "429: tells nothing of Retry-After"),
        (lambda score: score["responses"]["400"]["content"][JSON]["example"].clear(), "400: $: 'error'"),
    ):
        spoilt = copy.deepcopy(document)
        spoil(spoilt["paths"]["/v1/score"]["post"])
        (fault,) = lacking(spoilt)
        assert fault.startswith("POST /v1/score ")
        assert words in fault


@pytest.fixture(scope="module")
def client(analyzer, tmp_path_factory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIPLOTONE_HOME", str(tmp_path_factory.mktemp("home")))
        app = build_app([analyzer], ServeConfig())
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert app.state.pool.wait_until_ready(20)
        yield client


def unlike(one: Any, other: Any, where: str = "$") -> list[str]:
    """Where two answers have other fields; what depends on the release and the labels may differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        if where.endswith((".acts", ".annotators")):
            return []
        differing = [f"{where}.{key}" for key in one.keys() ^ other.keys()]
        return differing + [
            found
            for key in one.keys() & other.keys()
            for found in unlike(one[key], other[key], f"{where}.{key}")
        ]
    if isinstance(one, list) and isinstance(other, list):
        return unlike(one[0], other[0], f"{where}[0]") if one and other else []
    return []


@pytest.mark.parametrize(
    "name",
    [
        "POST /v1/analyze",
        "POST /v1/score",
        "POST /v1/compare",
        "POST /v1/labels",
        "GET /v1/labels",
        "POST /v1/sentences",
        "GET /v1/sentences",
        "GET /v1/labels/disputes",
        "GET /v1/labels/agreement",
        "POST /v1/labels/import",
        "POST /v1/sentences/archive",
        "POST /v1/archives",
        "GET /v1/retrain",
        "GET /v1/releases",
        "GET /health",
    ],
)
def test_an_example_can_be_asked_and_is_answered_like_that(client, name):
    method, path = name.split()
    document = client.app.openapi()
    operation = dict(operations(document))[name]
    sent: dict[str, Any] = {
        "params": {p["name"]: p["example"] for p in operation.get("parameters", ()) if "example" in p}
    }
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        body = example_of(content, document)
        sent |= {"json": body} if kind == JSON else {"content": body.encode()}
    answer = client.request(method, path, **sent)
    assert answer.is_success, answer.text
    shown = operation["responses"][str(answer.status_code)]["content"][JSON]["example"]
    assert unlike(answer.json(), shown) == []
