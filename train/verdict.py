"""Whether a candidate is better than the release in use: measured on the same sentences, judged by gates, in words.

promote     nothing is worse than the gates allow, and on the held-out corrections or the test split it is better
refuse      something is worse than the gates allow
undecided   neither is shown: it is as good, or the labels are too few to tell
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model.analyzer import Analyzer
from ..model.codebook import Codebook
from ..model.records import Record
from ..model.release import Release
from .contrast import load_contrasts, passes
from .corpus import Corpus
from .fairness import country_swap
from .paired import compare, mcnemar, pair_up

FAULT_SHARES: Mapping[str, Callable[[Analyzer, Sequence[Record]], float]] = {
    "the share of labels that change when states are exchanged": lambda analyzer, records: (
        country_swap(analyzer, records).flips
    ),
}
"""Further figures by name, of which less is better: functions of an analyzer and the test records that return a share
of faults, 0..1. Each is gated by `fault_rise`."""

SURE = 0.025
"""A p of McNemar's test below this counts as a gain: half of .05, because a gain is looked for in two places."""
OTHER_LABELS = (
    "Look-alike sentences were not compared: they have the labels that come with Diplotone, and one of the two releases"
    " lacks some of these."
)
TIMED_SENTENCES = 200
TIMED_ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is made of the figures."""

    outcome: str
    """"promote", "refuse" or "undecided"."""
    reasons: tuple[str, ...]
    """Sentences for people, the weightiest first."""
    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Return outcome, reasons and figures, ready for JSON."""
        return {"outcome": self.outcome, "reasons": list(self.reasons), **self.figures}


def judge(
    candidate: Analyzer,
    current: Analyzer,
    corpus: Corpus,
    held_out: Sequence[Record],
    gates: Mapping[str, float],
) -> Verdict:
    """Measure two releases on the same sentences and return the verdict on the candidate.

    Args:
        candidate: What might be promoted.
        current: What is in use.
        corpus: Labelled by the candidate's codebook; its test split is the frozen one.
        held_out: Corrections that the candidate was not trained on.
        gates: See `gates`.
    """
    test = Corpus(tuple(corpus.split("test")), ())
    look_alikes = _with_shipped_labels(candidate, current)
    figures: dict[str, Any] = {
        "candidate": candidate.release.label,
        "current": current.release.label,
        "notes": _notes(candidate.release, corpus),
        "gates": dict(gates),
        "broken_gates": candidate.release.metrics().get("broken_gates", []),
        "test": {
            "sentences": len(test.records),
            "digest": test.digest,
            "tasks": _tasks(candidate, current, test.records, gates),
        },
        "corrections": {"sentences": len(held_out), "tasks": _tasks(candidate, current, held_out, gates)},
        "contrast": _contrast(candidate, current) if look_alikes else {},
        "not_asked": [] if look_alikes else [OTHER_LABELS],
        "speed": _speed(candidate, current, test.records),
        "faults": {
            name: {"candidate": share(candidate, test.records), "current": share(current, test.records)}
            for name, share in FAULT_SHARES.items()
        },
    }
    for place in ("test", "corrections"):
        figures[place]["together"] = _together(figures[place]["tasks"])
    return decide(figures, gates)


def decide(figures: dict[str, Any], gates: Mapping[str, float]) -> Verdict:
    """Return the verdict that the gates make of the figures."""
    faults = list(_faults(figures, gates))
    gains = list(_gains(figures, gates))
    not_asked = figures["not_asked"]
    if faults:
        return Verdict(outcome="refuse", reasons=(*faults, *gains, *not_asked), figures=figures)
    open_questions = list(_open_questions(figures, gates))
    if gains and not open_questions:
        nothing_worse = "Nothing is worse than the gates allow."
        return Verdict(outcome="promote", reasons=(*gains, nothing_worse, *not_asked), figures=figures)
    reasons = [*open_questions, *gains]
    if not gains:
        reasons.append(_no_gain(figures))
    return Verdict(outcome="undecided", reasons=(*reasons, *not_asked), figures=figures)


# ------------------------------------------------------------------------------------- measuring


def _notes(candidate: Release, corpus: Corpus) -> list[str]:
    """What its training noted of its data, and what the data that it is judged on lack besides."""
    made_by = tomllib.loads((candidate.folder / "train.toml").read_text(encoding="utf-8"))
    noted = made_by.get("data", {}).get("notes", [])
    return [*noted, *(f"judged {note}" for note in corpus.notes if note not in noted)]


def _tasks(
    candidate: Analyzer, current: Analyzer, records: Sequence[Record], gates: Mapping[str, float]
) -> dict[str, Any]:
    return {
        paired.task.name: compare(paired, least_class_labels=gates["least_class_labels"])
        for paired in pair_up(candidate, current, records)
    }


def _together(tasks: Mapping[str, Any]) -> dict[str, Any]:
    """All labels in one count: one question instead of one per task, of which some look better by chance.

    The labels of one sentence are counted as if they were independent.
    """
    asked = [row for row in tasks.values() if row["n"]]
    gained, lost = (sum(row["mcnemar"][key] for row in asked) for key in ("gained", "lost"))
    return {
        "n": sum(row["n"] for row in asked),
        "candidate": sum(row["right"]["candidate"] for row in asked),
        "current": sum(row["right"]["current"] for row in asked),
        "mcnemar": {"gained": gained, "lost": lost, "p": mcnemar(gained, lost)},
    }


