"""The label store: what was saved stays, whoever writes at once and whoever is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time

import pytest

from diplotone.serve import label_database, labels
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


def test_what_somebody_stood_by_before_is_told(store):
    first = say(store, TONE, "critical")
    assert store.before([first]) == {}
    again, otherwise = say(store, TONE, "critical"), say(store, TONE, "hostile")
    say(store, TONE, "neutral", "ben")
    undoing = store.undo(otherwise.id, annotator="ada")
    last = say(store, TONE, "neutral")
    before = store.before([first, again, otherwise, undoing, last])
    assert {number: label.id for number, label in before.items()} == {
        again.id: first.id,
        otherwise.id: again.id,  # which stood then, whatever was undone since
        last.id: again.id,
    }


def test_labels_of_several_are_brought_in_one_piece(store):
    say(store, TONE, "critical", "ada")
    given = [
        ("ada", NewLabel(item=TONE, new="critical")),
        (" ada ", NewLabel(item=TONE, new="hostile")),
        ("ben", NewLabel(item=TONE, new="neutral")),
    ]
    for bad in (("x" * 101, NewLabel(item=TONE, new="neutral")), ("cleo", NewLabel(item=TONE, new="angry"))):
        with pytest.raises(LabelError):
            store.bring([*given, bad], origin="a.json")
    with pytest.raises(LabelError, match="10,001; at most 10,000"):
        store.bring(given[:1] + [(f"p{n}", given[0][1]) for n in range(10_000)], origin="a.json")
    assert len(store.rows()) == 1
    brought = store.bring(given, origin="a.json")
    assert [(label.annotator, label.new) for label in brought.added] == [
        ("ada", "hostile"),
        ("ben", "neutral"),
    ]
    assert brought.repeated == (given[0],)


def test_a_bringing_that_breaks_off_leaves_nothing(store, monkeypatch):
    say(store, TONE, "critical", "ada")
    genuine = labels._insert

    def breaks(connection, item, **fields):
        if fields["annotator"] == "cleo":
            raise sqlite3.OperationalError("disk I/O error")
        return genuine(connection, item, **fields)

    monkeypatch.setattr(labels, "_insert", breaks)
    with pytest.raises(LabelError, match="nothing was saved"):
        store.bring([(who, NewLabel(item=TONE, new="neutral")) for who in ("ben", "cleo")], origin="a.json")
    assert [label.annotator for label in store.rows()] == ["ada"]


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


def test_one_text_written_in_two_ways_is_one_question_and_settled_for_both(store):
    other = Item(text="OSLO  accused Riga of theft.", task="tone")
    say(store, TONE, "critical", "ada")
    say(store, other, "hostile", "ben")
    say(store, Item(text=TEXT, task="stance", source=(0, 4), target=(13, 17)), "opposed", "ada")
    say(store, Item(text=other.text, task="stance", source=(0, 4), target=(14, 18)), "neutral", "ben")
    tone, stance = store.contradictions()
    assert [label.item for label in tone.labels] == [TONE, other]
    assert {label.new for label in stance.labels} == {"opposed", "neutral"}, "one pair, a character further"
    store.settle(NewLabel(item=other, new="neutral"), annotator="cleo", origin="page")
    assert [found.item.task for found in store.contradictions()] == ["stance"]
    last = store.settle(NewLabel(item=TONE, new="hostile"), annotator="dee", origin="page")
    assert store.settled()[other.question] == last, "whoever settles last, in whichever writing"


def test_one_person_who_labels_two_writings_of_a_text_differently_is_shown(store):
    say(store, TONE, "critical")
    say(store, Item(text=TEXT.upper(), task="tone"), "hostile")
    (found,) = store.contradictions()
    assert [(label.annotator, label.new) for label in found.labels] == [
        ("ada", "critical"),
        ("ada", "hostile"),
    ]


def test_labels_that_another_codebook_lacks_stay_and_count_no_more(store, other_codebook):
    store.queue([Doubtful(text=TEXT, release="r", doubt=1.0)], annotator="ada")
    say(store, TONE, "critical", "ada")
    say(store, Item(text=TEXT, task="sentiment"), "negative", "ada")
    say(store, TONE, "hostile", "ben")
    store.settle(NewLabel(item=TONE, new="critical"), annotator="cleo", origin="page")
    other = LabelStore(store.path, other_codebook)
    assert [label.new for label in other.rows()] == ["critical", "hostile", "negative", "critical"]
    assert [label.new for label in other.standing()] == ["critical", "negative", "hostile"]
    assert [label.new for label in other.known()] == ["negative", "hostile"]
    assert store.next_to_label("ada") == []
    assert [sentence.text for sentence in other.next_to_label("ada")] == [TEXT], "which is asked again"
    assert other.settled() == {}
    assert other.contradictions() == [], "nobody disagrees with ben in the labels that there are now"
    with pytest.raises(LabelError, match="nothing to settle"):
        other.settle(NewLabel(item=TONE, new="neutral"), annotator="cleo", origin="page")
    assert other.undo(1, annotator="ada").old == "critical"


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


# ------------------------------------------------------------------- files of older versions

OLD_LABEL = (
    "INSERT INTO labels (id, made, annotator, release, origin, text, text_sha256, task, source_start, source_end,"
    " target_start, target_end, old, new, note, undoes)"
    " VALUES (?, '2020', ?, 'r@1', 'page', ?, ?, 'stance', 0, 4, 13, 17, 'neutral', ?, 'a note', ?)"
)


def write_version(path, version: int) -> None:
    """A file as that version left it: a label, one that is undone, and a sentence that waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        digest = STANCE.text_sha256
        if version >= 1:
            connection.execute(OLD_LABEL, (1, "ada", TEXT, digest, "opposed", None))
            connection.execute(OLD_LABEL, (2, "ben", TEXT, digest, "neutral", None))
            connection.execute(OLD_LABEL, (3, "ben", TEXT, digest, None, 2))
        if version >= 2:
            connection.execute(
                "INSERT INTO sentences VALUES (?, 'Suva met Apia.', '2020', 'ada', 'r@1', 0.5)",
                (Item(text="Suva met Apia.", task="tone").text_sha256,),
            )


