"""A trained network made into a release: exported, calibrated on dev, measured on test, sealed and put in its place."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from ..model.analyzer import Analyzer, Prediction
from ..model.article.actors import Gazetteer
from ..model.codebook import Codebook
from ..model.encoding import EncodedSentence, SentenceEncoder
from ..model.engine import OpenVinoEngine
from ..model.golden import write_golden
from ..model.network import DiplotoneNetwork
from ..model.records import Record
from ..model.relations import PLAIN_RULE, RelationRule
from ..model.release import CARD, Calibration, Release, open_release, seal
from .calibrate import temperature, threshold
from .card import model_card
from .config import TrainConfig
from .corpus import N_GOLDEN, golden_candidates
from .evaluate import evaluate, labelled
from .export import CALIBRATION_SENTENCES, Exported, export
from .export_gate import Limits
from .fairness import as_metrics, country_swap, roles_exchanged
from .learnt import write_learnt
from .mistakes import surest_mistakes
from .pictures import draw_pictures
from .precedents import write_precedents
from .relations import fit_relation_rule
from .release_gates import broken_gates


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run made."""

    release: Release
    figures: dict[str, Any]
    exported: Exported
    broken_gates: tuple[str, ...] = ()
    """Sentences on what keeps it from promotion; none where it was to be made anyway."""


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
    learnt: Collection[str] | None = None,
    refused_forms: Collection[str] = (),
    anyway: bool = False,
) -> Fitted:
    """Export, calibrate on dev, measure on test, and put a sealed release in its place.

    The texts of `precedents` and a few of `examples` can be read in the release; `learnt` holds hashes (see `learnt`);
    `refused_forms` are not tried.
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
    compared, calibrating = _sentences_to_export(encoder, train, [*dev, *test], config.int8_labels)
    exported = export(
        network,
        staging,
        codebook,
        encoder,
        compared,
        calibrating,
        precision=config.precision,
        left_out=refused_forms,
        limits=Limits(
            labels=config.int8_labels,
            agreement=config.int8_agreement,
            f1_loss=config.int8_f1_loss,
            class_loss=config.int8_class_loss,
        ),
    )

    engine = OpenVinoEngine(staging, precision=exported.precision)

    gazetteer = Gazetteer.load()

    def analyzer(
        recipe: TrainConfig, temperatures: Mapping[str, float], relations: RelationRule = PLAIN_RULE
    ) -> Analyzer:
        release = unsealed_release(staging, codebook, recipe, temperatures, exported.precision, relations)
        return Analyzer(release, engine, encoder, gazetteer)

    temperatures = fit_temperatures(analyzer(config, {task.name: 1.0 for task in codebook}), dev)
    thresholds = fit_thresholds(analyzer(config, temperatures), dev, config)
    recipe = replace(config, thresholds=thresholds)
    relations = fit_relation_rule(analyzer(recipe, temperatures), dev)
    calibrated = analyzer(recipe, temperatures, relations)
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
            "relations": {"weights": dict(relations.weights), "threshold": relations.threshold},
        },
    )
    served = {
        "form": exported.form,
        "precision": exported.precision,
        "n": exported.n,
        "tried": {name: kept.as_dict() for name, kept in exported.tried.items()},
        "left_out": sorted(refused_forms),
    }
    _write_json(staging / "metrics.json", figures | {"served": served})
    (staging / "train.toml").write_text(tomli_w.dumps(provenance), encoding="utf-8")
    if learnt is not None:
        write_learnt(staging, learnt)
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
    (staging / CARD).write_text(card, encoding="utf-8")
    seal(staging, config.name)
    _put_in_place(staging, destination)
    return Fitted(open_release(destination), figures, exported, broken)


def _sentences_to_export(
    encoder: SentenceEncoder, train: Sequence[Record], measured: Sequence[Record], least: int
) -> tuple[list[tuple[Record, EncodedSentence]], list[EncodedSentence]]:
    """Sentences to compare the served form on, and others to quantise by.

    Compared are all that are measured, those of train beside them until each task has its least number of labels. What
    is left of train quantises: no form is judged by what it was fitted to.
    """
    known = {record.text for record in measured}
    others = list({record.text: record for record in train if record.text not in known}.values())
    others = others[:: max(1, len(others) // (least + 10 * CALIBRATION_SENTENCES))]
    read, n_measured = [], 0
    for records in (measured, others):
        n_measured = len(read)
        encoded = encoder.encode([record.text for record in records], [record.pairs for record in records])
        read += [
            (record, sentence)
            for record, sentence in zip(records, encoded, strict=True)
            if isinstance(sentence, EncodedSentence)
        ]
    n_pairs = np.cumsum([len(record.pairs) for record, _ in read])
    enough = max(least, int(np.searchsorted(n_pairs, least)) + 1)
    n_compared = max(n_measured, min(enough, len(read)))
    rest = sorted((sentence for _, sentence in read[n_compared:]), key=len)
    step = max(1, len(rest) // CALIBRATION_SENTENCES)
    return read[:n_compared], rest[::step][:CALIBRATION_SENTENCES]


def unsealed_release(
    folder: Path,
    codebook: Codebook,
    config: TrainConfig,
    temperatures: Mapping[str, float],
    precision: str,
    relations: RelationRule = PLAIN_RULE,
) -> Release:
    """Return a release that is still being made, to be measured before it has a manifest."""
    return Release(
        folder=folder,
        name=config.name,
        digest="",
        codebook=codebook,
        calibration=Calibration(
            temperatures=temperatures,
            thresholds=config.thresholds,
            precision=precision,
            relations=relations,
        ),
        reading=config.reading,
    )


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


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
