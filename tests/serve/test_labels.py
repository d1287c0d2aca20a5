"""The label store: what was saved stays, whoever writes at once and whoever is killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest

from diplotone.serve.label_database import MIGRATIONS
from diplotone.serve.label_types import Doubtful, Item, LabelError, NewLabel
from diplotone.serve.labels import LabelStore

TEXT = "Oslo accused Riga of theft."
TONE = Item(text=TEXT, task="tone")
STANCE = Item(text=TEXT, task="stance", source=(0, 4), target=(13, 17))


@pytest.fixture
def store(own_home, codebook):
    return LabelStore.at_home(codebook)


def say(store, item, new, annotator="ada", **options):
    (label,) = store.add(
        [NewLabel(item=item, new=new, **options)], annotator=annotator, release="r@1", origin="page"
    )
    return label


def test_a_label_keeps_all_that_was_said(store, own_home):
    label = say(store, STANCE, "opposed", old="neutral", note="plain to see")
    assert (own_home / "labels.sqlite3").exists()
    (row,) = LabelStore.at_home(store.codebook).rows()
    assert row == label
    assert (row.annotator, row.release, row.origin, row.old, row.new) == (
        "ada",
        "r@1",
        "page",
        "neutral",
        "opposed",
    )
    assert row.item == STANCE
    assert row.note == "plain to see"
    assert row.as_dict()["source"] == [0, 4]
    assert len(row.as_dict()["text_sha256"]) == 64


def given(store, item, new="critical", *, annotator="ada", origin="labelling", release=None, old=None):
    label = NewLabel(item=item, new=new, old=old)
    return store.add([label], annotator=annotator, release=release, origin=origin)[0]


@pytest.mark.parametrize(
    ("how", "blind"),
    [
        ({"origin": "labelling"}, True),
        ({"origin": "http"}, True),
        ({"origin": "labels.jsonl"}, True),
        ({"origin": "correction"}, False),  # of a task that the release gave no label
        ({"origin": "correction", "release": "r@1", "old": "neutral"}, False),
        ({"origin": "http", "old": "neutral"}, False),
        (
            {"origin": "http", "release": "r@1"},
            False,
        ),  # how the page stored them before it told where they were given
    ],
)
def test_blind_is_what_was_given_with_no_label_in_sight(store, how, blind):
    assert given(store, TONE, **how).is_blind is blind
    assert store.standing()[0].is_blind is blind


def test_who_has_seen_the_reading_of_a_sentence_is_blind_to_it_no_more(store):
    before = given(store, STANCE, "opposed")
    correction = given(store, TONE, origin="correction", release="r@1")
    after = given(store, TONE, "hostile")
    assert [label.is_blind for label in (before, correction, after)] == [True, False, False]
    assert not given(store, STANCE, "neutral").is_blind
    store.undo(correction.id, annotator="ada")  # which nobody unsees
    assert [label.is_blind for label in store.rows()[:0:-1]] == [True, False, False, False]
    assert given(store, TONE, annotator="ben").is_blind
    assert given(store, Item(text="Oslo met Riga.", task="tone")).is_blind


def test_an_undoing_is_a_row_and_brings_the_former_label_back(store):
    say(store, TONE, "critical")
    second = say(store, TONE, "hostile")
    assert [label.new for label in store.standing()] == ["hostile"]
    undoing = store.undo(second.id, annotator="ada")
    assert (undoing.undoes, undoing.new, undoing.old) == (second.id, None, "hostile")
    assert [label.new for label in store.standing()] == ["critical"]
    assert [(row.new, row.undone) for row in store.rows()] == [
        (None, False),
        ("hostile", True),
        ("critical", False),
    ]


def test_what_is_undone_or_unknown_cannot_be_undone(store):
    label = say(store, TONE, "critical")
    undoing = store.undo(label.id, annotator="ben")
    for number, words in (
        (label.id, "undone already"),
        (undoing.id, "takes back"),
        (99, "none of this number"),
    ):
        with pytest.raises(LabelError, match=words):
            store.undo(number, annotator="ada")


def test_nothing_is_deleted_or_changed_even_by_hand(store):
    say(store, TONE, "critical")
    with sqlite3.connect(store.path) as connection:
        for statement in ("DELETE FROM labels", "UPDATE labels SET new = 'hostile'"):
            with pytest.raises(sqlite3.DatabaseError, match="never"):
                connection.execute(statement)


def test_annotators_who_disagree_are_shown_side_by_side(store):
    say(store, TONE, "critical", "ada")
    say(store, TONE, "hostile", "ben")
    say(store, STANCE, "opposed", "ada")
    say(store, STANCE, "opposed", "ben")
    (found,) = store.contradictions()
    assert found.item == TONE
    assert {label.annotator: label.new for label in found.labels} == {"ada": "critical", "ben": "hostile"}
    assert store.annotators() == {"ada": 2, "ben": 2}


@pytest.mark.parametrize(
    ("item", "new", "words"),
    [
        (TONE, "angry", 'tone "angry" is not one of'),
        (Item(text="", task="tone"), "hostile", "text is empty"),
        (Item(text=TEXT, task="mood"), "good", 'task "mood"'),
        (Item(text=TEXT, task="stance"), "opposed", "give its target"),
        (Item(text=TEXT, task="stance", target=(0, 99)), "opposed", "outside the text"),
        (Item(text=TEXT, task="tone", target=(0, 4)), "hostile", "whole sentence"),
    ],
)
def test_a_faulty_label_is_refused_in_words_and_its_neighbours_with_it(store, item, new, words):
    labels = [NewLabel(item=TONE, new="critical"), NewLabel(item=item, new=new)]
    with pytest.raises(LabelError, match=words):
        store.add(labels, annotator="ada", release=None, origin="page")
    assert store.rows() == []


@pytest.mark.parametrize("name", ["", "  ", None, "a\nb", "x" * 101])
def test_somebody_must_have_said_it(store, name):
    with pytest.raises(LabelError, match="annotator"):
        say(store, TONE, "critical", name)


def test_pages_of_rows(store):
    ids = [say(store, TONE, "critical").id for _ in range(5)]
    first = store.rows(limit=2)
    assert [row.id for row in first] == ids[:-3:-1]
    assert [row.id for row in store.rows(limit=2, before=first[-1].id)] == [ids[2], ids[1]]


def test_the_most_doubtful_sentence_comes_first_and_leaves_when_it_is_labelled(store):
    sentences = [Doubtful(text=f"Oslo met Riga {n}.", release="r", doubt=n / 10) for n in (1, 9, 5)]
    assert store.queue(sentences, annotator="ada") == 3
    assert store.queue(sentences, annotator="ada") == 0
    worst = store.next_to_label("ada")[0]
    assert worst.text == "Oslo met Riga 9."
    say(store, Item(text=worst.text, task="tone"), "cooperative")
    assert store.next_to_label("ada")[0].text == worst.text
    say(store, Item(text=worst.text, task="sentiment"), "neutral")
    assert store.next_to_label("ada")[0].text == "Oslo met Riga 5."
    assert store.next_to_label("ben")[0].text == worst.text


def test_a_file_of_an_older_version_is_brought_up_to_date(store):
    store.path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(store.path) as connection:
        for statement in MIGRATIONS[0]:
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 1")
        connection.execute(
            "INSERT INTO labels (made, annotator, origin, text, text_sha256, task, new)"
            " VALUES ('2020', 'ada', 'page', ?, ?, 'tone', 'critical')",
            (TEXT, TONE.text_sha256),
        )
    assert [label.new for label in store.standing()] == ["critical"]
    assert store.queue([Doubtful(text=TEXT, release="r", doubt=1.0)], annotator="ada") == 1


def test_a_file_of_a_newer_version_is_left_alone(store):
    say(store, TONE, "critical")
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(LabelError, match="version 99"):
        LabelStore(store.path, store.codebook).rows()


def test_a_file_that_is_none_is_told_in_words(store):
    store.path.parent.mkdir(parents=True, exist_ok=True)
    store.path.write_bytes(b"this is no database" * 100)
    with pytest.raises(LabelError, match="nothing was saved"):
        say(store, TONE, "critical")


WRITER = textwrap.dedent("""
    import sys
    from diplotone.model.codebook import Codebook
    from diplotone.serve.label_types import Item, NewLabel
    from diplotone.serve.labels import LabelStore
    name, n = sys.argv[1], int(sys.argv[2])
    store = LabelStore.at_home(Codebook.load())
    for number in range(n):
        item = Item(text=f"Oslo met Riga, said {name}, {number} times.", task="tone")
        (label,) = store.add([NewLabel(item=item, new="cooperative")], annotator=name, release=None, origin="t")
        print(label.id, flush=True)
""")


def writer(name: str, n: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, name, str(n)], stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    )


def test_several_processes_write_at_once_into_a_new_file(store):
    writers = [writer(f"w{number}", 15) for number in range(4)]
    told = [int(line) for process in writers for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in writers] == [0] * 4
    assert len(told) == len(set(told)) == 60
    assert {label.id for label in store.standing()} == set(told)
    assert store.annotators() == {f"w{number}": 15 for number in range(4)}


def test_no_label_that_was_told_saved_is_lost_when_writers_are_killed(store):
    told: set[int] = set()
    for round_number in range(3):
        writers = [writer(f"k{round_number}{number}", 10_000) for number in range(2)]
        for process in writers:  # each has saved something before it dies
            assert process.stdout is not None
            told.add(int(process.stdout.readline()))
        time.sleep(0.05 + 0.1 * round_number)
        for process in writers:
            process.send_signal(signal.SIGKILL)
        for process in writers:
            assert process.stdout is not None
            told |= {int(line) for line in process.stdout if line.endswith("\n")}
            process.wait(timeout=20)
            process.stdout.close()
    kept = {label.id for label in store.standing()}
    assert len(told) > 6
    assert told <= kept
    assert len(kept - told) <= 6  # saved, and killed before it could say so
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
