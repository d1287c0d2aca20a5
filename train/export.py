"""From the trained network to the model that is served: OpenVINO, in the fastest form that keeps the labels.

Forms are tried in the order of their speed: int8 weights and activations with fixed scales (post-training
quantisation with SmoothQuant), bf16 where the recipe allows it, int8 weights alone, int8 weights but for the first
layer, whose rounding errors every later layer inherits. The first whose labels agree with fp32, and whose numbers do
not depend on what is scored beside a sentence, is taken; where none does, the model computes in fp32 with its
embeddings alone in int8.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import OPENVINO_FILE, Engine, OpenVinoEngine
from ..model.network import DiplotoneNetwork
from ..model.runtime import import_openvino

if TYPE_CHECKING:
    import openvino as ov

CALIBRATION_SENTENCES = 300
"""Sentences that quantisation looks at, over the whole range of lengths."""

BATCH_TOKENS = 1_024
"""Padded tokens per batch when forms are compared."""

SENTENCES_SCORED_ALONE = 200
"""Sentences that are scored alone too, to see that their neighbours do not matter."""

MOST_DRIFT = 2e-3
"""Largest change of a probability, 0..1, that neighbours in a batch may cause."""

HEADS = r".*(pair_hidden|_heads|network/aten).*"
"""The names of what follows the encoder: cheap, and where rounding hurts most."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported."""

    form: str
    """A name of `_forms`, or "fp32"."""
    precision: str
    """Precision of what is not quantised, "f32" or "bf16"."""
    agreement: dict[str, float]
    """Per task: share of labels on which it agrees with fp32, 0..1."""
    n: dict[str, int]
    """Per task: labels compared."""
    tried: dict[str, dict[str, float]]
    """Of every form that was tried, the rejected ones included: its agreement per task and, as "drift", the
    largest change of a probability between a sentence alone and in a batch."""


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    precision: str
    build: Callable[[ov.Model], ov.Model]


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
        precision: What may be computed in beside int8: "bf16" allows it, "f32" leaves it out.
        agreement: Least share of labels on which a form must agree with fp32, in every task.
    """
    import_openvino()
    import openvino as ov

    converted = convert(network.float().eval(), encoder)
    reference = _logits(_saved_engine(converted, folder / "fp32", "f32"), encoder, sentences)
    plain = _stored_as_fp16(converted, folder / "fp16")
    tried: dict[str, dict[str, float]] = {}
    model, chosen, chosen_precision = _small_embeddings(plain.clone()), "fp32", "f32"
    for form in _forms(encoder, sentences, precision):
        candidate = form.build(plain.clone())
        engine = _saved_engine(candidate, folder / "candidate", form.precision)
        found = _logits(engine, encoder, sentences)
        agreed = {task: _agreement(found[task], reference[task]) for task in reference}
        drift = _drift(engine, encoder, sentences[:SENTENCES_SCORED_ALONE], found)
        tried[form.name] = agreed | {"drift": drift}
        if min(agreed.values()) >= agreement and drift <= MOST_DRIFT:
            model, chosen, chosen_precision = candidate, form.name, form.precision
            break
    for scratch in ("fp32", "fp16", "candidate"):
        shutil.rmtree(folder / scratch, ignore_errors=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=True)
    return Exported(
        form=chosen,
        precision=chosen_precision,
        agreement={task: tried.get(chosen, {}).get(task, 1.0) for task in reference},
        n={task: sum(map(len, logits)) for task, logits in reference.items()},
        tried=tried,
    )


def _forms(encoder: SentenceEncoder, sentences: Sequence[EncodedSentence], precision: str) -> list[_Form]:
    """The forms in the order of their speed."""
    forms = [_Form("int8", "f32", lambda model: _quantised(model, encoder, sentences))]
    if precision == "bf16":
        forms.append(_Form("bf16 with int8 weights", "bf16", _small_weights))
        forms.append(_Form("bf16", "bf16", _small_embeddings))
    forms.append(_Form("int8 weights", "f32", _small_weights))
    for kept, pattern in (
        ("the attention of layer 0", r".*layer\.0\.attention\..*"),
        ("layer 0", r".*layer\.0\..*"),
    ):
        forms.append(
            _Form(f"int8 weights but {kept}", "f32", lambda model, kept=pattern: _small_weights(model, kept))
        )
    return forms


def convert(network: DiplotoneNetwork, encoder: SentenceEncoder) -> ov.Model:
    """Return the network as an OpenVINO model with any number of sentences, tokens and pairs.

    Its outputs are the tasks' logits and the sentence embeddings.
    """
    import_openvino()
    import openvino as ov
    from openvino.tools.ovc import convert_model

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
        model = convert_model(_InOrder(network, names), example_input=tensors)
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
    """The model with int8 weights and activations in the encoder, the scales fixed by looking at sentences."""
    import nncf

    ordered = sorted(sentences, key=len)
    step = max(1, len(ordered) // CALIBRATION_SENTENCES)
    batches = [encoder.collate([sentence]).as_dict() for sentence in ordered[::step][:CALIBRATION_SENTENCES]]
    return nncf.quantize(
        model,
        nncf.Dataset(batches),
        subset_size=len(batches),
        model_type=nncf.ModelType.TRANSFORMER,
        ignored_scope=nncf.IgnoredScope(
            patterns=[HEADS],
            types=[
                "ScaledDotProductAttention"
            ],  # has no int8 kernel here, so rounding would only cost labels
            validate=False,
        ),
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            overflow_fix=nncf.OverflowFix.DISABLE  # seven-bit weights are for processors without VNNI
        ),
    )


def _small_weights(model: ov.Model, *kept: str) -> ov.Model:
    """The model with its weights in int8, but for the nodes whose names match a pattern; activations stay."""
    return _compressed(model, patterns=kept)


def _small_embeddings(model: ov.Model) -> ov.Model:
    """The model with its embeddings in int8, each token with a scale of its own; nothing else is touched."""
    return _compressed(model, types=["MatMul"])


def _compressed(model: ov.Model, *, patterns: Sequence[str] = (), types: Sequence[str] = ()) -> ov.Model:
    import nncf

    return nncf.compress_weights(
        model,
        mode=nncf.CompressWeightsMode.INT8_ASYM,
        ignored_scope=nncf.IgnoredScope(patterns=list(patterns), types=list(types), validate=False),
    )


def _stored_as_fp16(model: ov.Model, folder: Path) -> ov.Model:
    """The model as read back from an fp16 file: what stays uncompressed is then stored in two bytes."""
    import openvino as ov

    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=True)
    return ov.Core().read_model(folder / OPENVINO_FILE)


def _saved_engine(model: ov.Model, folder: Path, precision: str) -> Engine:
    import openvino as ov

    folder.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=False)
    return OpenVinoEngine(folder, precision=precision)


# ------------------------------------------------------------------------------- comparing forms

_Logits = dict[str, list[NDArray[np.float32]]]
"""Per task and sentence: (1, labels), or (pairs, labels)."""


def _logits(
    engine: Engine, encoder: SentenceEncoder, sentences: Sequence[EncodedSentence], tokens: int = BATCH_TOKENS
) -> _Logits:
    encoder = encoder.padded_for(engine.precision)
    found: dict[str, dict[int, NDArray[np.float32]]] = {}
    for numbers in encoder.batches(sentences, tokens=tokens):
        for task, logits in engine.run(encoder.collate([sentences[n] for n in numbers])).items():
            for row, n in enumerate(numbers):
                of_sentence = (
                    logits[row : row + 1] if logits.ndim == 2 else logits[row, : len(sentences[n].pairs)]
                )
                found.setdefault(task, {})[n] = of_sentence
    return {task: [by_number[n] for n in range(len(sentences))] for task, by_number in found.items()}


def _agreement(found: list[NDArray[np.float32]], reference: list[NDArray[np.float32]]) -> float:
    """Share of the labels that are the same."""
    labels = [np.concatenate([logits.argmax(-1) for logits in side]) for side in (found, reference)]
    return float(np.mean(labels[0] == labels[1])) if labels[0].size else 1.0


def _drift(
    engine: Engine, encoder: SentenceEncoder, sentences: Sequence[EncodedSentence], in_batches: _Logits
) -> float:
    """Largest change of a probability between a sentence alone and in its batch."""
    alone = _logits(engine, encoder, sentences, tokens=1)
    return max(
        float(np.abs(softmax(one, axis=-1) - softmax(many, axis=-1)).max(initial=0.0))
        for task, of_task in alone.items()
        for one, many in zip(of_task, in_batches[task], strict=False)  # the first of them were scored alone
    )
