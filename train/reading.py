"""How well articles are read: sentences, actors, voices and relations, against passages labelled by hand.

Two stand-off files say what is right, without holding the texts:

* `boundaries.jsonl`: passages with the ends of their sentences, offsets in the passage; `doubtful` ends are left out.
* `sentences.jsonl`: sentences with their actors (span, code), dyads (source, target, stance) and voice. What may
  be found or not (a state as a mere place, a private person's nationality) is `optional` and counts neither way.

`half` says whether a passage was looked at while the rules were mended ("mended") or not ("held"): only the held half
tells how well unseen text is read.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.analysis import Analysis, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article.sentences import split
from ..model.errors import RecordError
from .standoff import FILES, READERS, Documents

ARTICLE = "articles/koreas_2021.txt"
"""A whole news article of several layouts, not ours to fetch: whoever has it may measure on it."""


def _article(mirror: Path) -> Documents:
    path = mirror / ARTICLE
    return {path.name: path.read_text(encoding="utf-8")}


PLACES: Mapping[str, str] = {**FILES, "koreas_2021": ARTICLE}
"""Where in a mirror each source of the passages lies."""

_READERS: Mapping[str, Callable[[Path], Documents]] = {**READERS, "koreas_2021": _article}

HALVES = ("mended", "held")


@dataclass(frozen=True, slots=True)
class Passage:
    """A labelled stretch of a document."""

    labels: Mapping[str, Any]
    document: str

    @property
    def text(self) -> str:
        """The words that were labelled."""
        return self.document[self.labels["start"] : self.labels["end"]]


@dataclass(frozen=True, slots=True)
class Passages:
    """The passages of a file, and how many are left out because their source is not at hand."""

    found: tuple[Passage, ...]
    missing: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Counts of one question: what was reported, what is labelled, and how much of each is right."""

    reported: int = 0
    reported_right: int = 0
    labelled: int = 0
    labelled_found: int = 0

    @property
    def precision(self) -> float:
        """Share of what was reported that is right; 0 where nothing was."""
        return self.reported_right / self.reported if self.reported else 0.0

    @property
    def recall(self) -> float:
        """Share of what is labelled that was found; 0 where nothing is."""
        return self.labelled_found / self.labelled if self.labelled else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Miss:
    """One thing that was read wrongly."""

    half: str
    question: str
    where: str
    text: str


Tallies = dict[tuple[str, str], Tally]
"""(question, half) -> counts."""


