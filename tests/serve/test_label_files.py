"""Labels in and out of files."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.cells import original_cell, safe_cell
from diplotone.model.codebook import Codebook
from diplotone.model.errors import DiplotoneError
from diplotone.model.record_files import check_bytes
from diplotone.serve.label_files import (
    as_csv,
    as_jsonl,
    as_label_studio,
    export_records,
    import_file,
    lost_in_csv,
)
from diplotone.serve.label_types import Item, NewLabel
from diplotone.serve.labels import LabelStore

TEXT = "Oslo accused Riga of theft."
LABELS = [
    NewLabel(item=Item(text=TEXT, task="tone"), new="critical"),
    NewLabel(item=Item(text=TEXT, task="sentiment"), new="negative"),
    NewLabel(item=Item(text=TEXT, task="stance", source=(0, 4), target=(13, 17)), new="opposed"),
    NewLabel(item=Item(text=TEXT, task="act", source=(0, 4), target=(13, 17)), new="ACCUSE"),
    NewLabel(item=Item(text=TEXT, task="stance", target=(13, 17)), new="neutral"),
    NewLabel(item=Item(text="=Suva met Apia.", task="tone"), new="cooperative"),
]


@pytest.fixture
def store(tmp_path, codebook):
    return LabelStore(tmp_path / "labels.sqlite3", codebook)


@pytest.fixture
def filled(store):
    store.add(LABELS, annotator="ada", release="r", origin="page")
    return store


@pytest.mark.parametrize("ending", ["jsonl", "csv", "json"])
def test_what_goes_out_comes_in_again(filled, tmp_path, ending):
    records = export_records(filled).records
    forms = {"jsonl": as_jsonl(records), "csv": as_csv(records), "json": as_label_studio(filled.standing())}
    other = LabelStore(tmp_path / "other.sqlite3", filled.codebook)
    imported = import_file(other, f"export.{ending}", forms[ending].encode(), annotator="ada")
    assert len(imported.added) == len(LABELS)
    assert export_records(other).records == records
    assert {label.annotator for label in other.standing()} == {"ada"}


def test_what_stands_already_is_told_and_not_stored_again(filled):
    data = as_jsonl(export_records(filled).records).encode()
    imported = import_file(filled, "again.jsonl", data, annotator="ada")
    assert imported.added == ()
    assert len(imported.repeated) == len(LABELS)
    assert "ada said critical already" in " ".join(imported.repeated)
    assert len(filled.rows()) == len(LABELS)


def test_a_contradiction_is_stored_shown_and_left_out_of_the_export(filled):
    row = {"text": TEXT, "tone": "hostile", "sentiment": "negative"}
    imported = import_file(filled, "bens.jsonl", json.dumps(row).encode(), annotator="ben")
    assert len(imported.added) == 2
    assert [c.item.task for c in imported.contradictions] == ["tone"]
    assert "ada: critical, ben: hostile" in str(imported.contradictions[0])
    export = export_records(filled)
    assert [c.item.task for c in export.contradictions] == ["tone"]
    (record,) = [r for r in export.records if r.text == TEXT]
    assert (record.tone, record.sentiment) == (None, "negative")
    assert export_records(filled, "ben").records[0].tone == "hostile"


WRITINGS = ("Oslo accused Riga.", "OSLO accused RIGA.", " Oslo  accused Riga.", "Suva met Apia.")
GIVEN = st.lists(
    st.tuples(
        st.sampled_from(["ada", "ben"]),
        st.sampled_from(WRITINGS),
        st.sampled_from(
            [("tone", "hostile"), ("tone", "critical"), ("stance", "opposed"), ("stance", "neutral")]
        ),
        st.booleans(),
    ),
    max_size=12,
)


def item_of(text: str, task: str) -> Item:
    start = text.upper().find("RIGA") if "RIGA" in text.upper() else 0
    return Item(text=text, task=task, target=(start, start + 4) if task == "stance" else None)


@given(GIVEN, st.sampled_from(["all", "checked", "settled"]))
@settings(max_examples=60, deadline=None)
def test_whatever_was_said_an_export_can_be_read_again(tmp_path_factory, labels, which):
    """Texts that differ in letter case and white space alone count as one where records are read."""
    store = LabelStore(tmp_path_factory.mktemp("store") / "labels.sqlite3", Codebook.load())
    for who, text, (task, new), settles in labels:
        label = NewLabel(item=item_of(text, task), new=new)
        if settles and label.item.question in {found.item.question for found in store.contradictions()}:
            store.settle(label, annotator=who, origin="page")
        else:
            store.add([label], annotator=who, release=None, origin="page")
    export = export_records(store, which=which)
    for name, data in (("a.jsonl", as_jsonl(export.records)), ("a.csv", as_csv(export.records))):
        assert [str(fault) for fault in check_bytes(name, data.encode(), store.codebook).faults] == []
    assert [found.item for found in export.contradictions] == [found.item for found in store.contradictions()]


def test_two_writings_by_one_person_are_no_check_of_each_other(store):
    for text in (TEXT, TEXT.upper()):
        store.add(
            [NewLabel(item=Item(text=text, task="tone"), new="critical")],
            annotator="ada",
            release=None,
            origin="p",
        )
    assert export_records(store, which="checked").records == ()
    store.add(
        [NewLabel(item=Item(text=f"{TEXT} ", task="tone"), new="critical")],
        annotator="ben",
        release=None,
        origin="p",
    )
    assert {record.text for record in export_records(store, which="checked").records} == {
        TEXT,
        TEXT.upper(),
        f"{TEXT} ",
    }


def test_an_export_holds_only_labels_that_the_codebook_has_and_says_which_it_leaves_out(
    filled, other_codebook
):
    under = LabelStore(filled.path, other_codebook)
    for export in (export_records(under), export_records(filled, codebook=other_codebook)):
        assert [(label.item.task, label.new) for label in export.unknown] == [("tone", "critical")]
        (record,) = [record for record in export.records if record.text == TEXT]
        assert (record.tone, record.sentiment) == (None, "negative")
        report = check_bytes("a.jsonl", as_jsonl(export.records).encode(), other_codebook)
        assert (report.faults, len(report.records)) == ((), 2)
    assert export_records(filled).unknown == ()


def test_what_was_settled_since_stands_for_labels_that_the_codebook_lacks(filled, other_codebook):
    tone = Item(text=TEXT, task="tone")
    under = LabelStore(filled.path, other_codebook)
    for who, new in (("ben", "neutral"), ("cleo", "hostile")):
        under.add([NewLabel(item=tone, new=new)], annotator=who, release=None, origin="page")
    under.settle(NewLabel(item=tone, new="disapproving"), annotator="dee", origin="page")
    export = export_records(under)
    assert [record.tone for record in export.records if record.text == TEXT] == ["disapproving"]
    assert export.unknown == ()


def test_label_studio_names_its_annotators(store):
    task = {
        "data": {"text": TEXT},
        "annotations": [
            {
                "completed_by": 7,
                "result": [
                    {
                        "type": "choices",
                        "from_name": "tone",
                        "to_name": "text",
                        "value": {"choices": ["critical"]},
                    },
                    {"type": "labels", "id": "a", "value": {"start": 13, "end": 17, "labels": ["Actor"]}},
                    {"type": "labels", "id": "b", "value": {"start": 0, "end": 4, "labels": ["Actor"]}},
                    {
                        "type": "relation",
                        "from_id": "a",
                        "to_id": "b",
                        "direction": "left",
                        "labels": ["ACCUSE"],
                    },
                ],
            }
        ],
    }
    import_file(store, "ls.json", json.dumps([task]).encode(), annotator="ada")
    labels = store.standing()
    assert {label.annotator for label in labels} == {"label-studio-7"}
    assert labels[1].item == Item(text=TEXT, task="act", source=(0, 4), target=(13, 17))


def annotation(who, *tones: str) -> dict:
    value = {"type": "choices", "from_name": "tone", "to_name": "text"}
    return {"completed_by": who, "result": [value | {"value": {"choices": [tone]}} for tone in tones]}


def label_studio(*annotations: dict, text: str = TEXT) -> bytes:
    return json.dumps([{"data": {"text": text}, "annotations": list(annotations)}]).encode()


def test_two_annotations_by_one_person_are_told_and_both_kept(store):
    data = label_studio(annotation(7, "critical"), annotation(8, "critical"), annotation(7, "hostile"))
    imported = import_file(store, "ls.json", data, annotator="ada")
    assert len(imported.added) == 3
    assert imported.changed == (
        f'tone of "{TEXT}": label-studio-7 says both critical and hostile in this file; the last one, hostile, stands',
    )
    again = import_file(store, "ls.json", data, annotator="ada")
    assert [label.new for label in again.added] == ["critical", "hostile"], (
        "it changes its mind once more, and back"
    )
    assert len(again.changed) == 2


def test_a_changed_mind_is_told(filled):
    rows = [
        {
            "text": TEXT,
            "tone": "hostile",
            "pairs": [{"source": [0, 4], "target": [13, 17], "stance": "neutral"}],
        }
    ]
    imported = import_file(filled, "new.jsonl", json.dumps(rows[0]).encode(), annotator="ada")
    assert imported.changed == (
        f'tone of "{TEXT}": ada said critical before, and now hostile',
        f'stance of Oslo → Riga in "{TEXT}": ada said opposed before, and now neutral',
    )
    assert import_file(filled, "new.jsonl", json.dumps(rows[0]).encode(), annotator="ben").changed == ()


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (annotation({"id": 1, "email": "x" * 101}, "critical"), "annotator"),
        (annotation({"id": 1, "email": "\u0000"}, "critical"), "annotator"),
        (annotation(8, "angry"), 'tone "angry" is not one of'),
        (annotation(8, *["critical"] * 10_000), "10,001; at most 10,000"),
    ],
)
def test_nothing_of_the_first_annotator_is_stored_where_the_second_is_refused(store, second, words):
    with pytest.raises(DiplotoneError, match=words):
        import_file(store, "ls.json", label_studio(annotation(7, "critical"), second), annotator="ada")
    assert store.rows() == []


def test_labels_that_csv_cannot_hold_are_counted(store):
    text = "Riga met Riga, and papapa met Oslo."
    labels = [
        NewLabel(item=Item(text=text, task="tone"), new="neutral"),
        NewLabel(item=Item(text=text, task="stance", source=(0, 4), target=(30, 34)), new="opposed"),
        NewLabel(item=Item(text=text, task="act", source=(0, 4), target=(30, 34)), new="ACCUSE"),
        NewLabel(
            item=Item(text=text, task="stance", source=(30, 34), target=(19, 23)), new="opposed"
        ),  # pa-pa, twice
        NewLabel(item=Item(text=text, task="stance", target=(30, 34)), new="neutral"),
    ]
    store.add(labels, annotator="ada", release=None, origin="page")
    records = export_records(store).records
    assert lost_in_csv(records) == 3
    (record,) = check_bytes("a.csv", as_csv(records).encode(), store.codebook).raise_for_faults()
    assert (record.tone, [pair.stance for pair in record.pairs]) == ("neutral", ["neutral"])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"x", "read from .jsonl, .csv"),
        ("a.jsonl", b'{"text": "Oslo met Riga.", "tone": "angry"}', "a.jsonl:1: tone"),
        ("a.jsonl", b"\xff\xfe\x00", "UTF-16"),
        ("a.json", b"{}", "list of tasks"),
        ("a.json", b'[{"data": {}}]', "task 1"),
        ("a.json", b"[" * 100_000, "not JSON"),
        ("../../a.csv", b"tone\nhostile\n", 'no column "text"'),
    ],
)
def test_a_faulty_file_is_told_in_words_and_stores_nothing(store, name, data, words):
    with pytest.raises(DiplotoneError, match=words):
        import_file(store, name, data, annotator="ada")
    assert store.rows() == []


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n '\ufeff\u200bab＝")))
@settings(max_examples=200, deadline=None)
def test_no_cell_is_run_and_every_cell_comes_back(cell):
    shown = safe_cell(cell)
    assert not shown.lstrip(" \ufeff\u200b").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))
    assert original_cell(shown) == cell or cell.startswith("'")
