"""Sentences a second, ours and others', and how the cost grows with what is asked."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .contenders import CONTENDERS, OURS, missing

ROOT = Path(__file__).resolve().parents[2]
SEED = 7

Figures = dict[str, Any]


def written_sentences(n: int) -> list[str]:
    """Return some of the project's own sentences, the same ones each time."""
    lines = (ROOT / "train" / "data" / "written.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return random.Random(SEED).sample(texts, min(n, len(texts)))


# ------------------------------------------------------------------------------ against others


class _Contender:
    def __init__(self, name: str) -> None:
        self.name = name
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.contenders", name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.rounds: list[Figures] = []
        self.failed = False
        self.seconds_to_first = 0.0

    def score(self, texts: Sequence[str]) -> Figures | None:
        """The figures of one round; None once it has failed."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(texts) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            self.failed = True
            return None

    def begin(self, text: str) -> None:
        self.score([text])
        self.seconds_to_first = time.perf_counter() - self._began

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.kill()  # its figures are in; some libraries take their time to end
        self._process.wait()


def against_others(n_sentences: int, rounds: int, look: Callable[[], None]) -> Figures:
    """Time all contenders on the same sentences, in turns, so that what disturbs one disturbs all.

    A contender's process starts before the first turn, one after the other, and is left with one thread.
    """
    texts = written_sentences(n_sentences)
    left_out = {name: lacking for name in CONTENDERS if (lacking := missing(name))}
    running: list[_Contender] = []
    for name in CONTENDERS:
        if name not in left_out:
            contender = _Contender(name)
            contender.begin(texts[0])
            contender.score(texts)  # the first time at each length allocates and compiles
            running.append(contender)
    for _ in range(rounds):
        look()
        for contender in running:
            if not contender.failed and (found := contender.score(texts)):
                contender.rounds.append(found)
    rows = []
    for contender in running:
        contender.end()
        if contender.failed:
            left_out[contender.name] = ["it failed"]
            continue
        rows.append(
            {
                "name": contender.name,
                "sentences_per_second": len(texts) / median(r["seconds"] for r in contender.rounds),
                "sentences_per_processor_second": len(texts)
                / median(r["cpu_seconds"] for r in contender.rounds),
                "spread": max(r["seconds"] for r in contender.rounds)
                / min(r["seconds"] for r in contender.rounds),
                "start_to_first_result_s": contender.seconds_to_first,
                "peak_mb": max(r["peak_mb"] for r in contender.rounds),
            }
        )
    ours = next(row for row in rows if row["name"] == OURS)
    for row in rows:
        row["of_ours"] = row["sentences_per_processor_second"] / ours["sentences_per_processor_second"]
    return {"sentences": len(texts), "rounds": rounds, "rows": rows, "left_out": left_out}


# ------------------------------------------------------------------------ how far from the peak

MULTIPLY = """
import time
import numpy as np
a = np.random.default_rng(0).random((1_536, 1_536), np.float32)
times = []
for _ in range(12):
    began = time.process_time()
    a @ a
    times.append(time.process_time() - began)
print(2 * 1_536**3 / min(times))
"""


def against_peak(repeats: int) -> Figures:
    """Return the multiplications a second of the network and of the core, in GFLOP/s of processor time, one thread.

    The peak in fp32 is what a large product of matrices reaches; with VNNI the core does four times as many in int8.
    """
    from diplotone.model import load
    from diplotone.model.encoding import EncodedSentence
    from diplotone.model.release import shipped_release

    analyzer = load(shipped_release(), threads=1)
    release, engine, encoder = analyzer.release, analyzer.engine, analyzer.encoder
    shape = json.loads((release.folder / "config.json").read_text(encoding="utf-8"))["encoder"]
    hidden, inner = shape["hidden_size"], shape["intermediate_size"]
    weights = shape["num_hidden_layers"] * (4 * hidden**2 + 2 * hidden * inner)
    batch = encoder.collate([EncodedSentence(ids=[1_000 + n for n in range(32)], pairs=[])] * 32)
    engine.run(batch)
    times = []
    for _ in range(repeats):
        used = time.process_time()
        engine.run(batch)
        times.append(time.process_time() - used)
    alone = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    told = subprocess.run(
        [sys.executable, "-c", MULTIPLY], capture_output=True, text=True, check=True, env=os.environ | alone
    )
    network, peak = 2 * weights * batch.input_ids.size / min(times) / 1e9, float(told.stdout) / 1e9
    return {
        "network_gflops": network,
        "fp32_peak_gflops": peak,
        "of_fp32_peak": network / peak,
        "of_int8_peak": network / (4 * peak),
        "form": release.metrics().get("served", {}).get("form"),
    }


# -------------------------------------------------------------------------------------- curves


def has_bf16() -> bool:
    """Whether the processor computes in bf16."""
    from diplotone.model import load

    return load(precision="bf16").engine.precision == "bf16"


def curves(
    repeats: int, archives: Sequence[int] = (100, 500, 2_000), precision: str | None = None
) -> Figures:
    """Return how the cost of ours grows with sentence, batch, article and archive, as the package is used."""
    from diplotone.model import load

    analyzer = load(precision=precision)
    sentences = written_sentences(2_000)
    tokens = {
        s: len(e)
        for s, e in zip(sentences, analyzer.encoder.encode(sentences, [()] * len(sentences)), strict=True)
    }
    near_32 = [s for s in sentences if 25 <= tokens[s] <= 32]

    def score(texts: Sequence[str]) -> float:
        return _median_ms(lambda: analyzer.score([{"text": text} for text in texts]), repeats)

    def article(n: int) -> str:
        return "\n\n".join(" ".join(sentences[k : min(k + 5, n)]) for k in range(0, n, 5))

    def words(n: int) -> str:
        return " ".join(["talks"] * (n - 3)) + "."  # a token each, two markers and the full stop

    return {
        "tokens_of_a_sentence": [{"x": n, "ms": score([words(n)])} for n in (8, 16, 32, 64, 128, 256)],
        "sentences_of_a_batch": [
            {"x": n, "ms": ms, "per_second": 1e3 * n / ms}
            for n in (1, 2, 4, 8, 16, 32, 64)
            for ms in [score(near_32[:n])]
        ],
        "sentences_of_an_article": [
            {
                "x": n,
                "ms": _median_ms(lambda n=n: analyzer.analyze(article(n)), max(1, min(repeats, 300 // n))),
            }
            for n in (3, 10, 30, 100, 300)
        ],
        "sentences_of_an_archive": [
            {"x": n, "ms": ms, "per_second": 1e3 * n / ms}
            for n in archives
            for ms in [_median_ms(lambda n=n: analyzer.score([{"text": s} for s in sentences[:n]]), 1)]
        ],
        "parts_of_an_article": _parts(analyzer, article(30), repeats),
    }


def _median_ms(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - began))
    return median(times)


def _parts(analyzer: Any, text: str, repeats: int) -> Figures:
    """Where the time of an article goes: median milliseconds of each part."""
    import diplotone.model.analyzer as module

    watched = [
        ("sentences", module, "split"),
        ("actors", analyzer.gazetteer, "find"),
        ("voices", module, "attribute"),
        ("language and repeats", module, "reasons_unscored"),
        ("pairs to score", module, "candidate_pairs"),
        ("tokens", analyzer.encoder, "encode"),
        ("network", analyzer.engine, "run_and_embed"),
        ("ladder", analyzer.ladder, "find"),
        ("precedents", analyzer, "_with_precedents"),
        ("tone and its intervals", module, "tone_parts"),
        ("dyads", module, "aggregate"),
    ]
    spent: dict[str, float] = {}

    def timed(name: str, function: Callable) -> Callable:
        def run(*arguments: Any, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                spent[name] = spent.get(name, 0.0) + 1e3 * (time.perf_counter() - began)

        return run

    originals = [(owner, attribute, getattr(owner, attribute)) for _, owner, attribute in watched]
    for name, owner, attribute in watched:
        setattr(owner, attribute, timed(name, getattr(owner, attribute)))
    rounds: list[dict[str, float]] = []
    try:
        analysis = analyzer.analyze(text)
        for _ in range(repeats):
            spent.clear()
            began = time.perf_counter()
            analyzer.analyze(text)
            whole = 1e3 * (time.perf_counter() - began)
            rounds.append(spent | {"all else": whole - sum(spent.values()), "whole": whole})
    finally:
        for owner, attribute, function in originals:
            setattr(owner, attribute, function)
    figures: Figures = {name: median(r[name] for r in rounds) for name in rounds[0]}
    return {"sentences": len(analysis.sentences), "dyads": len(analysis.dyads), "ms": figures}
