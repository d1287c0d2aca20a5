"""What training minimises: a masked cross-entropy per task, summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from ..model.codebook import Codebook, Task
from ..model.records import Record
from .config import TrainConfig
from .dataset import IGNORED


class MultiTaskLoss:
    """Sum over the tasks of the mean cross-entropy of the labels that are there.

    Targets are softened within the codebook's order: a hostile sentence is nearer to critical than to
    conciliatory, and the smoothed share goes there. A class weighs by its rarity.
    """

    def __init__(self, config: TrainConfig, codebook: Codebook, records: Sequence[Record]) -> None:
        self.weights = config.loss_weights
        self.targets = {task.name: _soft_targets(task, config.label_smoothing) for task in codebook}
        self.class_weights = {
            task.name: _class_weights(task, _labels(task, records), config.class_weight_power)
            for task in codebook
        }

    def __call__(self, outputs: Mapping[str, Tensor], labels: Mapping[str, Tensor], **_: object) -> Tensor:
        """Return the loss of a batch.

        Args:
            outputs: Logits per task. *Shape:* (B, labels) or (B, K, labels)
            labels: Numbers of the labels per task, `IGNORED` where absent. *Shape:* (B,) or (B, K)
        """
        total = torch.zeros((), device=next(iter(outputs.values())).device)
        for task, logits in outputs.items():
            known = labels[task] != IGNORED
            if known.any():
                total = total + self.weights[task] * self._task_loss(task, logits[known], labels[task][known])
        return total

    def disagreement(
        self, one: Mapping[str, Tensor], other: Mapping[str, Tensor], labels: Mapping[str, Tensor]
    ) -> Tensor:
        """Return how far two readings of one batch differ: the mean symmetric divergence per task, summed.

        The mean of both Kullback-Leibler divergences, over what has a label, in nats. *Shapes* as in a call.
        """
        total = torch.zeros((), device=next(iter(one.values())).device)
        for task, logits in one.items():
            known = labels[task] != IGNORED
            if known.any():
                p, q = (functional.log_softmax(read[known].float(), -1) for read in (logits, other[task]))
                total = total + self.weights[task] * ((p.exp() - q.exp()) * (p - q)).sum(-1).mean() / 2
        return total

    def _task_loss(self, task: str, logits: Tensor, labels: Tensor) -> Tensor:
        targets = self.targets[task].to(logits.device)[labels]  # (N, labels)
        weights = self.class_weights[task].to(logits.device)[labels]  # (N,)
        losses = functional.cross_entropy(logits.float(), targets, reduction="none")  # (N,)
        return (losses * weights).sum() / weights.sum()


def _soft_targets(task: Task, smoothing: float) -> Tensor:
    """One row per label, the distribution that stands for it.

    *Shape:* (labels, labels)
    """
    n = len(task)
    if task.ordinal:
        distance = (torch.arange(n)[:, None] - torch.arange(n)[None, :]).abs()
        others = torch.where(distance == 1, 1.0, 0.0)
    else:
        others = 1.0 - torch.eye(n)
    return (1 - smoothing) * torch.eye(n) + smoothing * others / others.sum(1, keepdim=True)


def _class_weights(task: Task, labels: Iterable[str], power: float) -> Tensor:
    """(1 / share of the class) to the power, scaled to a mean of 1 over what is labelled.

    *Shape:* (labels,)
    """
    counts = torch.zeros(len(task))
    for label in labels:
        counts[task.index(label)] += 1
    weights = counts.clamp(min=1).pow(-power)
    return weights * counts.sum().clamp(min=1) / (weights * counts).sum().clamp(min=1e-9)


def _labels(task: Task, records: Sequence[Record]) -> Iterable[str]:
    holders = records if task.level == "sentence" else [pair for record in records for pair in record.pairs]
    return [label for holder in holders if (label := getattr(holder, task.name)) is not None]
