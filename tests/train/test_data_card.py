from __future__ import annotations

import pytest

from diplotone.model.errors import RecordError
from diplotone.train.corpus import data_folder
from diplotone.train.data_card import BEGIN, END, tables, update


def test_the_card_counts_what_is_there(codebook):
    """`diplotone-train data-card` brings it up to date."""
    card = (data_folder() / "README.md").read_text(encoding="utf-8")
    assert card == update(card, tables(codebook))


def test_the_counts_follow_the_data(codebook, tmp_path):
    pair = '{"source": [0, 5], "target": [7, 11], "stance": "opposed", "act": "ACCUSE"}'
    line = '{"text": "Quito blamed Lima.", "sentiment": "negative", "tone": "critical", "pairs": [%s], '
    (tmp_path / "written.jsonl").write_text(
        line % pair + '"register": "wire", "hard": true, "split": "train"}\n'
    )
    (tmp_path / "real.jsonl").write_text(line % "" + '"source": "s", "split": "dev"}\n')
    counted = tables(codebook, tmp_path)
    assert "| without a pair | 0 | 1 |" in counted
    assert "| critical | 1 | 100.0% | 1 | 100.0% |" in counted
    assert "| ACCUSE | 1 | 100.0% |" in counted


def test_a_card_without_marks_is_refused():
    with pytest.raises(RecordError, match="lacks the marks"):
        update("no marks", "x")
    assert update(f"a {BEGIN} old {END} b", "new") == f"a {BEGIN}\nnew\n{END} b"
