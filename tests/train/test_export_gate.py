"""What may be served in fp32's place: the gate, on engines that answer as they are told to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from diplotone.model.encoding import Batch, EncodedSentence, SentenceEncoder
from diplotone.model.engine import OpenVinoEngine, TorchEngine
from diplotone.model.reading import Reading
from diplotone.model.records import Pair, Record
from diplotone.model.release import MANIFEST, open_release, seal
from diplotone.train.config import load_config
from diplotone.train.export import export
from diplotone.train.export_gate import Gate, Limits
from diplotone.train.release_writing import _sentences_to_export
from diplotone.train.warm_start import refused_forms

N = 2_100
RARE, RARER = range(0, 200), range(300, 350)
"""Sentences with an act that 200 have, and with one that 50 have."""

Answer = Callable[[str, int], int]
"""What is answered to a task of a sentence, by the sentence's number."""


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(
        Tokenizer(WordLevel({"[PAD]": 0}, "[PAD]")), Reading(max_tokens=32, spelling=False, stand_ins=False)
    )


@pytest.fixture(scope="module")
def truth(codebook) -> Answer:
    def right(task: str, n: int) -> int:
        if task == "act":
            return 0 if n in RARE else 1 if n in RARER else 2 + n % (len(codebook["act"]) - 2)
        return n % len(codebook[task])

    return right


@pytest.fixture(scope="module")
def compared(codebook, truth) -> list[tuple[Record, EncodedSentence]]:
    """Sentences whose second token is their number."""

    def named(task: str, n: int) -> str:
        return codebook[task].names[truth(task, n)]

    return [
        (
            Record(
                id=f"r{n}",
                text=f"Oslo met Riga {n} times.",
                sentiment=named("sentiment", n),
                tone=named("tone", n),
                pairs=(Pair(source=(0, 4), target=(9, 13), stance=named("stance", n), act=named("act", n)),),
            ),
            EncodedSentence(ids=[1, n, *[2] * (n % 20 + 2)], pairs=[((0, 1), (2, 3))]),
        )
        for n in range(N)
    ]


class Told:
    """An engine that gives the answers that it is told."""

    name, precision = "told", "f32"

    def __init__(self, codebook, answer: Answer, *, by_neighbours: float = 0.0) -> None:
        self._codebook, self._answer, self._by_neighbours = codebook, answer, by_neighbours

    def run(self, batch: Batch) -> dict[str, np.ndarray]:
        found = {}
        for task in self._codebook:
            logits = np.zeros((len(batch.input_ids), len(task)), np.float32)
            for row, n in enumerate(batch.input_ids[:, 1]):
                logits[row, self._answer(task.name, int(n))] = 2 + self._by_neighbours * len(batch.input_ids)
            found[task.name] = logits if task.level == "sentence" else logits[:, None]
        return found

    def run_and_embed(self, batch: Batch):
        return self.run(batch), None


@pytest.fixture(scope="module")
def fp32(codebook, truth) -> Told:
    return Told(codebook, lambda task, n: (truth(task, n) + (n % 10 == 9)) % len(codebook[task]))


@pytest.fixture(scope="module")
def gate(codebook, encoder, compared, fp32) -> Gate:
    return Gate(codebook, encoder, compared, fp32)


def otherwise(codebook, fp32: Told, changed: Callable[[str, int], int | None]) -> Told:
    """fp32's answers but for those that are changed."""

    def answer(task: str, n: int) -> int:
        new = changed(task, n)
        return fp32._answer(task, n) if new is None else new

    return Told(codebook, answer)


def test_the_same_answers_pass(gate, fp32):
    kept = gate.measure(fp32)
    assert gate.n == dict.fromkeys(("sentiment", "tone", "stance", "act"), N)
    assert gate.too_few(Limits()) is None
    assert kept.faults(Limits()) == []
    assert set(kept.agreement.values()) == {1.0}
    assert set(kept.f1_loss.values()) == {0.0}
    assert kept.drift == 0


def test_one_label_in_fifty_is_too_many(gate, fp32, codebook):
    flips = otherwise(
        codebook,
        fp32,
        lambda task, n: (fp32._answer(task, n) + 1) % len(codebook[task]) if n % 50 == 0 else None,
    )
    faults = gate.measure(flips).faults(Limits())
    for task in codebook:
        assert f"{task.name}: 98.00% of the labels are fp32's; 99.00% are needed" in faults


def test_labels_that_turn_to_the_better_are_no_loss(gate, fp32, codebook, truth):
    better = otherwise(codebook, fp32, lambda task, n: truth(task, n) if n < 200 else None)
    kept = gate.measure(better)
    assert kept.faults(Limits()) == []
    assert all(loss < 0 for loss in kept.f1_loss.values())
    assert min(kept.agreement.values()) == pytest.approx(1 - 20 / N)


def test_a_task_that_falls_as_a_whole_is_told(gate, fp32, codebook, truth):
    """Twenty right answers of one tone turn: less than 1 % of the labels, more than .003 of macro-F1."""
    turned = [n for n in range(N) if truth("tone", n) == 4 == fp32._answer("tone", n)][:20]
    worse = otherwise(codebook, fp32, lambda task, n: 0 if task == "tone" and n in turned else None)
    kept = gate.measure(worse)
    assert kept.agreement["tone"] > 0.99
    assert any(fault.startswith("tone: macro-F1 falls by 0.0") for fault in kept.faults(Limits()))
    assert not any(fault.startswith(("sentiment", "stance", "act")) for fault in kept.faults(Limits()))


