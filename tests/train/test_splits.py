from __future__ import annotations

from collections import Counter

from diplotone.model.records import Record, text_id
from diplotone.train.splits import assign, leaks, near_duplicates


def _record(text, **fields):
    return Record(text=text, id=text_id(text), **fields)


UNRELATED = [
    f"{word} sank quietly near the {word} lighthouse after {word} left" for word in "abcdefghijklmnopqrst"
]


def test_a_changed_word_is_a_near_duplicate_and_another_sentence_is_not():
    texts = [
        "Suva praised Apia for the new ferry deal on Monday evening in the harbour.",
        "The minister of fisheries resigned after the audit of the northern fleet was leaked.",
        "Suva praised Apia for the new ferry deal on Friday evening in the harbour.",
    ]
    assert list(near_duplicates(texts)) == [(0, 2)]


def test_near_duplicates_and_groups_stay_on_one_side():
    records = [_record(text) for text in UNRELATED]
    records += [
        _record("Quito did not bomb the harbour of Lima on Friday.", group="contrast-1"),
        _record("An entirely different sentence about herring and pensions.", group="contrast-1"),
        _record("Quito did not bomb the harbour of Lima on Monday.", split="test"),
    ]
    splits = assign(records)
    assert {splits[record.id] for record in records[-3:]} == {"test"}


def test_a_split_once_given_stays():
    records = [_record(text, split="dev") for text in UNRELATED]
    assert set(assign(records).values()) == {"dev"}


def test_the_shares_are_kept():
    records = [_record(f"{n} {n + 1} {n + 2} ships") for n in range(3_000)]
    counts = Counter(assign(records).values())
    assert 0.77 < counts["train"] / 3_000 < 0.83
    assert 0.08 < counts["test"] / 3_000 < 0.12


def test_a_leak_is_found():
    one = _record("Quito did not bomb the harbour of Lima on Friday.", split="train")
    other = _record("Quito did not bomb the harbour of Lima on Monday.", split="test")
    assert leaks([one, other]) == [(one, other)]
    assert leaks([one, _record(UNRELATED[0], split="test")]) == []
