"""An analyzer that knows a few words instead of a network; all else about it is real."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from diplotone.model.analyzer import Analyzer, Prediction
from diplotone.model.article.actors import Gazetteer
from diplotone.model.codebook import Codebook
from diplotone.model.records import Record
from diplotone.model.release import Calibration

CUES = {
    "tone": {
        "hostile": ("bombed", "ultimatum", "expelled", "fired", "forty-eight hours", "sunk", "attack"),
        "critical": ("accused", "condemned", "complained", "denied", "warned", "criticised", "rejected"),
        "cooperative": ("thanked", "met", "agreed", "signed", "host", "help", "praised", "offered"),
        "conciliatory": ("regret", "apology", "released", "restore", "lift", "reopen"),
    },
    "sentiment": {
        "negative": ("bombed", "wounded", "attack", "accused", "condemned", "expelled", "fired"),
        "positive": ("thanked", "agreed", "praised", "restore", "released", "accord"),
    },
    "stance": {
        "opposed": (
            "bombed",
            "accused",
            "condemned",
            "expelled",
            "complained",
            "forty-eight hours",
            "denied",
        ),
        "supportive": ("thanked", "praised", "agreed", "lift", "help", "signed"),
    },
    "act": {
        "ASSAULT": ("bombed", "fired"),
        "ACCUSE": ("accused", "condemned", "complained"),
        "SANCTION": ("expelled",),
        "THREATEN": ("forty-eight hours",),
        "SUPPORT": ("thanked", "praised"),
        "CONSULT": ("met", "talks"),
        "AGREE": ("agreed", "signed"),
    },
}


class WordAnalyzer(Analyzer):
    """Finds a label by the first cue that the sentence holds, with a probability of .7."""

    def __init__(self, codebook: Codebook, label: str = "words@0123456789ab") -> None:
        self.release = cast(
            Any,
            SimpleNamespace(
                label=label,
                folder=Path("no such folder"),
                metrics=dict,
                codebook=codebook,
                calibration=Calibration(
                    temperatures=dict.fromkeys(CUES, 1.0),
                    thresholds=dict.fromkeys(CUES, 0.3),
                    precision="f32",
                ),
                files=frozenset(),
            ),
        )
        self.engine = cast(Any, SimpleNamespace(precision="f32"))  # which nothing runs
        self.gazetteer = Gazetteer.load()

    def predict(self, records: Sequence[Record]) -> list[Any]:
        return [
            Prediction(
                sentence={task.name: self._guess(task.name, r.text) for task in self.codebook.at("sentence")},
                pairs=tuple(
                    {task.name: self._guess(task.name, r.text) for task in self.codebook.at("pair")}
                    for _ in r.pairs
                ),
            )
            for r in records
        ]

    def _guess(self, name: str, text: str) -> np.ndarray:
        task = self.codebook[name]
        default = "NONE" if name == "act" else "neutral"
        found = next((label for label, cues in CUES[name].items() if any(c in text for c in cues)), default)
        probabilities = np.full(len(task), 0.3 / (len(task) - 1), np.float32)
        probabilities[task.index(found)] = 0.7
        return probabilities


@pytest.fixture(scope="session")
def analyzer(codebook: Codebook) -> WordAnalyzer:
    return WordAnalyzer(codebook)


@pytest.fixture(scope="session")
def other_codebook(codebook: Codebook, tmp_path_factory: pytest.TempPathFactory) -> Codebook:
    """The shipped one, in which "critical" has become "disapproving"."""
    path = tmp_path_factory.mktemp("codebook") / "codebook.toml"
    path.write_text(codebook.toml.replace('"critical"', '"disapproving"'), encoding="utf-8")
    return Codebook.load(path)


Running = Callable[..., contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def served(analyzer: Analyzer, home: Path, **settings: Any) -> Iterator[str]:
    """The real application on a free port of this machine, with its real server; gives its URL."""
    from diplotone.serve.__main__ import build_server
    from diplotone.serve.app import build_app
    from diplotone.serve.config import ServeConfig

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIPLOTONE_HOME", str(home))
        app = build_app([analyzer], ServeConfig(**settings))
    server = build_server(app)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert app.state.pool.wait_until_ready(120)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=20)


@pytest.fixture(scope="session")
def running(analyzer, tmp_path_factory) -> Running:
    """Serves with the words' analyzer, under settings of a test's own."""
    return lambda **settings: served(analyzer, tmp_path_factory.mktemp("home"), **settings)
