"""A release of another's weights: exported, calibrated and measured again, without training.

For what may change without new weights: how the network reads a sentence (`model.reading`), the share of labels to
be given, the gates, or the dev and test splits when sentences were added.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..model.encoding import SentenceEncoder
from ..model.errors import ConfigError
from ..model.network import DiplotoneNetwork
from ..model.records import Record
from ..model.release import Release
from .config import TrainConfig, recipe_of
from .corpus import Corpus, real_sources
from .fit import one_of_each_group, quotable
from .learnt import learnt_by
from .release_writing import Fitted, write_release

AFTERWARDS = (
    "stand_ins",
    "spelling",
    "coverage",
    "thresholds",
    "gates",
    "precision",
    "int8_agreement",
    "int8_labels",
    "int8_f1_loss",
    "int8_class_loss",
)
"""Parts of a recipe that can be changed without training."""


def recalibrate(
    release: Release, corpus: Corpus, config: TrainConfig, destination: Path, *, anyway: bool = False
) -> Fitted:
    """Write a release with another's weights and the parts of a recipe that need no training.

    Args:
        release: Whose weights.
        corpus: Dev calibrates, test measures, train gives the precedents.
        config: Of it the parts named in `AFTERWARDS` are taken, the rest is the release's own recipe.
        destination: Folder of the new release.
        anyway: Let it pass whatever the gates say.

    Raises:
        ConfigError: The corpus has no dev split to calibrate on.
    """
    splits = {name: corpus.split(name) for name in ("train", "dev", "test")}
    if not splits["dev"]:
        raise ConfigError("there is not one sentence of a dev split to calibrate on")
    recipe = dataclasses.replace(recipe_of(release), **{name: getattr(config, name) for name in AFTERWARDS})
    network = DiplotoneNetwork.from_pretrained(release.folder, local_files_only=True).float()
    network.config.stand_ins, network.config.spelling = recipe.stand_ins, recipe.spelling
    encoder = SentenceEncoder.from_folder(release.folder, recipe.reading)
    return write_release(
        network,
        encoder,
        release.codebook,
        recipe,
        destination,
        _provenance(release, recipe, corpus, splits["dev"], splits["test"]),
        **splits,
        precedents=one_of_each_group(quotable(splits["train"], corpus.borrowed)),
        examples=quotable(splits["test"], corpus.borrowed),
        learnt=learnt_by(release),
        refused_forms=(),  # the limits may be others now
        anyway=anyway,
    )


def _provenance(
    release: Release, recipe: TrainConfig, corpus: Corpus, dev: Sequence[Record], test: Sequence[Record]
) -> dict[str, Any]:
    """The release's own `train.toml`, with what was done since."""
    before = tomllib.loads((release.folder / "train.toml").read_text(encoding="utf-8"))
    sources = [*(real_sources() if corpus.borrowed else ()), *recipe.auxiliary]
    data = {"sources": sources} | before["data"] | {"dev": len(dev), "test": len(test)}
    return {
        **before,
        **recipe.as_dict(),
        "data": data,
        "recalibrated": {"from": release.label, "data": corpus.digest},
    }
