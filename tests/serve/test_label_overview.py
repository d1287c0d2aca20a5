"""What is told of the whole store after a label: right whoever wrote it, and as quick in a large store as a small."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from diplotone.serve.agreement import Tally, units
from diplotone.serve.label_database import LabelDatabase
from diplotone.serve.label_types import Item, LabelError, NewLabel, contradictions
from diplotone.serve.labels import LabelStore

TONES = ("hostile", "critical", "neutral")
PEOPLE = ("ada", "ben", "cleo")
WRITINGS = ("Oslo met Riga {} times.", "OSLO MET RIGA {} TIMES.", "Oslo  met Riga {} times. ")
"""Of one text: letter case and white space make no other."""


def say(store: LabelStore, text: str, new: str, annotator: str) -> int:
    given = NewLabel(item=Item(text=text, task="tone"), new=new)
    return store.add([given], annotator=annotator, release=None, origin="labelling")[0].id


def told(store: LabelStore) -> tuple[object, ...]:
    return store.contradictions(), store.n_settled(), store.annotators(), store.agreement()


def reckoned(store: LabelStore) -> tuple[object, ...]:
    """The same from all labels that stand."""
    standing, known, settled = store.standing(), store.known(), store.settled()
    counts = Counter(label.annotator for label in standing)
    return (
        [found for found in contradictions(known) if found.item.question not in settled],
        len(settled),
        dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))),
        Tally(units(known)).agreement(store.codebook),
    )


def test_it_follows_whatever_is_written_by_whomever(tmp_path, codebook):
    chance = random.Random(3)
    one, other = (LabelStore(tmp_path / "labels.sqlite3", codebook) for _ in range(2))
    kinds: Counter[str] = Counter()
    for _ in range(200):
        writer, text = chance.choice((one, other)), chance.choice(WRITINGS).format(chance.randrange(6))
        kind = chance.choice(("say", "say", "settle", "undo"))
        try:
            if kind == "say":
                say(writer, text, chance.choice(TONES), chance.choice(PEOPLE))
            elif kind == "settle":
                label = NewLabel(item=Item(text=text, task="tone"), new=chance.choice(TONES))
                writer.settle(label, annotator="dee", origin="labelling")
            else:
                writer.undo(chance.randrange(1, 200), annotator="dee")
            kinds[kind] += 1
        except LabelError:  # nothing to settle, or to undo
            continue
        assert told(one) == reckoned(one)
    assert min(kinds.values()) > 10
    assert told(other) == reckoned(other)


def test_a_store_that_was_put_back_from_an_older_copy_is_read_anew(tmp_path, codebook):
    path = tmp_path / "labels.sqlite3"
    store = LabelStore(path, codebook)
    for number, who in enumerate(PEOPLE):
        say(store, "Oslo met Riga.", TONES[number], who)
    assert len(store.contradictions()) == 1
    for file in tmp_path.iterdir():
        file.unlink()
    say(LabelStore(path, codebook), "Suva met Apia.", "neutral", "eve")
    assert told(store) == ([], 0, {"eve": 1}, reckoned(store)[3])


@pytest.fixture
def steps(monkeypatch) -> Callable[[], int]:
    """How many instructions SQLite has carried out for the stores of this test, in tens."""
    count = 0

    def another() -> int:
        nonlocal count
        count += 1
        return 0

    genuine = LabelDatabase.connection

    @contextmanager
    def counting(database: LabelDatabase) -> Iterator[object]:
        with genuine(database) as connection:
            connection.set_progress_handler(another, 10)
            yield connection

    monkeypatch.setattr(LabelDatabase, "connection", counting)
    return lambda: count


def test_a_save_costs_no_more_in_a_large_store(tmp_path, codebook, steps):
    cost = {}
    for n in (30, 3_000):
        store = LabelStore(tmp_path / f"{n}.sqlite3", codebook)
        for who in PEOPLE[:2]:
            labels = [
                NewLabel(item=Item(text=f"Oslo met Riga {k} times.", task="tone"), new="neutral")
                for k in range(n)
            ]
            store.add(labels, annotator=who, release=None, origin="labelling")
        first = steps()
        assert told(store)[:3] == ([], 0, {"ada": n, "ben": n})
        assert steps() - first > n  # all of it is read once
        before = steps()
        number = say(store, "Oslo met Riga 7 times.", "hostile", "cleo")
        assert [found.labels[-1].id for found in told(store)[0]] == [number]
        store.settle(
            NewLabel(item=Item(text="Oslo met Riga 7 times.", task="tone"), new="neutral"),
            annotator="dee",
            origin="labelling",
        )
        assert told(store)[:2] == ([], 1)
        store.undo(number, annotator="cleo")
        assert len(store.given(["Oslo met Riga 7 times."])) == 1
        cost[n] = steps() - before
    assert 0 < cost[3_000] < 1.5 * cost[30]
