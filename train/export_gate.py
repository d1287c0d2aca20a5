"""What a form of the network must keep to be served in fp32's place, and how that is measured.

All forms answer the same sentences, most of them labelled. How often their labels are fp32's says what the form does
to a reader who compares; what it costs in F1 says whether it is worse, for a label that turns may turn to the better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ..model.codebook import Codebook, Task
from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import Engine
from ..model.records import Record
from .metrics import Labels, class_figures, confusion, macro_f1

BATCH_TOKENS = 1_024
"""Padded tokens per batch when forms are compared."""

SENTENCES_SCORED_ALONE = 200
"""Sentences that are scored alone too, to see that their neighbours do not matter."""

UNLABELLED = -1

Compared = Sequence[tuple[Record, EncodedSentence]]
"""Sentences with their labels, as far as they have any."""

Logits = dict[str, list[NDArray[np.float32]]]
"""Per task and sentence: (1, labels), or (pairs, labels)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a form must keep."""

    labels: int = 2_000
    """Fewest labels of each task on which a form is compared with fp32; with fewer fp32 itself is served."""
    agreement: float = 0.99
    """Least share of labels that are fp32's, 0..1, in every task."""
    f1_loss: float = 0.003
    """Most by which the macro-F1 of a task may fall, 0..1."""
    class_loss: float = 0.01
    """Most by which the F1 of one label may fall, 0..1; where fewer than 1 / this truly have it, one of them may be
    lost, since F1 then moves by more than this with a single one."""
    drift: float = 2e-3
    """Largest change of a probability, 0..1, that neighbours in a batch may cause."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a form keeps of fp32's answers. Losses are below 0 where it is better."""

    agreement: dict[str, float]
    """Per task: share of labels that are the same, 0..1."""
    f1_loss: dict[str, float]
    """Per task: by how much macro-F1 falls, on the labelled sentences."""
    class_loss: dict[str, dict[str, float]]
    """Per task and label that truly occurs: by how much its F1 falls."""
    class_n: dict[str, dict[str, int]]
    """Per task and label that truly occurs: how often."""
    drift: float
    """Largest change of a probability between a sentence alone and in a batch, 0..1."""

    def faults(self, limits: Limits) -> list[str]:
        """Return a sentence on each limit that is passed."""
        found = []
        for task, share in self.agreement.items():
            if share < limits.agreement:
                found.append(
                    f"{task}: {share:.2%} of the labels are fp32's; {limits.agreement:.2%} are needed"
                )
            if self.f1_loss[task] > limits.f1_loss:
                found.append(
                    f"{task}: macro-F1 falls by {self.f1_loss[task]:.4f}; {limits.f1_loss:g} is allowed"
                )
            for label, loss in self.class_loss[task].items():
                allowed = max(limits.class_loss, 1 / self.class_n[task][label])
                if loss > allowed:
                    found.append(f"{task}: the F1 of {label} falls by {loss:.4f}; {allowed:.4f} is allowed")
        if self.drift > limits.drift:
            found.append(
                f"what else is in a batch moves a probability by {self.drift:.4f}; {limits.drift:g} is allowed"
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the figures for `metrics.json`: of the labels of each task only the one that loses most."""
        worst = {
            task: max(losses, key=losses.__getitem__) for task, losses in self.class_loss.items() if losses
        }
        return {
            "agreement": self.agreement,
            "f1_loss": self.f1_loss,
            "class_loss": {task: {label: self.class_loss[task][label]} for task, label in worst.items()},
            "drift": self.drift,
        }


class Gate:
    """Measures forms against fp32 on the same sentences.

    Args:
        codebook: The tasks.
        encoder: Pads the sentences.
        compared: The sentences.
        fp32: What all forms are to answer like.
    """

    def __init__(
        self, codebook: Codebook, encoder: SentenceEncoder, compared: Compared, fp32: Engine
    ) -> None:
        self._codebook = codebook
        self._encoder = encoder
        self._sentences = [sentence for _, sentence in compared]
        self._true = {task.name: _true_labels(task, compared) for task in codebook}
        logits = logits_of(fp32, encoder, self._sentences) if compared else {}
        self._given = {name: _labels(of_task) for name, of_task in logits.items()}

    @property
    def n(self) -> dict[str, int]:
        """Per task: labels compared."""
        return {name: len(labels) for name, labels in self._true.items()}

    def too_few(self, limits: Limits) -> str | None:
        """Return why nothing can be said of any form, if that is so."""
        task, n = min(self.n.items(), key=lambda item: item[1])
        if n >= max(limits.labels, 1):
            return None
        return f"there are only {n:,} labels of {task} to compare; {limits.labels:,} are needed"

    def measure(self, engine: Engine) -> Kept:
        """Return what a form keeps."""
        logits = logits_of(engine, self._encoder, self._sentences)
        agreement, f1_loss = {}, {}
        class_loss: dict[str, dict[str, float]] = {}
        class_n: dict[str, dict[str, int]] = {}
        for task in self._codebook:
            ours, theirs = _labels(logits[task.name]), self._given[task.name]
            agreement[task.name] = float(np.mean(ours == theirs)) if len(ours) else 1.0
            true = self._true[task.name]
            known = true != UNLABELLED
            before, after = (confusion(true[known], side[known], len(task)) for side in (theirs, ours))
            f1_loss[task.name] = float(macro_f1(before) - macro_f1(after))
            losses, counts = class_figures(before)[2] - class_figures(after)[2], before.sum(-1)
            occurring = [(name, k) for k, name in enumerate(task.names) if counts[k]]
            class_loss[task.name] = {name: float(losses[k]) for name, k in occurring}
            class_n[task.name] = {name: int(counts[k]) for name, k in occurring}
        return Kept(agreement, f1_loss, class_loss, class_n, self._drift(engine, logits))

    def _drift(self, engine: Engine, in_batches: Logits) -> float:
        alone = logits_of(engine, self._encoder, self._sentences[:SENTENCES_SCORED_ALONE], tokens=1)
        return max(
            float(np.abs(softmax(one, axis=-1) - softmax(many, axis=-1)).max(initial=0.0))
            for task, of_task in alone.items()
            for one, many in zip(
                of_task, in_batches[task], strict=False
            )  # the first of them were scored alone
        )


def logits_of(
    engine: Engine, encoder: SentenceEncoder, sentences: Sequence[EncodedSentence], tokens: int = BATCH_TOKENS
) -> Logits:
    """Return what an engine gives for sentences, in their order.

    Args:
        engine: Runs the network.
        encoder: Pads the sentences.
        sentences: In any order; they are put into batches of like length.
        tokens: Padded tokens of a batch; 1 lets each sentence be a batch of its own.
    """
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


def _labels(logits: Sequence[NDArray[np.float32]]) -> Labels:
    return np.concatenate([of_sentence.argmax(-1) for of_sentence in logits])


def _true_labels(task: Task, compared: Compared) -> Labels:
    """The numbers of the labels in the order in which logits come; `UNLABELLED` where there is none."""
    given = [
        getattr(labelled, task.name)
        for record, _ in compared
        for labelled in ((record,) if task.level == "sentence" else record.pairs)
    ]
    return np.array([UNLABELLED if label is None else task.index(label) for label in given], dtype=np.int64)
