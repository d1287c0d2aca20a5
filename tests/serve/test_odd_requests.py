"""Requests that nobody means to send: refused in words, never a fault of the service."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from diplotone.model.errors import RecordError
from diplotone.serve.app import build_app
from diplotone.serve.archive_file import read_archive
from diplotone.serve.config import ServeConfig

JSON = {"content-type": "application/json"}
ROW = b"text,tone\nOslo met Riga.,hostile\n"
HUGE = b'{"text": ' + b"1" * 5_000 + b"}"
NO_NUMBER = (
    b'[{"data":{"text":"Oslo met Riga."},"annotations":'
    b'[{"result":[{"type":"labels","id":"a","value":{"start":1e999}}]}]}]'
)
HALF = (
    rb'{"annotator":"ada","release":"\ud800","labels":[{"text":"Oslo met.","task":"tone","new":"hostile"}]}'
)


@pytest.fixture(scope="module")
def client(analyzer, tmp_path_factory) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIPLOTONE_HOME", str(tmp_path_factory.mktemp("home")))
        app = build_app([analyzer], ServeConfig())
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        assert app.state.pool.wait_until_ready(20)
        yield client


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/score", rb'{"records":[{"text":"Oslo met Riga.","tone":"\ud800"}]}', 400),
        ("POST", "/v1/score", b'{"records":[{"text":"Oslo met Riga.","mine":NaN}]}', 400),
        ("POST", "/v1/labels", HALF, 422),
        ("POST", f"/v1/labels/{2**70}/undo", b'{"annotator":"ada"}', 422),
        ("GET", f"/v1/labels?before={2**70}", b"", 422),
        ("POST", "/v1/labels/import?annotator=ada&name=" + "a" * 300 + ".csv", ROW, 201),
        ("POST", "/v1/labels/import?annotator=ada&name=a%00.csv", ROW, 201),
        ("POST", "/v1/labels/import?annotator=ada&name=a.jsonl", HUGE, 400),
        ("POST", "/v1/labels/import?annotator=ada&name=a.json", NO_NUMBER, 400),
        ("POST", "/health", b"", 405),
        ("TRACE", "/v1/analyze", b"", 405),
        ("DELETE", "/v1/labels/3/undo", b"", 405),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)  # fmt: skip
def test_no_odd_request_is_a_fault_of_the_service(client, method, path, body, status):
    response = client.request(method, path, content=body, headers=JSON)
    assert response.status_code == status
    assert "error" in response.json() or status == 201


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "cannot use its disk: No space left"),
        (MemoryError(), "no memory left"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "no memory left"),  # for a process of its own
        (RuntimeError("can't start new thread"), "no memory left"),
    ],
)
def test_a_full_disk_or_memory_is_told_and_passes(client, analyzer, monkeypatch, error, words):
    def fail(_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(analyzer, "analyze", fail)
        response = client.post("/v1/analyze", json={"text": "Oslo met Riga on Monday."})
    assert response.status_code == 503
    assert words in response.json()["error"]
    assert client.post("/v1/analyze", json={"text": "Oslo met Riga on Monday."}).status_code == 200


def test_a_small_table_that_unpacks_to_gigabytes_is_refused_in_a_process_of_its_own():
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    one_text = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0] * 15_000, pyarrow.int32()), pyarrow.array(["Oslo " * 1_000_000])
    )
    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": one_text}), out)
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(RecordError, match=r"^b\.parquet: .*(memory|unpacks|characters|cannot be read)"):
        read_archive("b.parquet", out.getvalue(), max_rows=20_000, max_chars=200_000)


def test_an_article_of_a_csv_archive_may_be_as_long_as_any():
    data = "text\n" + "Oslo met Riga. " * 10_000
    (text,) = read_archive("a.csv", data.encode(), max_rows=5, max_chars=200_000)
    assert len(text.text) == 150_000


def test_half_characters_in_an_archive_do_not_break_it():
    (text,) = read_archive("a.jsonl", rb'{"text": "Oslo.", "id": "\ud800"}', max_rows=5, max_chars=99)
    json.dumps(text.id, ensure_ascii=False).encode()
