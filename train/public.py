"""Rows of the public data sets as records, and what their own labels are called.

Each reader takes a mirror folder and yields items: a record to predict on, and the answer in the data set's own
terms. How a prediction becomes such an answer is said in `benchmark`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..model.records import Pair, Record, Span, text_id

NEWSMTSC_STANCE = {-1: "opposed", 0: "neutral", 1: "supportive"}
RE3D_STANCE = {
    "Likes": "supportive",
    "AlliesOf": "supportive",
    "Dislikes": "opposed",
    "FightingAgainst": "opposed",
}
LEAST_CONFIDENCE = 0.5
"""re3d relations below it are dropped."""

PENTA_SIDE = {"0": "neutral", "1": "conflict", "2": "cooperation", "3": "conflict", "4": "cooperation"}
"""UN quad-class: 1 material conflict, 2 material cooperation, 3 verbal conflict, 4 verbal cooperation."""

CAMEO_SIDE = {"0": "neutral", "1": "cooperation", "2": "cooperation", "3": "conflict", "4": "conflict"}
"""cameo_class: 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict."""

DSE_ANSWER = {"0": "neutral", "1": "+ p to q", "2": "+ q to p", "3": "- p to q", "4": "- q to p"}


@dataclass(frozen=True, slots=True)
class Item:
    """Something to predict on and the data set's own answer."""

    record: Record
    answer: str


def read_plv(mirror: Path) -> Iterator[Item]:
    """PLV's train file; the answer is the gold root. Rows whose ends cannot be placed are left out."""
    with (mirror / "plv/train.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text, marked = row["sentence"], row["marked_sentence"]
            sources = _marked(marked, "s") + _found(text, row["source"])
            targets = _marked(marked, "t") + _found(text, row["target"])
            ends = [(s, t) for s in sources for t in targets if s[1] <= t[0] or t[1] <= s[0]]
            if ends:
                yield Item(_record(text, Pair(source=ends[0][0], target=ends[0][1])), row["gold_root"])


def _marked(marked: str, mark: str) -> list[Span]:
    """What stands between <s></s> or <t></t>, in characters of the sentence without any mark."""
    spans: list[Span] = []
    removed, start = 0, None
    for found in re.finditer(r"<(/?)([st])>", marked):
        place = found.start() - removed
        removed += len(found[0])
        if found[2] == mark and not found[1]:
            start = place
        elif found[2] == mark and start is not None and start < place:
            spans.append((start, place))
            start = None
    return spans


def _found(text: str, name: str) -> list[Span]:
    """Where a name stands in a text."""
    return [found.span() for found in re.finditer(re.escape(name.strip()), text)] if name.strip() else []


def read_newsmtsc(mirror: Path, name: str) -> Iterator[Item]:
    """A flat file of NewsMTSC ("dev_rw", "dev_mt", "train_flat"); the answer is a stance."""
    with (mirror / f"newsmtsc/{name}.jsonl").open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            start, end = row["from"], row["to"]
            if row["sentence"][start:end].strip():
                pair = Pair(target=(start, end))
                yield Item(_record(row["sentence"], pair), NEWSMTSC_STANCE[int(row["polarity"])])


def read_dse(mirror: Path, name: str) -> Iterator[Item]:
    """A file of directed sentiment ("train", "valid"); the answer is direction and sign.

    The record has two pairs: p toward q, and q toward p.
    """
    with (mirror / f"dse/{name}.txt").open(encoding="utf-8") as file:
        for line in file:
            marked, p, q, label = line.rstrip("\n").split("\t")
            text, spans = _bracketed(marked)
            if (ends := _by_name(text, spans, p, q)) is not None:
                pairs = (Pair(source=ends[0], target=ends[1]), Pair(source=ends[1], target=ends[0]))
                yield Item(_record(text, *pairs), DSE_ANSWER[label])


def _bracketed(marked: str) -> tuple[str, list[Span]]:
    """The sentence without brackets, and what they held, each drawn to the end of its word."""
    text, spans, start = "", [], 0
    for character in marked:
        if character == "[":
            start = len(text)
        elif character == "]":
            spans.append((start, len(text)))
        else:
            text += character
    return text, [(a, _word_end(text, b)) for a, b in spans]


def _word_end(text: str, end: int) -> int:
    while end < len(text) and text[end].isalnum():
        end += 1
    return end


def _by_name(text: str, spans: list[Span], p: str, q: str) -> tuple[Span, Span] | None:
    """The spans of p and q; None where they cannot be told apart."""
    found_p = [span for span in spans if text[slice(*span)].startswith(p.strip())]
    found_q = [span for span in spans if text[slice(*span)].startswith(q.strip()) and span not in found_p[:1]]
    if not found_p or not found_q:
        return None
    source, target = found_p[0], found_q[0]
    return None if source[0] < target[1] and target[0] < source[1] else (source, target)


def read_cameo_class(mirror: Path) -> Iterator[Item]:
    """cameo_class; the answer is cooperation, neutral or conflict."""
    with (mirror / "cameo_class/train.tsv").open(encoding="utf-8") as file:
        for line in file:
            sentence, label = line.rstrip("\n").rsplit("\t", 1)
            yield Item(_record(sentence), CAMEO_SIDE[label])


def read_un_quadclass(mirror: Path) -> Iterator[Item]:
    """UN quad-class; the answer is cooperation, neutral or conflict."""
    path = mirror / "un_quadclass/en_annotations_quad_multiclass.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["en"].strip():
                yield Item(_record(row["en"]), PENTA_SIDE[row["QuadClass"]])


def read_re3d(mirror: Path) -> Iterator[Item]:
    """re3d without its BBC part; the answer is a stance, opposed or supportive."""
    for folder in sorted((mirror / "re3d").iterdir()):
        if not folder.is_dir() or folder.name.startswith("BBC"):
            continue
        texts = {row["_id"]: row["text"] for row in _json_lines(folder / "documents.json")}
        for row in _json_lines(folder / "relations.json"):
            if row["type"] in RE3D_STANCE and float(row["confidence"]) >= LEAST_CONFIDENCE:
                item = _relation(texts[row["documentId"]], row)
                if item is not None:
                    yield item


def _relation(text: str, row: dict) -> Item | None:
    source, target = (row["sourceBegin"], row["sourceEnd"]), (row["targetBegin"], row["targetEnd"])
    if source[0] < target[1] and target[0] < source[1]:
        return None
    first, last = min(source[0], target[0]), max(source[1], target[1])
    start = max(text.rfind(". ", 0, first) + 2, text.rfind("\n", 0, first) + 1, 0)
    stop = min(
        (place for place in (text.find(". ", last), text.find("\n", last)) if place >= 0), default=len(text)
    )
    pair = Pair(
        source=(source[0] - start, source[1] - start),
        target=(target[0] - start, target[1] - start),
    )
    return Item(_record(text[start : stop + 1], pair), RE3D_STANCE[row["type"]])


def _json_lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _record(text: str, *pairs: Pair) -> Record:
    return Record(text=text, id=text_id(text), pairs=pairs)
