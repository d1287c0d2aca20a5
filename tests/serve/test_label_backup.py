"""The labels outlive a damaged file: copied by themselves, checked, and put back."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from diplotone.serve.label_backup import KEPT, back_up, fault_of, make_sound
from diplotone.serve.label_types import Item, NewLabel, StoreFailed
from diplotone.serve.labels import LabelStore


@pytest.fixture
def store(own_home, codebook):
    return LabelStore.at_home(codebook)


def say(store: LabelStore, *numbers: int) -> None:
    labels = [
        NewLabel(item=Item(text=f"Oslo met Riga {n} times.", task="tone"), new="neutral") for n in numbers
    ]
    store.add(labels, annotator="ada", release=None, origin="page")


def texts(store: LabelStore) -> list[str]:
    return [label.item.text for label in store.standing()]


def one_file(store: LabelStore) -> Path:
    """The store with its log written back, so that what is damaged is what is read."""
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return store.path


def test_the_last_three_copies_are_kept_and_none_is_made_of_nothing_new(store):
    assert back_up(store.path) is None
    for number in range(5):
        say(store, number)
        assert back_up(store.path) is not None
        assert back_up(store.path) is None
    copies = sorted((store.path.parent / "backups").glob("*.sqlite3"))
    assert [copy.name for copy in copies] == [f"labels-{n}.sqlite3" for n in (3, 4, 5)]
    assert len(copies) == KEPT
    assert texts(LabelStore(copies[-1], store.codebook)) == texts(store)


def test_a_sound_store_is_left_alone(store):
    assert make_sound(store.path) is None
    say(store, 1)
    assert make_sound(store.path) is None
    assert texts(store) == ["Oslo met Riga 1 times."]


def test_damage_anywhere_is_found_or_does_no_harm(store):
    """A byte in every part of the file: found by the check, or the labels are as they were."""
    say(store, *range(60))
    path, chance = one_file(store), random.Random(1)
    whole, before = path.read_bytes(), store.standing()
    found = 0
    for _ in range(80):
        data = bytearray(whole)
        at = chance.randrange(len(data))
        data[at : at + 40] = chance.randbytes(40)
        path.write_bytes(data)
        if fault_of(path) is not None:
            found += 1
            continue
        after = LabelStore(path, store.codebook).standing()
        assert [label.item for label in after] == [label.item for label in before]
    assert found > 20  # the rest hit free space, notes or names


def test_a_damaged_store_is_put_back_and_what_came_after_the_copy_is_read_out_of_it(store):
    say(store, *range(40))
    back_up(store.path)
    say(store, 40, 41, 42)
    path = one_file(store)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"Oslo met Riga 7 times")
    data[at : at + 4] = b"Lima"
    path.write_bytes(data)
    line = make_sound(path)
    assert line is not None
    assert "\n" not in line
    assert "40 rows, and 3 later ones" in line
    assert texts(LabelStore(path, store.codebook)) == [f"Oslo met Riga {n} times." for n in range(43)]
    assert fault_of(path) is None
    assert path.with_name("labels-damaged-1.sqlite3").read_bytes() == data


def test_what_is_no_database_any_more_is_put_back(store):
    say(store, 1, 2)
    back_up(store.path)
    one_file(store).write_bytes(b"\0" * 20_000)
    assert "put back" in (make_sound(store.path) or "")
    assert len(texts(LabelStore(store.path, store.codebook))) == 2


def test_a_damaged_copy_is_passed_over(store):
    say(store, 1)
    back_up(store.path)
    say(store, 2)
    newest = back_up(store.path)
    assert newest is not None
    newest.write_bytes(b"no copy" * 1_000)
    one_file(store).write_bytes(b"no database" * 1_000)
    assert "labels-1.sqlite3" in (make_sound(store.path) or "")


def test_damage_without_a_copy_is_told_and_nothing_is_touched(store):
    say(store, 1)
    one_file(store).write_bytes(b"no database" * 1_000)
    with pytest.raises(StoreFailed, match="has no sound copy"):
        make_sound(store.path)
    assert store.path.read_bytes() == b"no database" * 1_000
