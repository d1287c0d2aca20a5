"""Labels in and out of files: records (JSONL, CSV) and Label Studio's JSON.

An export holds one label per question. Where annotators disagree there is none to give until somebody has
settled it: the label is left out and the disagreement told. So are labels that the codebook in use does not have,
as after a retraining with another one. An import stores what is new, all of a file or nothing; a label that its
annotator stands by already is not stored twice, and that is told as well, as is what somebody said otherwise before.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..model.cells import original_cell, safe_cell
from ..model.codebook import TASKS, Codebook
from ..model.record_files import CSV_COLUMNS, check_bytes
from ..model.records import Pair, QuestionKey, Record, Span, text_id
from .label_history import is_history
from .label_types import Contradiction, Item, Label, LabelError, NewLabel, contradictions
from .labels import LabelStore

SENTENCE_TASKS = tuple(task for task, level in TASKS.items() if level == "sentence")
PAIR_TASKS = tuple(task for task, level in TASKS.items() if level == "pair")


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Records, and what could not go into them."""

    records: tuple[Record, ...]
    contradictions: tuple[Contradiction, ...]
    """Left out: annotators disagree."""
    unknown: tuple[Label, ...]
    """Left out: the codebook does not have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file."""

    added: tuple[Label, ...]
    repeated: tuple[str, ...]
    """Labels that their annotator stands by already, in words; not stored again."""
    changed: tuple[str, ...]
    """Labels of those added whose annotator stood by another one, in the store or earlier in the file, in words."""
    contradictions: tuple[Contradiction, ...]
    """Items of the file about which annotators now disagree; stored, and shown for people to settle."""


Which = Literal["all", "checked", "settled"]
"""Which labels an export holds: all that stand, those that two people agree on or somebody settled, or the last."""


def export_records(
    store: LabelStore,
    annotator: str | None = None,
    which: Which = "all",
    codebook: Codebook | None = None,
) -> Export:
    """Return the labels that stand, as records, in the order in which the sentences were first labelled.

    Where annotators disagree, the label that settles it counts, for every writing of the sentence. So the records can
    be read again: no two of them contradict each other.

    Args:
        store: Where they are.
        annotator: Only this person's, whatever was settled.
        which: "all", "checked" (given alike by two or more, or settled), or "settled".
        codebook: Which labels there are; None takes the store's.
    """
    codebook = codebook or store.codebook
    standing = [label for label in store.standing() if annotator in (None, label.annotator)]
    settled = store.settled(codebook) if annotator is None else {}
    unknown = [
        label for label in standing if not label.is_in(codebook) and label.item.question not in settled
    ]
    known = [label for label in standing if label.is_in(codebook)]
    disputed = [found for found in contradictions(known) if found.item.question not in settled]
    left_out = {found.item.question for found in disputed}
    given_by: dict[QuestionKey, set[str]] = defaultdict(set)
    for label in known:
        given_by[label.item.question].add(label.annotator)
    by_text: dict[str, dict[Item, str]] = {}
    for label in standing:
        question = label.item.question
        holds = settled.get(question, label)
        is_checked = len(given_by[question]) > 1 and which == "checked"
        is_wanted = which == "all" or is_checked or question in settled
        if is_wanted and question not in left_out and holds.is_in(codebook):
            by_text.setdefault(label.item.text, {})[label.item] = str(holds.new)
    records = tuple(_record(text, labels) for text, labels in by_text.items())
    return Export(records=records, contradictions=tuple(disputed), unknown=tuple(unknown))


def _record(text: str, labels: Mapping[Item, str]) -> Record:
    sentence = {item.task: label for item, label in labels.items() if item.target is None}
    pairs: dict[tuple[Span | None, Span], dict[str, str]] = {}
    for item, label in labels.items():
        if item.target is not None:
            pairs.setdefault((item.source, item.target), {})[item.task] = label
    return Record(
        text=text,
        id=text_id(text),
        sentiment=sentence.get("sentiment"),
        tone=sentence.get("tone"),
        pairs=tuple(
            Pair(source=source, target=target, **pairs[source, target])
            for source, target in sorted(pairs, key=lambda spans: (spans[0] or (-1, -1), spans[1]))
        ),
    )


def as_jsonl(records: Iterable[Record]) -> str:
    """Return records as JSONL, which keeps everything."""
    return "".join(json.dumps(record.as_dict(), ensure_ascii=False) + "\n" for record in records)