def test_one_label_that_is_lost_is_told_where_the_task_as_a_whole_is_not_worse(gate, fp32, codebook):
    lost = otherwise(codebook, fp32, lambda task, n: 5 + n if task == "act" and n in RARE[:10:2] else None)
    kept = gate.measure(lost)
    assert kept.agreement["act"] > 0.99
    assert kept.f1_loss["act"] < 0.003
    (fault,) = kept.faults(Limits())
    assert fault.startswith(f"act: the F1 of {codebook['act'].names[0]} falls by 0.01")
    assert fault.endswith("0.0100 is allowed")


@pytest.mark.parametrize(("n_lost", "passes"), [(1, True), (3, False)])
def test_of_a_label_that_few_have_one_may_be_lost(gate, fp32, codebook, n_lost, passes):
    lost = otherwise(codebook, fp32, lambda task, n: 5 if task == "act" and n in RARER[:n_lost] else None)
    kept = gate.measure(lost)
    assert kept.class_loss["act"][codebook["act"].names[1]] > 0.01 * n_lost
    assert (kept.faults(Limits()) == []) is passes


def test_answers_that_hang_on_the_batch_are_told(gate, fp32, codebook):
    drifting = Told(codebook, fp32._answer, by_neighbours=0.01)
    (fault,) = gate.measure(drifting).faults(Limits())
    assert fault.startswith("what else is in a batch moves a probability by 0.")


def test_too_few_labels_say_nothing(codebook, encoder, compared, fp32):
    few = Gate(codebook, encoder, compared[:1_999], fp32)
    told = "there are only 1,999 labels of sentiment to compare; 2,000 are needed"
    assert few.too_few(Limits()) == told
    assert few.too_few(Limits(labels=1_999)) is None
    without_pairs = [(replace(r, pairs=()), replace(s, pairs=[])) for r, s in compared]
    assert "only 0 labels of stance" in (Gate(codebook, encoder, without_pairs, fp32).too_few(Limits()) or "")


def test_what_is_compared_is_not_what_quantises(encoder, compared):
    records = [record for record, _ in compared]
    measured, train = records[:50], [*records[50:400], records[0]]
    chosen, calibrating = _sentences_to_export(encoder, train, measured, 120)
    assert [record for record, _ in chosen[:50]] == measured
    assert len(chosen) == 120
    assert len({record.id for record, _ in chosen}) == 120
    assert len(calibrating) == 280
    chosen, calibrating = _sentences_to_export(encoder, measured, measured, 120)
    assert (len(chosen), calibrating) == (50, [])


@pytest.fixture
def exported(tiny_release, codebook, eight_records, tmp_path):
    """Exports the tiny network under limits, and its own encoder."""
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=256))
    network = TorchEngine(tiny_release)._network
    sentences = encoder.encode([r.text for r in eight_records], [r.pairs for r in eight_records])
    both = list(zip(eight_records, sentences, strict=True))

    def run(limits: Limits, **options):
        made = export(
            network,
            tmp_path,
            codebook,
            encoder,
            both[:6],
            sentences[6:],
            precision="f32",
            limits=limits,
            **options,
        )
        return made, encoder.collate(sentences)

    return run


def test_where_nothing_can_be_told_fp32_is_served(exported, tiny_release, tmp_path):
    made, batch = exported(Limits())
    assert (made.form, made.tried, made.kept) == ("fp32", {}, None)
    assert "there are only 6 labels" in made.untried
    assert sorted(path.name for path in tmp_path.iterdir()) == ["openvino_model.bin", "openvino_model.xml"]
    ours, theirs = OpenVinoEngine(tmp_path).run(batch), TorchEngine(tiny_release).run(batch)
    for task in theirs:
        np.testing.assert_allclose(ours[task], theirs[task], atol=1e-4)


@pytest.mark.slow
def test_a_form_that_does_not_pass_gives_way_to_the_next(exported):
    made, _ = exported(Limits(labels=1, agreement=0, f1_loss=1, class_loss=1, drift=1))
    assert made.form == "int8"
    made, _ = exported(Limits(labels=1, agreement=0, f1_loss=1, class_loss=1, drift=-1))
    assert made.form == "fp32"
    assert list(made.tried)[:2] == ["int8", "int8 weights"]
    assert made.untried is None


def test_a_form_that_a_release_before_was_refused_is_not_tried_again(exported, tiny_release, tmp_path):
    folder = shutil.copytree(tiny_release, tmp_path / "refused")
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics["served"] = {
        "form": "int8 weights",
        "tried": {"bf16": {}, "int8 weights": {}},
        "left_out": ["int8"],
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / MANIFEST).unlink()
    seal(folder, "refused")
    left_out = refused_forms(open_release(folder))
    assert left_out == {"int8", "bf16"}
    made, _ = exported(Limits(labels=1, agreement=0, f1_loss=1, class_loss=1, drift=1), left_out=left_out)
    assert (made.form, list(made.tried)) == ("int8 weights", ["int8 weights"])


def test_the_metrics_of_a_release_say_what_was_tried(tiny_release: Path):
    served = json.loads((tiny_release / "metrics.json").read_text())["served"]
    assert served["form"] == "int8"
    assert set(served["tried"]["int8"]) == {"agreement", "f1_loss", "class_loss", "drift"}
    assert "| tone | 4 |" in (tiny_release / "README.md").read_text()


def test_the_shipped_recipe_holds_to_the_limits():
    recipe = load_config()
    limits = (recipe.int8_labels, recipe.int8_agreement, recipe.int8_f1_loss, recipe.int8_class_loss)
    assert limits == (2_000, 0.99, 0.003, 0.01)
    assert Limits() == Limits(
        labels=limits[0], agreement=limits[1], f1_loss=limits[2], class_loss=limits[3], drift=2e-3
    )
