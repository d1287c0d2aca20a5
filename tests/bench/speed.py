"""Sentences a second, ours and others', and how the cost grows with what is asked."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from .contenders import CONTENDERS, IN_BF16, OTHER_WAYS, OURS, PREPARATIONS, missing
from .machine import flags
from .sizes import Sizes

ROOT = Path(__file__).resolve().parents[2]
SEED = 7

Figures = dict[str, Any]


def written_sentences(n: int) -> list[str]:
    """Return some of the project's own sentences, the same ones each time."""
    lines = (ROOT / "train" / "data" / "written.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    return random.Random(SEED).sample(texts, min(n, len(texts)))


def sentences_of_exactly(n_tokens: int, n: int) -> list[str]:
    """Return some of them that have so many tokens, markers included, as they stand and as our network reads them."""
    from diplotone.model.encoding import EncodedSentence, SentenceEncoder
    from diplotone.model.release import open_release, shipped_release

    release = open_release(shipped_release())
    encoder = SentenceEncoder.from_folder(release.folder, release.reading)
    texts = written_sentences(10_000)
    as_read = encoder.encode(texts, [()] * len(texts))
    as_they_stand = encoder.tokenizer.encode_batch_fast(texts)
    found = [
        text
        for text, ours, theirs in zip(texts, as_read, as_they_stand, strict=True)
        if isinstance(ours, EncodedSentence) and len(ours) == len(theirs.ids) == n_tokens
    ]
    return found[:n]


# ------------------------------------------------------------------------------ against others


class _Contender:
    def __init__(self, name: str, folder: str) -> None:
        self.name = name
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.contenders", name, folder],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.rounds: list[Figures] = []
        self.rounds_of_32: list[Figures] = []
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


def against_others(sizes: Sizes, look: Callable[[], None]) -> Figures:
    """Time all contenders on the same sentences, in turns, so that what disturbs one disturbs all.

    A contender's process starts before the first turn, one after the other, and is left with one thread. Beside
    sentences as they come there are some of exactly 32 tokens, of which no system has more to read than another.
    """
    texts, of_32 = written_sentences(sizes.sentences), sentences_of_exactly(32, sizes.of_32_tokens)
    names = [name for name in CONTENDERS if sizes.every_way or name not in OTHER_WAYS]
    left_out = {name: lacking for name in names if (lacking := missing(name))}
    if IN_BF16 in names and not has_bf16():  # it would be fp32 under another name
        left_out[IN_BF16] = ["a processor with bf16"]
    running: list[_Contender] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if name in left_out:
                continue
            if not _prepared(name, folder):
                left_out[name] = ["what it needs (it cannot be made)"]
                continue
            contender = _Contender(name, folder)
            contender.begin(texts[0])
            contender.score(texts)  # the first time at each length allocates and compiles
            contender.score(of_32)
            running.append(contender)
        for _ in range(sizes.rounds):
            look()
            for contender in running:
                if found := contender.score(texts):
                    contender.rounds.append(found)
                if found := contender.score(of_32):
                    contender.rounds_of_32.append(found)
        for contender in running:
            contender.end()
    rows = []
    for contender in running:
        if contender.failed:
            left_out[contender.name] = ["an answer (it failed)"]
            continue
        rows.append(
            {
                "name": contender.name,
                "sentences_per_second": len(texts) / median(r["seconds"] for r in contender.rounds),
                "sentences_per_processor_second": len(texts)
                / median(r["cpu_seconds"] for r in contender.rounds),
                "of_32_tokens_per_processor_second": len(of_32)
                / median(r["cpu_seconds"] for r in contender.rounds_of_32),
                "spread": max(r["seconds"] for r in contender.rounds)
                / min(r["seconds"] for r in contender.rounds),
                "start_to_first_result_s": contender.seconds_to_first,
                "peak_mb": max(r["peak_mb"] for r in contender.rounds_of_32),
            }
        )
    ours = next(row for row in rows if row["name"] == OURS)
    for row in rows:
        for figure, share in (
            ("sentences_per_processor_second", "of_ours"),
            ("of_32_tokens_per_processor_second", "of_ours_at_32_tokens"),
        ):
            row[share] = row[figure] / ours[figure]
    return {
        "sentences": len(texts),
        "sentences_of_32_tokens": len(of_32),
        "rounds": sizes.rounds,
        "rows": rows,
        "left_out": left_out,
    }


def _prepared(name: str, folder: str) -> bool:
    """Do what a contender needs done once, in a process of its own; False where that fails."""
    if name not in PREPARATIONS:
        return True
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.contenders", "--prepare", name, folder],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


# ------------------------------------------------------------------------ how far from the peak

PRODUCTS = """
import json, time
from diplotone.model.runtime import import_openvino
import_openvino()
import numpy as np
import openvino as ov
from openvino import opset13 as op
size, scale = 2_048, np.float32(0.01)
numbers = np.random.default_rng(1).random((size, size), np.float32)
integers = np.random.default_rng(0).integers(-127, 128, (size, size), dtype=np.int8)
settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
settings |= {"INFERENCE_PRECISION_HINT": "f32"}

def in_fp32(given):
    return given, op.constant(integers.astype(np.float32) * scale)

def in_int8(given):
    rounded = op.fake_quantize(given, np.float32(0), 255 * scale, np.float32(0), 255 * scale, 256)
    return rounded, op.multiply(op.convert(op.constant(integers), np.float32), op.constant(np.full((size, 1), scale)))

def reached(sides):
    given = op.parameter([size, size], np.float32)
    model = ov.Model([op.matmul(*sides(given), False, True)], [given], "product")
    compiled = ov.Core().compile_model(model, "CPU", settings)
    request, times = compiled.create_infer_request(), []
    for _ in range(12):
        began = time.process_time()
        request.infer([numbers], share_inputs=True, share_outputs=True)
        times.append(time.process_time() - began)
    told = [node.get_rt_info() for node in compiled.get_runtime_model().get_ops()]
    by = {found["primitiveType"].astype(str) for found in told if "primitiveType" in found}
    return {"a_second": 2 * size**3 / min(times), "by": sorted(by)}

print(json.dumps({"fp32": reached(in_fp32), "int8": reached(in_int8)}))
"""
"""A large product of matrices in OpenVINO, in fp32 and in int8."""

INT8_OVER_FP32 = {"amx_int8": 32, "avx512_vnni": 4, "avx_vnni": 4}
"""What a processor can do in int8 over what it does in fp32, by its abilities, the best first: in one cycle a unit of
tiles multiplies 1,024 times in int8, two units of 512 bits 128 times, and 32 times in fp32. Only where the product in
int8 cannot be measured."""


def against_peak(repeats: int) -> Figures:
    """Return the multiplications a second of the network and of the core, in GFLOP/s of processor time, one thread.

    The peak is what a large product of matrices reaches in OpenVINO, in int8 with the rounding of what comes in.
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
    network, products = 2 * weights * batch.input_ids.size / min(times) / 1e9, json.loads(_alone(PRODUCTS))
    fp32 = products["fp32"]["a_second"] / 1e9
    int8, how = _int8_peak(products["int8"], fp32)
    return {
        "network_gflops": network,
        "fp32_peak_gflops": fp32,
        "of_fp32_peak": network / fp32,
        "int8_peak_gops": int8,
        "int8_peak_is": how,
        "of_int8_peak": network / int8,
        "form": release.metrics().get("served", {}).get("form"),
    }


def _int8_peak(product: Figures, fp32: float) -> tuple[float, str]:
    """What the core reaches in int8, in GOP/s, and how that is known."""
    in_int8 = [kind for kind in product["by"] if "gemm" in kind.lower() and kind.lower().endswith("_i8")]
    if in_int8:
        return product["a_second"] / 1e9, f"measured, {in_int8[0]}"
    ability = next((flag for flag in INT8_OVER_FP32 if flag in flags()), None)
    factor = INT8_OVER_FP32.get(ability or "", 1)
    return (
        fp32 * factor,
        f"not measured: {factor} times fp32, for {ability or 'want of any ability for int8'}",
    )


def _alone(code: str) -> str:
    """What a program prints that has one thread."""
    alone = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | alone,
    )
    return told.stdout


# -------------------------------------------------------------------------------------- curves


def has_bf16() -> bool:
    """Whether the processor computes in bf16."""
    from diplotone.model.engine import computed_in

    return computed_in("bf16") == "bf16"


def curves(sizes: Sizes, precision: str | None = None) -> Figures:
    """Return how the cost of ours grows with sentence, batch, article and archive, as the package is used."""
    from diplotone.model import load

    repeats, analyzer = sizes.repeats, load(precision=precision)
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
        "tokens_of_a_sentence": [{"x": n, "ms": score([words(n)])} for n in sizes.tokens],
        "sentences_of_a_batch": [
            {"x": n, "ms": ms, "per_second": 1e3 * n / ms}
            for n in sizes.batches
            for ms in [score(near_32[:n])]
        ],
        "sentences_of_an_article": [
            {
                "x": n,
                "ms": _median_ms(lambda n=n: analyzer.analyze(article(n)), max(1, min(repeats, 300 // n))),
            }
            for n in sizes.articles
        ],
        "sentences_of_an_archive": [
            {"x": n, "ms": ms, "per_second": 1e3 * n / ms}
            for n in sizes.archives
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
