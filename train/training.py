"""The training of a network, in a folder of its own.

The folder holds checkpoints, the run's fingerprint (recipe and data) and how far it is (`progress`). Started again
after a kill, a run goes on from the newest whole checkpoint; with another recipe or other data it refuses, so that no
run is a mixture.
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from transformers import (
    EarlyStoppingCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import EvalPrediction

from ..model.analyzer import Analyzer
from ..model.codebook import Codebook
from ..model.encoding import SentenceEncoder
from ..model.engine import TorchEngine
from ..model.errors import ConfigError
from ..model.network import DiplotoneNetwork
from ..model.records import Record
from .augment import other_tellings, with_silent_pairs
from .config import TrainConfig
from .corpus import Corpus
from .dataset import IGNORED, Collator, to_dataset
from .losses import MultiTaskLoss
from .metrics import confusion, macro_f1, quadratic_kappa
from .progress import ReportProgress, write_progress
from .release_writing import unsealed_release
from .untrained import untrained_network
from .warm_start import WarmStart

_Read = tuple[torch.Tensor, Mapping[str, torch.Tensor]]
"""The loss of a batch, and the logits of each task."""

FINGERPRINT = "fingerprint.json"
JUDGED_AFTERWARDS = ("coverage", "gates", "int8_labels", "int8_f1_loss", "int8_class_loss")
"""Parts of a recipe that do not change the training: a run goes on under others."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A network after training, before it becomes a release."""

    network: DiplotoneNetwork
    encoder: SentenceEncoder
    log: list[dict[str, Any]]
    """What was measured on dev, a row per evaluation."""
    notes: list[str]


def train_network(
    corpus: Corpus,
    codebook: Codebook,
    config: TrainConfig,
    run: Path,
    *,
    start: WarmStart | None = None,
    fresh: bool = False,
    progress: bool = True,
) -> Trained | None:
    """Train on the corpus's train split and keep what does best on dev.

    Arguments, returns and errors are those of `fit.fit`.
    """
    train, dev = corpus.split("train"), corpus.split("dev")
    if not train:
        raise ConfigError("there is not one sentence to train on; add some with --labels")
    dev = dev or train  # a handful of sentences for a trial: there is nothing else to stop on
    claim_run(run, config, corpus, start.origin if start else {}, fresh=fresh)
    write_progress(run, "preparing")
    set_seed(config.seed)
    network, encoder = (start.network, start.encoder) if start else untrained_network(config, codebook)

    train_set, n_too_long = to_dataset(_tellings(train, config), codebook, encoder)
    dev_set, _ = to_dataset([(record,) for record in dev], codebook, encoder)
    trainer = _RecipeTrainer(
        config=config,
        loss=MultiTaskLoss(config, codebook, train),
        model=network,
        args=_arguments(config, run, progress=progress),
        train_dataset=train_set,
        eval_dataset=dev_set,
        data_collator=Collator(codebook, encoder),
        compute_metrics=lambda prediction: selection_score(prediction, codebook),
        callbacks=[
            EarlyStoppingCallback(early_stopping_patience=config.patience),
            ReportProgress(run),
        ],
    )
    trainer.train(resume_from_checkpoint=newest_whole_checkpoint(run))
    if not trainer.is_world_process_zero():
        return None
    log = [row for row in trainer.state.log_history if "eval_score" in row]
    notes = [f"{n_too_long} sentences of train are too long"] if n_too_long else []
    return Trained(network, encoder, log, notes)


def _tellings(train: Sequence[Record], config: TrainConfig) -> list[tuple[Record, ...]]:
    """What is learnt from: the sentences with some silent pairs, each in its other tellings too."""
    if config.silent_pairs:
        train = with_silent_pairs(train, config.silent_pairs, seed=config.seed)
    return other_tellings(train, config.other_tellings, seed=config.seed)


def trained_analyzer(trained: Trained, codebook: Codebook, config: TrainConfig, folder: Path) -> Analyzer:
    """Return the one prediction path on a trained network as it is: fp32 and uncalibrated.

    The network is written to `folder`.
    """
    trained.network.cpu().save_pretrained(folder)
    untempered = {task.name: 1.0 for task in codebook}
    release = unsealed_release(folder, codebook, config, untempered, config.precision)
    return Analyzer(release, TorchEngine(folder), trained.encoder)


