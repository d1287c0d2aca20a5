from __future__ import annotations

import json

import pytest

from diplotone.model.errors import RecordError
from diplotone.train.agreement import agreements, as_table
from diplotone.train.corpus import data_folder


def _write(folder, second_pairs):
    first = {"sentiment": "negative", "tone": "hostile", "pairs": [{"stance": "opposed", "act": "ACCUSE"}]}
    second = {"sentiment": "negative", "tone": "critical", "pairs": second_pairs}
    rows = {
        "written": first | {"id": "a"},
        "real": first | {"id": "b"},
        "labellings": {"id": "a", "first": first, "second": second},
    }
    for name, row in rows.items():
        (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")


def test_only_what_was_labelled_twice_counts(codebook, tmp_path):
    _write(tmp_path, [{"stance": "opposed", "act": "REJECT"}])
    found = agreements(codebook, tmp_path)
    assert list(found) == ["written"]
    by_task = {a.task.name: a for a in found["written"]}
    assert by_task["tone"].confusions() == [("hostile", "critical", 1)]
    assert by_task["act"].confusions() == [("ACCUSE", "REJECT", 1)]
    assert by_task["stance"].n == 1


def test_a_second_labelling_that_does_not_fit_is_an_error(codebook, tmp_path):
    _write(tmp_path, [])
    with pytest.raises(RecordError, match="a has 1 pairs in the first labelling and 0 in the second"):
        agreements(codebook, tmp_path)


@pytest.mark.slow
def test_the_data_card_shows_the_agreement(codebook):
    """`diplotone-train data-card` brings it up to date."""
    card = (data_folder() / "README.md").read_text(encoding="utf-8")
    assert as_table(codebook) in card
