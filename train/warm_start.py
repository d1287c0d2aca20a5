"""Starting from a release's weights instead of untrained heads."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..model.codebook import Codebook
from ..model.encoding import SentenceEncoder
from ..model.network import DiplotoneNetwork
from ..model.release import Release
from .relabel import counterparts

HEADS = ("sentence_heads.", "pair_heads.")


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What `fit` starts from, and what it writes down about it."""

    network: DiplotoneNetwork
    encoder: SentenceEncoder
    origin: dict[str, Any]
    """The release it comes from and what was mixed; part of the run's fingerprint and of `train.toml`."""
    learnt: frozenset[str] | None = None
    """What that release has learnt already (see `learnt`); None where it is not known."""
    refused_forms: frozenset[str] = frozenset()
    """Forms that it was not allowed to be served in (see `refused_forms`)."""


def refused_forms(release: Release) -> frozenset[str]:
    """Return the forms that were too coarse for a release or one that it comes from, as `export` names them.

    A retraining moves the weights so little that they are too coarse for what comes of it too.
    """
    served = release.metrics().get("served", {})
    return frozenset([*served.get("tried", ()), *served.get("left_out", ())]) - {served.get("form")}


def warm_network(
    release: Release, codebook: Codebook, *, heads_only: bool = False, seed: int = 1
) -> tuple[DiplotoneNetwork, SentenceEncoder]:
    """Return a release's network with heads for a codebook, which may be another than the release's.

    Labels that stayed keep their row of weights wherever they stand now; new ones start from small random numbers.

    Args:
        release: Verified.
        codebook: Gives the heads their labels.
        heads_only: Leave the encoder as it is: only what comes after it is trained.
        seed: Of the new rows.
    """
    old = DiplotoneNetwork.from_pretrained(release.folder, local_files_only=True).float()
    shape = copy.deepcopy(old.config)
    # In the codebook's order, which training reads the logits in; config.json has its keys sorted.
    shape.sentence_tasks = {task.name: len(task) for task in codebook.at("sentence")}
    shape.pair_tasks = {task.name: len(task) for task in codebook.at("pair")}
    network = DiplotoneNetwork(shape).float()  # type: ignore[arg-type]  # its own config, typed as any's
    network.load_state_dict(_carried_over(old.state_dict(), release.codebook, codebook, seed))
    if heads_only:
        network.encoder.requires_grad_(False)
    return network, SentenceEncoder.from_folder(release.folder, release.reading)


def _carried_over(weights: dict[str, Tensor], old: Codebook, new: Codebook, seed: int) -> dict[str, Tensor]:
    """The weights with the rows of every head in the order of the new labels."""
    same = counterparts(old, new)
    draws = torch.Generator().manual_seed(seed)
    carried = dict(weights)
    for name, tensor in weights.items():
        head = next((head for head in HEADS if name.startswith(head)), None)
        if head is None:
            continue
        task = name.removeprefix(head).split(".")[0]
        if tensor.shape[0] != len(old[task]):
            continue  # a layer of the head that has no row per label
        rows = torch.zeros(len(new[task]), *tensor.shape[1:])
        if tensor.ndim > 1:
            rows.normal_(std=0.02, generator=draws)
        for before, now in same[task].items():
            rows[new[task].index(now)] = tensor[old[task].index(before)]
        carried[name] = rows
    return carried
