"""What to label next: the unsure first, no two alike, nothing that is labelled already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction, load
from diplotone.model.next_labels import suggest, uncertainty
from diplotone.model.record_files import read_records, write_jsonl
from diplotone.model.records import Record
from diplotone.train.__main__ import main


class Scripted:
    """Stands for an analyzer that is as unsure of a sentence as its id says."""

    def predict(self, records):
        return [
            Prediction(
                sentence={"tone": np.array([1 - float(r.id), float(r.id)], dtype=np.float32)}, pairs=()
            )
            for r in records
        ]


def test_uncertainty_is_0_when_sure_and_1_when_even():
    sure = Prediction(sentence={"tone": np.array([1, 0, 0], dtype=np.float32)}, pairs=())
    even = Prediction(sentence={"tone": np.full(3, 1 / 3, dtype=np.float32)}, pairs=())
    assert uncertainty(sure) == pytest.approx(0, abs=1e-6)
    assert uncertainty(even) == pytest.approx(1, abs=1e-6)
    pair = replace(sure, pairs=({"act": np.full(2, 0.5, dtype=np.float32)},))
    assert uncertainty(pair) == pytest.approx(0.5, abs=1e-6)


def test_the_unsure_come_first_and_copies_wait():
    records = [
        Record(id="0.5", text="Oslo accused Riga of stealing the herring."),
        Record(id="0.49", text="Oslo accused Riga of stealing all the herring."),
        Record(id="0.2", text="Hanoi met Vientiane for talks about a bridge."),
        Record(id="0.01", text="Minsk has a zoo."),
    ]
    found = suggest(Scripted(), records, 3)  # type: ignore[arg-type]
    assert [suggestion.record.id for suggestion in found] == ["0.5", "0.2", "0.49"]


def test_labelled_and_repeated_sentences_are_passed_over(tiny_release, eight_records, tmp_path, capsys):
    bare = [replace(r, tone=None, sentiment=None, pairs=(), id=f"{n}") for n, r in enumerate(eight_records)]
    archive, out = tmp_path / "archive.jsonl", tmp_path / "next.jsonl"
    write_jsonl([*eight_records[:3], *bare[3:], replace(bare[3], id="again")], archive)
    command = ["next", str(archive), "-n", "50", "--release", str(tiny_release)]
    assert main([*command, "-o", str(out)]) == 0
    analyzer = load(tiny_release)
    texts = [record.text for record in read_records(out, analyzer.codebook)]
    assert sorted(texts) == sorted(record.text for record in eight_records[3:])
    capsys.readouterr()
    assert main(command) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert main([*command, "-n", "0"]) == 2
