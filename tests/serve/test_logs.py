"""What is logged, and that no text is."""

from __future__ import annotations

import logging

import httpx

from diplotone.serve.logs import log_without_texts

MARK = "Zanzibarquux"


def test_no_text_gets_into_the_log_whatever_happens_to_it(running, analyzer, monkeypatch, capfd):
    handler = log_without_texts()
    text = f"Oslo accused {MARK} of theft. Riga thanked Oslo."
    try:
        with (
            running() as url,
            httpx.Client(base_url=url, trust_env=False, verify=False, timeout=60) as client,
        ):
            called = {"data": [text]}
            sent = [
                client.post("/v1/analyze", json={"text": text}),
                client.post("/v1/score", json={"records": [{"text": text, "tone": MARK}]}),
                client.post("/v1/analyze", content=f'{{"text": "{text}'),
                client.post("/v1/labels", json={"annotator": MARK, "labels": [{"text": text}]}),
                client.post("/page/files", params={"name": f"{MARK}.pdf"}, content=b"%PDF-" + MARK.encode()),
                client.get(f"/v1/{MARK}"),
            ]

            def fault(words: str) -> None:
                try:
                    raise ValueError(words)
                except ValueError as error:
                    raise RuntimeError(f"not read: {words}") from error

            monkeypatch.setattr(analyzer, "analyze", fault)
            # The server ends a connection after a fault; the client would use it again.
            sent.append(client.post("/v1/analyze", json={"text": text}, headers={"connection": "close"}))
            joined = client.post("/gradio_api/call/analyze", json=called)
            told = client.get(f"/gradio_api/call/analyze/{joined.json()['event_id']}").text
    finally:
        logging.getLogger().removeHandler(handler)
    assert [answer.status_code for answer in sent] == [200, 400, 422, 422, 400, 404, 500]
    assert "event: error" in told
    assert MARK not in told
    log = "".join(capfd.readouterr())
    assert "ValueError" in log
    assert "RuntimeError" in log
    assert "in fault" in log
    assert MARK not in log
