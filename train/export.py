"""From the trained network to the model that is served: OpenVINO, int8 where that costs nothing.

Three ways to int8 are tried in the order of their speed and size: weights and activations (post-training
quantisation with SmoothQuant), weights alone, weights alone but for the first layer, whose rounding errors every
later layer inherits. The first whose labels agree with fp32 is taken; where none does, the model stays fp16 in
its file and computes in the release's precision.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch

from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import OPENVINO_FILE, Engine, OpenVinoEngine
from ..model.network import DiplotoneNetwork

CALIBRATION_SENTENCES = 300
"""Sentences that quantisation looks at, over the whole range of lengths."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported."""

    form: str
    """"int8", "int8 weights", "int8 weights but layer 0" or "fp16"."""
    agreement: dict[str, float]
    """Per task: share of labels on which it agrees with fp32, 0..1."""
    n: dict[str, int]
    """Per task: labels compared."""
    tried: dict[str, dict[str, float]]
    """The agreement of every form that was tried, the rejected ones included."""


def export(
    network: DiplotoneNetwork,
    folder: Path,
    encoder: SentenceEncoder,
    sentences: Sequence[EncodedSentence],
    *,
    precision: str,
    agreement: float,
) -> Exported:
    """Write the OpenVINO model of a network into a folder.

    Args:
        network: Trained, on the CPU.
        folder: Where `openvino_model.xml` and `.bin` go.
        encoder: Pads the sentences.
        sentences: Sentences of the domain: some calibrate the quantisation, all are compared.
        precision: Precision of what is not quantised, "f32" or "bf16".
        agreement: Least share of labels on which int8 must agree with fp32, in every task.
    """
    converted = convert(network.float().eval(), encoder)
    reference = _labels(_saved_engine(converted, folder / "fp32", "f32"), encoder, sentences)
    plain = _stored_as_fp16(converted, folder / "fp16")
    forms: dict[str, Callable[[ov.Model], ov.Model]] = {
        "int8": lambda model: _quantised(model, encoder, sentences),
        "int8 weights": _compressed,
        "int8 weights but layer 0": lambda model: _compressed(model, r".*layer\.0\..*"),
    }
    tried: dict[str, dict[str, float]] = {}
    model, chosen = plain, "fp16"
    for form, quantise in forms.items():
        candidate = quantise(plain.clone())
        found = _labels(_saved_engine(candidate, folder / "candidate", precision), encoder, sentences)
        tried[form] = {task: float(np.mean(found[task] == reference[task])) for task in reference}
        if min(tried[form].values()) >= agreement:
            model, chosen = candidate, form
            break
    for scratch in ("fp32", "fp16", "candidate"):
        shutil.rmtree(folder / scratch, ignore_errors=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=True)
    agreed = tried.get(chosen, dict.fromkeys(reference, 1.0))
    return Exported(chosen, agreed, {task: len(labels) for task, labels in reference.items()}, tried)


def convert(network: DiplotoneNetwork, encoder: SentenceEncoder) -> ov.Model:
    """Return the network as an OpenVINO model with any number of sentences, tokens and pairs.

    Its outputs are the tasks' logits and the sentence embeddings.
    """
    example = encoder.collate(
        [
            EncodedSentence(ids=[1, 2, 3, 4, 5], pairs=[((1, 2), (3, 4)), (None, (2, 3))]),
            EncodedSentence(ids=[1, 2, 3], pairs=[]),
        ]
    )
    tensors = {name: torch.from_numpy(array) for name, array in example.as_dict().items()}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # tracing warns of branches on shapes; the tests hold other shapes too
        names = list(network(**tensors, with_embedding=True))
        model = ov.convert_model(_InOrder(network, names), example_input=tensors)
    shapes: dict[Any, list[int]] = {}
    for port in model.inputs:
        shapes[port] = [-1] * len(port.get_partial_shape())
    model.reshape({port: ov.PartialShape(shape) for port, shape in shapes.items()})
    for name, output in zip(names, model.outputs, strict=True):
        output.get_tensor().set_names({name})
    return model


class _InOrder(torch.nn.Module):
    """Returns the outputs as a tuple, which tracing keeps in order."""

    def __init__(self, network: DiplotoneNetwork, names: list[str]) -> None:
        super().__init__()
        self.network = network
        self.names = names

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        source: torch.Tensor,
        target: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        outputs = self.network(input_ids, attention_mask, source, target, with_embedding=True)
        return tuple(outputs[name] for name in self.names)


def _quantised(model: ov.Model, encoder: SentenceEncoder, sentences: Sequence[EncodedSentence]) -> ov.Model:
    import nncf

    ordered = sorted(sentences, key=len)
    step = max(1, len(ordered) // CALIBRATION_SENTENCES)
    chosen = ordered[::step][:CALIBRATION_SENTENCES]
    batches = [encoder.collate([sentence]).as_dict() for sentence in chosen]
    return nncf.quantize(
        model, nncf.Dataset(batches), subset_size=len(batches), model_type=nncf.ModelType.TRANSFORMER
    )


def _compressed(model: ov.Model, *kept: str) -> ov.Model:
    """The model with int8 weights, but for the nodes whose names match a pattern."""
    import nncf

    return nncf.compress_weights(
        model,
        mode=nncf.CompressWeightsMode.INT8_ASYM,
        ignored_scope=nncf.IgnoredScope(patterns=list(kept), validate=False),
    )


def _stored_as_fp16(model: ov.Model, folder: Path) -> ov.Model:
    """The model as read back from an fp16 file: what stays uncompressed is then stored in two bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=True)
    return ov.Core().read_model(folder / OPENVINO_FILE)


def _saved_engine(model: ov.Model, folder: Path, precision: str) -> Engine:
    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=False)
    return OpenVinoEngine(folder, precision=precision)


def _labels(engine: Engine, encoder: SentenceEncoder, sentences: Sequence[EncodedSentence]) -> dict[str, Any]:
    """The label of every sentence and every pair, per task."""
    found: dict[str, list[np.ndarray]] = {}
    for chunk in _chunks(sorted(sentences, key=len), 32):
        for task, logits in engine.run(encoder.collate(chunk)).items():
            labels = logits.argmax(-1)  # (B,) or (B, K)
            if labels.ndim == 2:
                labels = np.concatenate([row[: len(s.pairs)] for row, s in zip(labels, chunk, strict=True)])
            found.setdefault(task, []).append(labels)
    return {task: np.concatenate(labels) for task, labels in found.items()}


def _chunks(items: Sequence[EncodedSentence], size: int) -> Iterator[Sequence[EncodedSentence]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