class _RecipeTrainer(Trainer):
    """A Trainer that gives the new heads a higher rate than the trained encoder, and reads twice where asked to."""

    def __init__(self, *, config: TrainConfig, loss: MultiTaskLoss, **kwargs: Any) -> None:
        self.recipe = config
        self.loss = loss
        super().__init__(compute_loss_func=loss, **kwargs)

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, *args: Any, **kwargs: Any
    ) -> Any:
        """Return the loss of a batch; with R-Drop the mean of two readings and how far they differ."""
        if not (self.recipe.r_drop and model.training):
            return super().compute_loss(model, inputs, return_outputs, *args, **kwargs)
        # Whole inputs for each: the labels are taken out of them.
        loss, outputs = cast(_Read, super().compute_loss(model, dict(inputs), True, *args, **kwargs))
        again, others = cast(_Read, super().compute_loss(model, dict(inputs), True, *args, **kwargs))
        differ = self.loss.disagreement(outputs, others, inputs["labels"])
        loss = (loss + again) / 2 + self.recipe.r_drop * differ
        return (loss, outputs) if return_outputs else loss

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        if self.optimizer is None:
            groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
            for name, parameter in self.model.named_parameters():  # type: ignore[union-attr]
                groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
            self.optimizer = torch.optim.AdamW(
                [
                    {
                        "params": parameters,
                        "lr": self.recipe.learning_rate if in_encoder else self.recipe.head_learning_rate,
                        "weight_decay": self.recipe.weight_decay if matrix else 0.0,
                    }
                    for (in_encoder, matrix), parameters in groups.items()
                ],
                fused=True,  # one pass over the parameters; most of them are embeddings
            )
        return self.optimizer


def _arguments(config: TrainConfig, run: Path, *, progress: bool) -> TrainingArguments:
    gpu = torch.cuda.is_available()
    has_bf16 = torch.cuda.is_bf16_supported() if gpu else _cpu_has_bf16()
    return TrainingArguments(
        output_dir=str(run / "checkpoints"),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup_share,
        lr_scheduler_type="linear",
        max_grad_norm=config.max_grad_norm,
        bf16=config.bf16 == "yes" or (config.bf16 == "auto" and has_bf16),
        use_cpu=not gpu,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        remove_unused_columns=False,
        label_names=["labels"],
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        logging_strategy="epoch",
        report_to=[],
        disable_tqdm=not progress,
        seed=config.seed,
        data_seed=config.seed,
        dataloader_pin_memory=gpu,
        ddp_find_unused_parameters=True,  # a batch may lack all labels of a head
    )


def _cpu_has_bf16() -> bool:
    """Whether the processor multiplies in bf16; emulated, it is slower than fp32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine() == "arm64"
    return "avx512_bf16" in flags or "amx_bf16" in flags


def selection_score(prediction: EvalPrediction, codebook: Codebook) -> dict[str, float]:
    """Return what early stopping watches: the mean of one figure per task, and each of them.

    Quadratic kappa for tone, whose labels are steps of a scale; macro-F1 for the others.
    """
    figures = {}
    for task, logits in zip(codebook, prediction.predictions, strict=True):
        labels = np.asarray(prediction.label_ids[task.name])  # type: ignore[call-overload, index]
        known = labels != IGNORED
        if known.any():
            figure = quadratic_kappa if task.name == "tone" else macro_f1
            predicted = np.asarray(logits)[known].argmax(-1)
            figures[task.name] = float(figure(confusion(labels[known], predicted, len(task))))
    return {"score": float(np.mean(list(figures.values()) or [0.0]))} | figures


def newest_whole_checkpoint(run: Path) -> str | None:
    """Return the newest checkpoint that was written to its end; broken ones are removed.

    A checkpoint is filled in place and `trainer_state.json` comes last, so a kill in the middle leaves one
    without it.
    """
    folders = sorted(
        (run / "checkpoints").glob("checkpoint-*"), key=lambda folder: int(folder.name.rpartition("-")[2])
    )
    whole = []
    for folder in folders:
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
            whole.append(folder)
        except (OSError, ValueError):
            shutil.rmtree(folder, ignore_errors=True)
    return str(whole[-1]) if whole else None


def fingerprint(
    config: TrainConfig, corpus: Corpus, origin: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what a training depends on, ready for JSON: the recipe, the data, and where it goes on from."""
    recipe = {name: value for name, value in config.as_dict().items() if name not in JUDGED_AFTERWARDS}
    made_of = {"recipe": json.loads(json.dumps(recipe)), "data": corpus.digest}
    return made_of | ({"start": dict(origin)} if origin else {})


def claim_run(
    run: Path,
    config: TrainConfig,
    corpus: Corpus,
    origin: Mapping[str, Any] | None = None,
    *,
    fresh: bool = False,
) -> None:
    """Make the folder this run's, or find that it is.

    Args:
        run: The folder.
        config: The recipe.
        corpus: What is trained on.
        origin: The release that the training goes on from, as `WarmStart` tells it.
        fresh: Throw away what the folder holds.

    Raises:
        ConfigError: It holds a run of another recipe or other data.
    """
    mine = fingerprint(config, corpus, origin)
    path = run / FINGERPRINT
    if fresh:
        shutil.rmtree(run, ignore_errors=True)
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != mine:
            changed = [name for name, value in mine["recipe"].items() if found["recipe"].get(name) != value]
            if found.get("start") != mine.get("start"):
                changed.append("the release that it goes on from")
            what = ", ".join(changed) if changed else "the labelled sentences"
            raise ConfigError(
                f"{run}: holds a run that differs in {what}; give another --out, or --fresh to start over"
            )
        return
    run.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(mine, indent=1) + "\n", encoding="utf-8")