def load_passages(path: Path, mirror: Path) -> Passages:
    """Return the passages of a stand-off file with their documents.

    Args:
        path: `boundaries.jsonl` or `sentences.jsonl`.
        mirror: Folder with the sources; passages of one that is absent are left out and counted.

    Raises:
        RecordError: The file cannot be read, or a passage is not what was labelled.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read as JSONL: {error}") from error
    documents: dict[str, Documents] = {}
    missing: dict[str, int] = defaultdict(int)
    found: list[Passage] = []
    for line, row in enumerate(rows, 1):
        source = row["source"]
        if not (mirror / PLACES[source]).exists():
            missing[source] += 1
            continue
        if source not in documents:
            documents[source] = _READERS[source](mirror)
        passage = Passage(row, documents[source].get(row["doc"], ""))
        if hashlib.sha256(passage.text.encode()).hexdigest() != row["sha256"]:
            raise RecordError(
                f"{path}, line {line}: {source} {row['doc']} [{row['start']}, {row['end']}] is not the passage that was"
                " labelled (its sha256 differs); bring the mirror to the commit in sources.toml"
            )
        found.append(passage)
    return Passages(tuple(found), dict(missing))


# ------------------------------------------------------------------------------------ boundaries


def read_boundaries(passages: Iterable[Passage], miss: Callable[[Miss], None]) -> Tallies:
    """Return how many ends of sentences are found; the end of a passage is none."""
    tallies: Tallies = defaultdict(Tally)
    for passage in passages:
        text, labels = passage.text, passage.labels
        ends = {sentence.end for sentence in split(text)} - {len(text), *labels["doubtful"]}
        wanted = set(labels["ends"])
        tally = tallies["sentence boundaries", labels["half"]]
        tally.reported += len(ends)
        tally.labelled += len(wanted)
        tally.reported_right += len(ends & wanted)
        tally.labelled_found += len(ends & wanted)
        for end in sorted(ends ^ wanted):
            kind = "boundary missed" if end in wanted else "boundary too many"
            around = f"{text[max(end - 40, 0) : end]}|{text[end : end + 40]}"
            miss(Miss(labels["half"], kind, labels["doc"], around))
    return tallies


def seconds_per_million(documents: Iterable[str]) -> float:
    """Return the seconds of one core that splitting takes for a million characters of such documents."""
    text = "\n\n".join(documents)
    text = (text * (1_000_000 // max(len(text), 1) + 1))[:1_000_000]
    started = time.process_time()
    split(text)
    return time.process_time() - started


# ------------------------------------------------------------------------------------- sentences


def read_sentences(analyzer: Analyzer, passages: Sequence[Passage], miss: Callable[[Miss], None]) -> Tallies:
    """Return how the actors, relations and voices of sentences are read, each within its whole document."""
    tallies: Tallies = defaultdict(Tally)
    analyses: dict[str, Analysis] = {}
    for passage in passages:
        document = passage.document
        if document not in analyses:
            analyses[document] = analyzer.analyze(document)
        start, end = passage.labels["start"], passage.labels["end"]
        read = [s for s in analyses[document].sentences if s.start < end and start < s.end]
        for question, reported, wanted, optional, context in _questions(passage, read):
            half = passage.labels["half"]
            tally = tallies[question, half]
            counted = [item for item in reported if item in wanted or item not in optional]
            tally.reported += len(counted)
            tally.reported_right += sum(item in wanted for item in counted)
            tally.labelled += len(wanted)
            tally.labelled_found += sum(item in reported for item in wanted)
            for item in counted:
                if item not in wanted:
                    miss(Miss(half, f"{question}, too many", passage.labels["id"], f"{item}: {context}"))
            for item in wanted:
                if item not in reported:
                    miss(Miss(half, f"{question}, missed", passage.labels["id"], f"{item}: {context}"))
    return tallies


_Question = tuple[str, list[Any], list[Any], list[Any], str]
"""What is asked, what was reported, what is labelled, what counts neither way, the words."""


def _questions(passage: Passage, read: Sequence[SentenceAnalysis]) -> Iterator[_Question]:
    labels, text = passage.labels, passage.text
    start = labels["start"]
    found = [
        (m.start - start, m.end - start, m.code)
        for s in read
        for m in s.mentions
        if m.end > start and m.start < labels["end"]
    ]
    sure = [(a["start"], a["end"], a["code"]) for a in labels["actors"] if not a.get("optional")]
    unsure = [(a["start"], a["end"], a["code"]) for a in labels["actors"] if a.get("optional")]
    yield (
        "actors, exact span and code",
        found,
        sure,
        [f for f in found if _overlapping(f, unsure, code=True)],
        text,
    )
    for question, code in (("actors, span", False), ("actors, span and code", True)):
        # An overlapping mention is taken for the labelled one, so that a title more or less is no error here.
        named = [_overlapping(f, sure, code=code) or f for f in found]
        yield (
            question,
            list(dict.fromkeys(named)),
            sure,
            [f for f in named if _overlapping(f, unsure, code=code)],
            text,
        )
    if not labels.get("dyads_doubtful"):
        pairs = list(
            dict.fromkeys(
                (p.source.code, p.target.code, p.stance.label)
                for s in read
                for p in s.pairs
                if p.stance.label is not None  # without one it counts in no dyad
            )
        )
        dyads = [(d["source"], d["target"], d["stance"]) for d in labels["dyads"] if not d.get("optional")]
        may = {(d["source"], d["target"]) for d in labels["dyads"] if d.get("optional")}
        yield "dyads, codes and stance", pairs, dyads, [p for p in pairs if p[:2] in may], text
        yield (
            "dyads, codes alone",
            list(dict.fromkeys(p[:2] for p in pairs)),
            [d[:2] for d in dyads],
            list(may),
            text,
        )
    if "voice" in labels and read:
        longest = max(read, key=lambda s: min(s.end, labels["end"]) - max(s.start, start))
        yield "voice", [longest.voice.kind], [labels["voice"]], [], text
        speaker = labels["speaker"]
        heard = [longest.voice.speaker] if longest.voice.speaker and longest.voice.kind != "narrator" else []
        yield "speaker's code", heard, [speaker] if speaker else [], [], text


def _overlapping(
    mention: tuple[int, int, str], others: Iterable[tuple[int, int, str]], *, code: bool
) -> tuple[int, int, str] | None:
    """The first of the others that shares characters with a mention, and its code if that is asked."""
    start, end, named = mention
    return next((o for o in others if o[0] < end and start < o[1] and (not code or o[2] == named)), None)


# ----------------------------------------------------------------------------------------- table


def as_table(tallies: Tallies) -> str:
    """Return the figures as a Markdown table: each half, then both."""
    lines = [
        "| question | half | labelled | reported | precision | recall | F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for question in dict.fromkeys(question for question, _ in tallies):
        both = Tally()
        for half in HALVES:
            tally = tallies.get((question, half), Tally())
            lines.append(_line(question, half, tally))
            both.reported += tally.reported
            both.reported_right += tally.reported_right
            both.labelled += tally.labelled
            both.labelled_found += tally.labelled_found
        lines.append(_line(question, "both", both))
    return "\n".join(lines)


def _line(question: str, half: str, tally: Tally) -> str:
    return (
        f"| {question} | {half} | {tally.labelled} | {tally.reported} | {tally.precision:.3f} | {tally.recall:.3f}"
        f" | {tally.f1:.3f} |"
    )