def as_csv(records: Iterable[Record]) -> str:
    """Return records as CSV with one row per pair.

    A cell names an actor by its words, so a pair goes in only where they stand once in the sentence; JSONL
    has all. What a spreadsheet would run as a formula gets an apostrophe, which an import takes off again.
    """
    out = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n", restval="")
    writer.writeheader()
    for record in records:
        first = {"text": record.text, "sentiment": record.sentiment or "", "tone": record.tone or ""}
        pairs = [row for pair in record.pairs if (row := _csv_pair(record.text, pair)) is not None]
        for row in pairs or [{}]:
            writer.writerow({key: safe_cell(value) for key, value in (first | row).items()})
    return out.getvalue()


def lost_in_csv(records: Iterable[Record]) -> int:
    """Return how many labels `as_csv` leaves out: those of pairs whose words stand in the sentence more than once."""
    lost = (pair for record in records for pair in record.pairs if _csv_pair(record.text, pair) is None)
    return sum((pair.stance is not None) + (pair.act is not None) for pair in lost)


def _csv_pair(text: str, pair: Pair) -> dict[str, str] | None:
    words = {"source": text[slice(*pair.source)] if pair.source else "", "target": text[slice(*pair.target)]}
    if any(text.find(part) != text.rfind(part) for part in words.values() if part):  # overlapping ones too
        return None
    return words | {"stance": pair.stance or "", "act": pair.act or ""}


def import_file(
    store: LabelStore, name: str, data: bytes, *, annotator: str, brought_by: str | None = None
) -> Imported:
    """Store the labels of a file.

    Args:
        store: Where they go.
        name: Name of the file; its ending, .jsonl, .csv or .json (Label Studio), says what it is.
        data: What is in it.
        annotator: Whose labels they are; Label Studio's files name their annotators themselves.
        brought_by: Who is known to have brought the file; stands beside every other name it gives.

    Raises:
        LabelError, RecordError: The file cannot be read or a label is wrong; nothing is stored.
    """
    ending = Path(name).suffix.lower()
    if is_history(data):
        raise LabelError(
            f"{Path(name).name}: is a history of labels, to be read and kept; export the labels that stand as JSONL or"
            " Label Studio's JSON, and import those"
        )
    if ending == ".json":
        by_annotator = {
            who if brought_by in (None, who) else f"{who} (brought by {brought_by})": labels
            for who, labels in _label_studio_labels(data, store.codebook, annotator).items()
        }
    elif ending in (".jsonl", ".csv"):
        by_annotator = {annotator: _labels_of(_read(name, data, store.codebook))}
    else:
        raise LabelError(
            f'{name}: ends in "{ending}"; labels are read from .jsonl, .csv and Label Studio\'s .json'
        )
    given = [(who, label) for who, labels in by_annotator.items() for label in labels]
    if not given:
        return Imported(added=(), repeated=(), changed=(), contradictions=())
    brought = store.bring(given, origin=Path(name).name)
    touched = {label.item.question for label in brought.added}
    return Imported(
        added=brought.added,
        repeated=tuple(f"{label.item}: {who} said {label.new} already" for who, label in brought.repeated),
        changed=tuple(_changed(store, brought.added)),
        contradictions=tuple(c for c in store.contradictions() if c.item.question in touched),
    )


def _changed(store: LabelStore, added: Sequence[Label]) -> Iterator[str]:
    """Which of the labels of a file stand in the place of others by the same annotator, in words."""
    before = store.before(added)
    of_file = {label.id for label in added}
    for label in added:
        earlier = before.get(label.id)
        if earlier is None:
            continue
        if earlier.id in of_file:
            yield (
                f"{label.item}: {label.annotator} says both {earlier.new} and {label.new} in this file; the last one,"
                f" {label.new}, stands"
            )
        else:
            yield f"{label.item}: {label.annotator} said {earlier.new} before, and now {label.new}"


def _read(name: str, data: bytes, codebook: Codebook) -> tuple[Record, ...]:
    shown = Path(name).name
    if Path(name).suffix.lower() == ".csv":
        data = _without_apostrophes(data)
    return check_bytes(shown, data, codebook, keep_unknown=True).raise_for_faults()


