"""Wire copy that comes again is counted once; sentences that are merely alike are not copies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from diplotone.model.archive.copies import WORDS, copy_key
from diplotone.model.records import check_rows

ROOT = Path(__file__).resolve().parents[3]

FIRST = "Oslo won’t send 5 ships to Riga, the minister said."
LONG = " ".join(f"word{n}" for n in range(WORDS))


def key(codebook, text, **rest):
    (record,) = check_rows([{"text": text, **rest}], codebook).raise_for_faults()
    return copy_key(record)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (FIRST, "OSLO, Nov 29 (Reuters) - Oslo won't send 5 ships to Riga, the minister said"),
        (FIRST, "Oslo won't  send 5 ships\nto Riga – the minister said …"),
        (FIRST, FIRST.upper()),
        (LONG + " and the end.", LONG + ", cut"),
        ("ﬁne words", "Fine words!"),
    ],
)
def test_the_same_words_in_another_dress_are_a_copy(codebook, text, other):
    assert key(codebook, text) == key(codebook, other)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Quito will attack Lima.", "Quito will not attack Lima."),
        ("Quito will attack Lima.", "Quito will attack Lima?"),
        ("Quito will attack Lima.", "Lima will attack Quito."),
        ("Trade fell by 5 percent.", "Trade fell by 6 percent."),
        ("The balance was -5 points.", "The balance was 5 points."),
        ("Rao (Oslo) - they lied.", "Sun (Riga) - they lied."),
        ("…", "!"),
        (LONG[:-2], LONG),
    ],
)
def test_other_words_are_no_copy(codebook, text, other):
    assert key(codebook, text) != key(codebook, other)


def test_the_same_text_asked_about_others_is_no_copy(codebook):
    text = "Quito bombed Lima at dawn."
    asked = [
        key(codebook, text, pairs=[{"source": a, "target": b}])
        for a, b in (("Quito", "Lima"), ("Lima", "Quito"))
    ]
    assert len({key(codebook, text), *asked}) == 3


def test_no_two_sides_of_a_contrast_are_copies(codebook):
    """Most differ in a word or two and mean the opposite: a likeness of words would take them for copies."""
    lines = (ROOT / "train" / "data" / "contrast.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [(row["a"]["text"], row["b"]["text"]) for row in map(json.loads, lines)]
    pairs = [(a, b) for a, b in pairs if a != b]
    assert len(pairs) > 200
    assert [(a, b) for a, b in pairs if key(codebook, a) == key(codebook, b)] == []
    alike = sum(likeness(a, b) >= 0.8 for a, b in pairs)
    print(f"{alike} of {len(pairs)} share four words in five")  # noqa: T201
    assert alike > 20


def likeness(a: str, b: str) -> float:
    """Words in both, of the words in either: what MinHash estimates."""
    left, right = set(a.casefold().split()), set(b.casefold().split())
    return len(left & right) / len(left | right)


def test_copies_name_the_first_and_are_not_scored(tmp_path, score):
    texts = [
        "Quito bombed Lima.",
        "",
        "Oslo met Riga.",
        "QUITO bombed  Lima",
        "Quito bombed Lima!",
        "Oslo met Riga?",
    ]
    lines = [json.dumps({"id": f"r{n}", "text": text}) for n, text in enumerate(texts)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    outcome = score(tmp_path / "in.jsonl", tmp_path / "out.jsonl", once=True, rows_per_shard=2)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [(row["id"], row.get("copy_of"), "predicted" in row) for row in rows] == [
        ("r0", None, True),
        ("r2", None, True),
        ("r3", "r0", False),
        ("r4", "r0", False),
        ("r5", None, True),
    ]
    assert (outcome.scored, outcome.copies, outcome.rejected) == (3, 2, 1)
    score(tmp_path / "in.jsonl", tmp_path / "out.csv", once=True)
    header, *lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[header.split(",").index("copy_of")] for line in lines] == ["", "", "r0", "r0", ""]
