"""From the start of a process to what its user waits for, and the most memory that it held."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from .machine import peak_mb
from .sizes import FULL, QUICK, Sizes
from .speed import ROOT, written_sentences

SHORT_TEXT = "The two ministers met in Suva on Monday. Fiji thanked Tonga for its help. Talks go on in May.\n"

BARE = """
import sys
sys.modules |= {"openvino_telemetry": None, "openvino.tools": None}
import openvino, tokenizers
from diplotone.model.release import shipped_release
folder = shipped_release()
import numpy as np
tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
core = openvino.Core()
core.set_property({"CACHE_DIR": sys.argv[1]})
model = core.compile_model(folder / "openvino_model.xml", "CPU")
ids = np.array([tokenizer.encode("Fiji thanked Tonga for its help.").ids])
spans = np.zeros((1, 1, ids.shape[1]), np.float32)
found = model({"input_ids": ids, "attention_mask": np.ones_like(ids), "source": spans, "target": spans})
print([value.shape for value in found.values()])
"""
"""The least that a program on these two libraries does, its model kept compiled."""


def starts_apart(sizes: Sizes) -> list[dict[str, Any]]:
    """Return what `starts` does, measured by a small process: what it starts counts no memory but its own.

    To the system, the most that a process held is at first what the process held that started it.
    """
    command = [sys.executable, "-m", "tests.bench.start", "quick" if sizes is QUICK else "full"]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def starts(sizes: Sizes) -> list[dict[str, Any]]:
    """Return seconds and memory of the command line, in turns with the bare libraries; then with much to read."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "short.txt")
        text.write_text(SHORT_TEXT, encoding="utf-8")
        home = _as_installed() | {"DIPLOTONE_HOME": folder}
        analyze = [sys.executable, "-m", "diplotone.model", "analyze", str(text)]
        first = _run(analyze, home)
        commands = {
            "openvino and tokenizers alone, one sentence": [sys.executable, "-c", BARE, f"{folder}/bare"],
            "diplotone analyze, three sentences": analyze,
        }
        for command in commands.values():
            _run(command, home)
        turns = [
            {name: _run(command, home) for name, command in commands.items()} for _ in range(sizes.starts)
        ]
        larger = _on_more(Path(folder), home, sizes)
    rows = [{"name": "diplotone analyze, first time on a machine"} | first]
    for name in commands:
        rows.append(
            {"name": name}
            | {
                key: median(turn[name][key] for turn in turns)
                for key in ("seconds", "cpu_seconds", "peak_mb")
            }
        )
    return rows + larger


def _on_more(folder: Path, home: dict[str, str], sizes: Sizes) -> list[dict[str, Any]]:
    """What commands take, and hold at their highest, that have much to read."""
    text, rows = folder / "long.txt", folder / "rows.jsonl"
    text.write_text(article(sizes.long_article), encoding="utf-8")
    with rows.open("w", encoding="utf-8") as file:
        for sentence in written_sentences(sizes.scored):
            file.write(json.dumps({"text": sentence}) + "\n")
    python = [sys.executable, "-m", "diplotone.model"]
    score = [*python, "score", str(rows), "-o", str(folder / "scored.jsonl"), "--workers", "1"]
    return [
        {"name": f"diplotone analyze, {sizes.long_article} sentences"}
        | _run([*python, "analyze", str(text)], home),
        {"name": f"diplotone score, {sizes.scored:,} sentences, one process"}
        | _run(score, home, prints=False),
    ]


def _as_installed() -> dict[str, str]:
    """The environment in which Python keeps what it compiled, as pip does when it installs."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _run(command: Sequence[str], environment: dict[str, str], *, prints: bool = True) -> dict[str, float]:
    """Seconds until a command prints (or ends, where it prints nothing), processor time and memory of all of it."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    printed = process.stdout.read(1)
    seconds = time.perf_counter() - began
    process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or (prints and not printed):
        raise RuntimeError(
            f"{' '.join(command[:4])} failed: {process.stderr and process.stderr.read().decode()}"
        )
    return {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }


class Service:
    """A running service: where it is, how long it took, how much memory it held."""

    def __init__(self, process: subprocess.Popen[str], port: int, began: float) -> None:
        self.process = process
        self.port = port
        self.began = began

    def get(self, path: str) -> int:
        """Return the status of an answer that was read whole."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def peak_mb(self) -> float:
        """Return the most memory that the process held so far; 0 where the system does not tell."""
        return peak_mb(self.process.pid)


@contextmanager
def service(precision: str = "") -> Iterator[Service]:
    """Run `diplotone-serve` on a free port, with a home of its own, until the end of the block."""
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "diplotone.serve", "--port", "0", "--set", f"precision={precision}"],
            cwd=ROOT,
            env=_as_installed() | {"DIPLOTONE_HOME": home},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout
            said = process.stdout.readline()
            if "ready at" not in said:
                raise RuntimeError(f"the service did not start: {said!r}")
            yield Service(process, int(said.split("http://127.0.0.1:")[1].split()[0]), began)
        finally:
            process.terminate()
            process.wait(timeout=30)


def page(repeats: int) -> dict[str, Any]:
    """Return the seconds from the start of the service to a page that was read whole, and the memory then."""
    seconds, peaks = [], []
    for _ in range(repeats):
        with service() as running:
            if running.get("/") != 200:
                raise RuntimeError("the page did not open")
            seconds.append(time.perf_counter() - running.began)
            peaks.append(running.peak_mb())
    return {"name": "diplotone-serve, page ready", "seconds": median(seconds), "peak_mb": median(peaks)}


def article(n_sentences: int) -> str:
    """Return an article of some of the project's own sentences, five to a paragraph."""
    sentences = written_sentences(n_sentences)
    return "\n\n".join(" ".join(sentences[k : k + 5]) for k in range(0, n_sentences, 5))


if __name__ == "__main__":
    json.dump(starts(QUICK if sys.argv[1] == "quick" else FULL), sys.stdout)
