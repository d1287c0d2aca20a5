"""From the trained network to the model that is served: OpenVINO, in the fastest form that keeps the labels.

Forms are tried in the order of their speed: int8 weights and activations with fixed scales (post-training
quantisation with SmoothQuant), bf16 where the recipe allows it, int8 weights alone, int8 weights but for the first
layer, whose rounding errors every later layer inherits, and int8 embeddings alone. The first that passes the gate
(`export_gate`) is taken; where none does, or where there are too few sentences to tell, the model is fp32 throughout.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from ..model.codebook import Codebook
from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import OPENVINO_FILE, Engine, OpenVinoEngine
from ..model.network import DiplotoneNetwork
from ..model.runtime import import_openvino
from .export_gate import Compared, Gate, Kept, Limits

if TYPE_CHECKING:
    import openvino as ov

CALIBRATION_SENTENCES = 300
"""Sentences that quantisation looks at, over the whole range of lengths."""

HEADS = r".*(pair_hidden|_heads|network/aten).*"
"""The names of what follows the encoder: cheap, and where rounding hurts most."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported."""

    form: str
    """A name of `_forms`, or "fp32"."""
    precision: str
    """Precision of what is not quantised, "f32" or "bf16"."""
    n: dict[str, int]
    """Per task: labels compared with fp32's."""
    kept: Kept | None
    """What the form keeps of fp32's answers; None where it is fp32 itself."""
    tried: dict[str, Kept]
    """Every form that was tried, the rejected ones included."""
    untried: str | None = None
    """Why no form but fp32 was tried, if that is so."""


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    precision: str
    build: Callable[[ov.Model], ov.Model]


def export(
    network: DiplotoneNetwork,
    folder: Path,
    codebook: Codebook,
    encoder: SentenceEncoder,
    compared: Compared,
    calibrating: Sequence[EncodedSentence],
    *,
    precision: str,
    limits: Limits,
    left_out: Collection[str] = (),
) -> Exported:
    """Write the OpenVINO model of a network into a folder.

    Args:
        network: Trained, on the CPU.
        folder: Where `openvino_model.xml` and `.bin` go.
        codebook: Which labels there are.
        encoder: Pads the sentences.
        compared: Sentences on which forms are compared with fp32.
        calibrating: Others, by which activations are quantised; without any, activations stay as they are.
        precision: What may be computed in beside int8: "bf16" allows it, "f32" leaves it out.
        limits: What a form must keep of fp32's answers.
        left_out: Names of forms that are not tried.
    """
    import_openvino()
    import openvino as ov

    converted = convert(network.float().eval(), encoder)
    gate = Gate(codebook, encoder, compared, _saved_engine(converted, folder / "fp32", "f32"))
    plain = _stored_as_fp16(converted, folder / "fp16")
    tried: dict[str, Kept] = {}
    model, chosen = plain, None
    untried = gate.too_few(limits)
    for form in [] if untried else _forms(encoder, calibrating, precision):
        if form.name in left_out:
            continue
        candidate = form.build(plain.clone())
        kept = gate.measure(_saved_engine(candidate, folder / "candidate", form.precision))
        tried[form.name] = kept
        if not kept.faults(limits):
            model, chosen = candidate, form
            break
    for scratch in ("fp32", "candidate"):
        shutil.rmtree(folder / scratch, ignore_errors=True)
    ov.save_model(model, folder / OPENVINO_FILE, compress_to_fp16=True)
    shutil.rmtree(
        folder / "fp16", ignore_errors=True
    )  # of which the model may read its weights until it is saved
    return Exported(
        form=chosen.name if chosen else "fp32",
        precision=chosen.precision if chosen else "f32",
        n=gate.n,
        kept=tried[chosen.name] if chosen else None,
        tried=tried,
        untried=untried,
    )


def _forms(encoder: SentenceEncoder, calibrating: Sequence[EncodedSentence], precision: str) -> list[_Form]:
    """The forms in the order of their speed."""
    forms = []
    if calibrating:
        forms.append(_Form("int8", "f32", lambda model: _quantised(model, encoder, calibrating)))
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
    forms.append(_Form("int8 embeddings", "f32", _small_embeddings))
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


def _quantised(model: ov.Model, encoder: SentenceEncoder, calibrating: Sequence[EncodedSentence]) -> ov.Model:
    """The model with int8 weights and activations in the encoder, the scales fixed by looking at sentences."""
    import nncf

    batches = [encoder.collate([sentence]).as_dict() for sentence in calibrating]
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