def schema(path) -> tuple[int, list[tuple[str, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


@pytest.mark.parametrize("version", range(len(MIGRATIONS) + 1))
def test_a_file_of_any_older_version_is_brought_up_to_date_with_all_that_it_held(store, version, tmp_path):
    write_version(store.path, version)
    opened = LabelStore(store.path, store.codebook)
    old = opened.history()
    new = LabelStore(tmp_path / "new.sqlite3", store.codebook)
    new.rows()
    assert schema(store.path) == schema(new.path), "as a file that was made today"
    assert schema(store.path)[0] == len(MIGRATIONS)
    if version >= 1:
        assert [(row.id, row.annotator, row.new, row.undoes, row.undone) for row in old] == [
            (1, "ada", "opposed", None, False), (2, "ben", "neutral", None, True), (3, "ben", None, 2, False),
        ]  # fmt: skip
        assert {(row.made, row.release, row.origin, row.old, row.note, row.settles) for row in old} == {
            ("2020", "r@1", "page", "neutral", "a note", False)
        }
        assert {row.item for row in old} == {STANCE}
        assert [row.id for row in opened.standing()] == [1]
    if version >= 2:
        assert [(s.text, s.release, s.doubt) for s in opened.next_to_label("ada")] == [
            ("Suva met Apia.", "r@1", 0.5)
        ]
    say(opened, STANCE, "opposed", "ada")
    said = say(opened, STANCE, "neutral", "cleo")
    assert said.id == len(old) + 2, "numbers go on"
    settled = opened.settle(NewLabel(item=STANCE, new="neutral"), annotator="dee", origin="page")
    opened.undo(settled.id, annotator="dee")
    assert opened.queue([Doubtful(text=TEXT, release="r@2", doubt=1.0)], annotator="ada") == 1
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        for statement in ("DELETE FROM labels", "UPDATE labels SET new = 'neutral'"):
            with pytest.raises(sqlite3.DatabaseError, match="never"):
                connection.execute(statement)


@pytest.mark.parametrize("step", range(len(MIGRATIONS)))
def test_a_step_that_breaks_off_leaves_the_file_as_it_was(store, step, monkeypatch):
    write_version(store.path, step)
    before = schema(store.path)
    broken = [*MIGRATIONS]
    broken[step] = (*MIGRATIONS[step], "INSERT INTO nowhere VALUES (1)")
    with monkeypatch.context() as patch:
        patch.setattr(label_database, "MIGRATIONS", tuple(broken))
        with pytest.raises(LabelError, match="nowhere"):
            LabelStore(store.path, store.codebook).rows()
    assert schema(store.path) == before
    assert len(LabelStore(store.path, store.codebook).history()) == (3 if step else 0)


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
