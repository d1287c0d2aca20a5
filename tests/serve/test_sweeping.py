"""What a running service does beside its answers."""

from __future__ import annotations

import threading

from diplotone.serve import app


def test_a_service_gives_free_memory_back_again_and_again(running, monkeypatch):
    given = threading.Semaphore(0)
    monkeypatch.setattr(app, "LONGEST_SWEEP_S", 0.05)
    monkeypatch.setattr(app, "give_free_memory_back", given.release)
    with running():
        assert given.acquire(timeout=20)
        assert given.acquire(timeout=20)
