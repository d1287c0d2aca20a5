"""Labels of real sentences that point into texts which are not ours to ship.

A stand-off label names a source, a document, the characters of the sentence in it and the sentence's
sha256. The text is joined from a local mirror of the sources; what does not match its sha256 is
refused, never guessed.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.codebook import Codebook
from ..model.errors import RecordError
from ..model.records import Fault, Record, Report, check_rows

KEYS = ("source", "doc", "start", "end", "sha256")

csv.field_size_limit(2**31 - 1)  # an article is one field


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of joining a stand-off file with a mirror."""

    report: Report
    missing: Mapping[str, int] = field(default_factory=dict)
    """Source -> sentences left out because the mirror does not hold it."""


def join(path: Path, mirror: Path, codebook: Codebook) -> Joined:
    """Read a stand-off file and fetch its texts from a mirror.

    Args:
        path: JSONL; each line has `KEYS` and the labels of a record, spans in characters of the sentence.
        mirror: Folder with the sources; one that is absent is left out and counted.
        codebook: Which labels there are.

    Raises:
        RecordError: The file cannot be read.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: cannot be read as JSONL: {error}") from error
    texts = {
        source: READERS[source](mirror) for source in {row["source"] for row in rows} if _has(source, mirror)
    }
    faults: list[Fault] = []
    missing: dict[str, int] = {}
    records: list[dict[str, Any]] = []
    for line, row in enumerate(rows, 1):
        source, doc = row["source"], row["doc"]
        if source not in texts:
            missing[source] = missing.get(source, 0) + 1
            continue
        sentence = texts[source].get(doc, "")[row["start"] : row["end"]]
        if hashlib.sha256(sentence.encode()).hexdigest() != row["sha256"]:
            faults.append(
                Fault(
                    where=str(path),
                    line=line,
                    message=f"{source} {doc} [{row['start']}, {row['end']}] is not the sentence that was labelled"
                    " (its sha256 differs); bring the mirror to the commit in sources.toml",
                )
            )
            continue
        labels = {key: value for key, value in row.items() if key not in KEYS}
        records.append({"group": f"{source}:{doc}", **labels, "text": sentence})
    report = check_rows(records, codebook, where=str(path), keep_unknown=False)
    return Joined(
        Report(
            where=str(path),
            records=report.records,
            faults=(*faults, *report.faults),
            notes=report.notes,
        ),
        missing,
    )


def standoff_row(record: Record, *, source: str, doc: str, start: int) -> dict[str, Any]:
    """Return a labelled record as a stand-off row, which holds everything but the text."""
    labels = {key: value for key, value in record.as_dict().items() if key != "text"}
    digest = hashlib.sha256(record.text.encode()).hexdigest()
    return {
        "id": labels.pop("id"),
        "source": source,
        "doc": doc,
        "start": start,
        "end": start + len(record.text),
        "sha256": digest,
    } | labels


# ------------------------------------------------------------------ each source's documents by name

Documents = Mapping[str, str]


def _wikinews(mirror: Path) -> Documents:
    with (mirror / FILES["wikinews_2019"]).open(encoding="utf-8", newline="") as file:
        return {row["url"]: row["text"] for row in csv.DictReader(file)}


def _milestones(mirror: Path) -> Documents:
    """Paragraphs of the US diplomatic history essays: FILE#pN is the N-th TEI `p` of the file, from 0."""
    paragraph = "{http://www.tei-c.org/ns/1.0}p"
    return {
        f"{path.name}#p{n}": re.sub(r"\s+", " ", "".join(element.itertext())).strip()
        for path in sorted((mirror / FILES["us_milestones"]).glob("*.xml"))
        for n, element in enumerate(ElementTree.parse(path).getroot().iter(paragraph))
    }


def _press_briefings(mirror: Path) -> Documents:
    with gzip.open(mirror / FILES["us_press_briefings"], "rt", encoding="utf-8") as file:
        return {row["file"]: row["text"] for row in map(json.loads, file)}


def _texts_by_id(source: str) -> Callable[[Path], Documents]:
    def read(mirror: Path) -> Documents:
        with (mirror / FILES[source]).open(encoding="utf-8") as file:
            return {row["id"]: row["text"] for row in map(json.loads, file)}

    return read


def _dse(mirror: Path) -> Documents:
    with (mirror / FILES["dse_train"]).open(encoding="utf-8") as file:
        return _numbered("train.txt", (re.sub(r"[\[\]]", "", line.split("\t")[0]) for line in file))


def _newsmtsc(mirror: Path) -> Documents:
    with (mirror / FILES["newsmtsc_train"]).open(encoding="utf-8") as file:
        return _numbered("train.jsonl", (json.loads(line)["sentence_normalized"] for line in file))


def _un_quadclass(mirror: Path) -> Documents:
    with (mirror / FILES["un_quadclass"]).open(encoding="utf-8", newline="") as file:
        return _numbered("row", (row["en"] for row in csv.DictReader(file, delimiter="\t")))


def _numbered(name: str, texts: Iterable[str]) -> Documents:
    return {f"{name}:{n}": text for n, text in enumerate(texts, 1)}


FILES = {
    "wikinews_2019": "articles/wikinews_2019.csv",
    "us_milestones": "articles/us_milestones/chapters",
    "us_press_briefings": "articles/us_press_briefings.jsonl.gz",
    "presidency_statements": "articles/presidency_statements.jsonl",
    "un_general_debate": "articles/un_general_debate.jsonl",
    "dse_train": "dse/train.txt",
    "newsmtsc_train": "newsmtsc/train.jsonl",
    "un_quadclass": "un_quadclass/en_annotations_quad_multiclass.tsv",
}
"""Where in a mirror each source lies."""

READERS: dict[str, Callable[[Path], Documents]] = {
    "wikinews_2019": _wikinews,
    "us_milestones": _milestones,
    "us_press_briefings": _press_briefings,
    "presidency_statements": _texts_by_id("presidency_statements"),
    "un_general_debate": _texts_by_id("un_general_debate"),
    "dse_train": _dse,
    "newsmtsc_train": _newsmtsc,
    "un_quadclass": _un_quadclass,
}


def _has(source: str, mirror: Path) -> bool:
    return source in FILES and (mirror / FILES[source]).exists()