def _without_apostrophes(data: bytes) -> bytes:
    """A CSV file with the apostrophes taken off that an export put on; a faulty one as it is, to be told."""
    try:
        text = data.decode("utf-8-sig")
        delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error):
        return data
    if all(original_cell(cell) == cell for row in rows for cell in row):
        return data  # the lines keep their numbers
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([original_cell(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _labels_of(records: Iterable[Record]) -> list[NewLabel]:
    return [
        NewLabel(item=Item(text=record.text, task=task, source=source, target=target), new=label)
        for record in records
        for source, target, task, label in _given(record)
    ]


def _given(record: Record) -> Iterator[tuple[Span | None, Span | None, str, str]]:
    for task in SENTENCE_TASKS:
        if label := getattr(record, task):
            yield None, None, task, label
    for pair in record.pairs:
        for task in PAIR_TASKS:
            if label := getattr(pair, task):
                yield pair.source, pair.target, task, label


# ------------------------------------------------------------------------------------ Label Studio


def as_label_studio(labels: Sequence[Label]) -> str:
    """Return labels as Label Studio's JSON: a task per sentence, an annotation per annotator.

    Sentence labels are choices named after their task. Actors are regions, pairs relations between them
    with the labels of stance and act; a pair without a source is a choice on the region of its target.
    """
    tasks: dict[str, dict[str, list[Label]]] = {}
    for label in labels:
        tasks.setdefault(label.item.text, {}).setdefault(label.annotator, []).append(label)
    return json.dumps(
        [
            {
                "id": number,
                "data": {"text": text},
                "annotations": [
                    {"completed_by": {"email": annotator}, "result": _results(text, given)}
                    for annotator, given in by_annotator.items()
                ],
            }
            for number, (text, by_annotator) in enumerate(tasks.items(), 1)
        ],
        ensure_ascii=False,
        indent=1,
    )


def _results(text: str, labels: Iterable[Label]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    regions: dict[Span, str] = {}
    relations: dict[tuple[str, str], list[str]] = {}

    def region(span: Span) -> str:
        if span not in regions:
            regions[span] = name = f"actor-{span[0]}-{span[1]}"
            value = {"start": span[0], "end": span[1], "text": text[slice(*span)], "labels": ["Actor"]}
            found.append(
                {"id": name, "from_name": "actor", "to_name": "text", "type": "labels", "value": value}
            )
        return regions[span]

    for label in labels:
        item, given = label.item, str(label.new)
        if item.target is None:
            value: dict[str, Any] = {"choices": [given]}
            found.append({"from_name": item.task, "to_name": "text", "type": "choices", "value": value})
        elif item.source is None:
            start, end = item.target
            value = {"start": start, "end": end, "choices": [given]}
            found.append(
                {
                    "id": region(item.target),
                    "from_name": item.task,
                    "to_name": "text",
                    "type": "choices",
                    "value": value,
                }
            )
        else:
            relations.setdefault((region(item.source), region(item.target)), []).append(given)
    found += [
        {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": given}
        for (source, target), given in relations.items()
    ]
    return found


def _label_studio_labels(data: bytes, codebook: Codebook, default: str) -> dict[str, list[NewLabel]]:
    try:
        tasks = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LabelError(f"the file is not JSON: {error}") from error
    if not isinstance(tasks, list):
        raise LabelError("the file is not an export of Label Studio, which is a list of tasks")
    found: dict[str, list[NewLabel]] = {}
    for number, task in enumerate(tasks, 1):
        try:
            text = task["data"]["text"]
            for annotation in task.get("annotations", []):
                if annotation.get("was_cancelled"):
                    continue
                who = _annotator(annotation.get("completed_by"), default)
                found.setdefault(who, []).extend(_parsed(text, annotation["result"], codebook))
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise LabelError(
                f"task {number}: lacks or misstates {error}; export it as JSON, not JSON-MIN"
            ) from error
    return found


def _annotator(completed_by: Any, default: str) -> str:
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("username") or completed_by["id"])
    return default if completed_by is None else f"label-studio-{completed_by}"


def _parsed(text: str, results: Sequence[Mapping[str, Any]], codebook: Codebook) -> Iterator[NewLabel]:
    """The labels of one annotation; results of other kinds are other people's business."""
    regions = {
        result["id"]: (int(result["value"]["start"]), int(result["value"]["end"]))
        for result in results
        if result.get("type") == "labels"
    }
    for result in results:
        kind, task = result.get("type"), result.get("from_name")
        if kind == "choices" and task in TASKS:
            target = regions[result["id"]] if TASKS[task] == "pair" else None
            for label in result["value"]["choices"]:
                yield NewLabel(item=Item(text=text, task=task, target=target), new=label)
        elif kind == "relation":
            source, target = regions[result["from_id"]], regions[result["to_id"]]
            if result.get("direction") == "left":
                source, target = target, source
            for label in result.get("labels") or ():
                task = next((name for name in PAIR_TASKS if label in codebook[name].names), "stance")
                yield NewLabel(item=Item(text=text, task=task, source=source, target=target), new=label)