def _with_shipped_labels(*analyzers: Analyzer) -> bool:
    """Whether all have the labels that the look-alike sentences are labelled with, by the same names."""
    return all(
        set(task.names) <= set(analyzer.codebook[task.name].names)
        for task in Codebook.load()
        for analyzer in analyzers
    )


def _contrast(candidate: Analyzer, current: Analyzer) -> dict[str, Any]:
    """Pairs of sentences right in both, by set."""
    return {
        name: {
            "n": len(contrasts),
            "candidate": sum(passes(c, candidate) for c in contrasts),
            "current": sum(passes(c, current) for c in contrasts),
        }
        for name, contrasts in load_contrasts(candidate.codebook).items()
    }


def _speed(candidate: Analyzer, current: Analyzer, records: Sequence[Record]) -> dict[str, float]:
    """Sentences a second of the candidate over those of the current release, the median of turns taken in between."""
    sample = list(records[:TIMED_SENTENCES])
    if not sample:
        return {}

    def seconds(analyzer: Analyzer) -> float:
        start = time.perf_counter()
        analyzer.predict(sample)
        return time.perf_counter() - start

    for analyzer in (candidate, current):  # the first inference allocates
        seconds(analyzer)
    return {
        "ratio": statistics.median(seconds(current) / seconds(candidate) for _ in range(TIMED_ROUNDS)),
        "sentences": len(sample),
    }


# -------------------------------------------------------------------------------------- judging


def _faults(figures: Mapping[str, Any], gates: Mapping[str, float]) -> Iterator[str]:
    yield from figures.get("broken_gates", ())
    for place, called in (("test", "the frozen test sentences"), ("corrections", "the held-out corrections")):
        for task, row in figures[place]["tasks"].items():
            if row["n"] < gates["least_labels"]:
                continue
            surely_worse = row["interval"][1] < 0
            if row["difference"] < -gates["drop"] and surely_worse:
                yield (
                    f"{_capital(task)} is worse on {called}: {row['figure']} {row['candidate']:.3f}, where the current"
                    f" release has {row['current']:.3f} ({row['n']:,} labels; at most {gates['drop']:g} may be lost)."
                )
            for label, one in row["classes"].items():
                if one["enough"] and one["difference"] < -gates["class_drop"] and one["interval"][1] < 0:
                    yield (
                        f'{_capital(task)} "{label}" is found much worse on {called}: F1 {one["candidate"]:.2f}, where'
                        f" the current release has {one['current']:.2f} ({one['n']} labels)."
                    )
            rise = row["ece"]["candidate"] - row["ece"]["current"]
            if place == "test" and rise > gates["calibration_rise"]:
                yield (
                    f"The probabilities of {task} mean less than before: they are off by {row['ece']['candidate']:.3f}"
                    f" on average, where those of the current release are by {row['ece']['current']:.3f}."
                )
    asked = figures["contrast"].values()
    if n := sum(row["n"] for row in asked):
        now, before = (sum(row[key] for row in asked) for key in ("candidate", "current"))
        if (before - now) / n > gates["contrast_drop"]:
            yield (
                f"It tells fewer look-alike sentences apart: {now} of {n} minimal pairs, where the current release gets"
                f" {before} right."
            )
    ratio = figures["speed"].get("ratio", 1.0)
    if ratio < gates["speed_ratio"]:
        yield (
            f"It is slower: {ratio:.2f} times the sentences a second of the current release; at least"
            f" {gates['speed_ratio']:g} times are asked for."
        )
    for name, row in figures["faults"].items():
        if row["candidate"] - row["current"] > gates["fault_rise"]:
            yield f"{_capital(name)} has risen from {row['current']:.2%} to {row['candidate']:.2%}."


def _gains(figures: Mapping[str, Any], gates: Mapping[str, float]) -> Iterator[str]:
    for place, called in (("corrections", "the held-out corrections"), ("test", "the frozen test sentences")):
        together = figures[place]["together"]
        test = together["mcnemar"]
        if together["n"] >= gates["least_labels"] and test["gained"] > test["lost"] and test["p"] < SURE:
            yield (
                f"It answers {together['candidate']:,} of {together['n']:,} labels of {called} as they were labelled,"
                f" where the current release answers {together['current']:,}; chance alone does so in"
                f" {_percent(test['p'])} of cases."
            )


def _open_questions(figures: Mapping[str, Any], gates: Mapping[str, float]) -> Iterator[str]:
    """What stands in the way of a promotion without being shown: losses that may be chance, or too little to see."""
    tasks = figures["test"]["tasks"]
    if all(row["n"] < gates["least_labels"] for row in tasks.values()):
        yield (
            f"The test split has fewer than {gates['least_labels']:g} labels for every task: nobody can say whether"
            " something was forgotten."
        )
    for task, row in tasks.items():
        if row["n"] >= gates["least_labels"] and row["difference"] < -gates["drop"]:
            low, high = row["interval"]
            yield (
                f"{_capital(task)} may be worse on the frozen test sentences: {row['figure']} differs by"
                f" {row['difference']:+.3f}, but anything from {low:+.3f} to {high:+.3f} fits what was seen."
            )


def _no_gain(figures: Mapping[str, Any]) -> str:
    together = figures["corrections"]["together"]
    if not together["n"]:
        return (
            "There are no held-out corrections to see a gain on, and none shows on the frozen test sentences: it is"
            " about as good as the current release. More corrections would let it be judged."
        )
    return (
        f"Of {together['n']} labels of the held-out corrections it answers {together['candidate']} as you did, the"
        f" current release {together['current']}; so small a difference may be chance. More corrections would tell."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _percent(p: float) -> str:
    return f"{p:.1%}" if p >= 0.001 else "less than 0.1%"
