"""What happens to labels when countries change places, told by stand-ins that are fair or biased on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pytest

from diplotone.model.analyzer import Prediction
from diplotone.model.article.exchange import Exchange
from diplotone.model.codebook import Codebook
from diplotone.model.errors import ConfigError
from diplotone.model.records import Pair, Record
from diplotone.train.config import TrainConfig
from diplotone.train.fairness import as_metrics, country_swap, roles_exchanged, swapped, with_roles_exchanged
from diplotone.train.release_gates import LEAST_LABELS, broken_gates

TEXTS = [
    "Peru praised Chile for its harbour rules.",
    "On Monday the Chilean minister met a Peruvian envoy in Lima.",
    "Fiji accused Tonga of taking fish.",
    "Nobody was there.",
]


@dataclass
class StandIn:
    """Answers by a rule instead of a network: a sentence for which the rule holds is hostile, and its pairs opposed."""

    codebook: Codebook
    rule: object

    def predict(self, records):
        return [self._answer(record) for record in records]

    def _answer(self, record):
        def sure(task, label):
            found = np.full(len(self.codebook[task]), 0.01, np.float32)
            found[self.codebook[task].index(label)] = 0.9
            return found

        bad = self.rule(record)
        tone, stance = ("hostile", "opposed") if bad else ("cooperative", "supportive")
        return Prediction(
            sentence={"tone": sure("tone", tone)},
            pairs=tuple({"stance": sure("stance", stance)} for _ in record.pairs),
        )


def _records(repeat=1):
    return [Record(text=text, id=f"{n} {k}") for k in range(repeat) for n, text in enumerate(TEXTS)]


def test_one_who_does_not_read_names_changes_nothing(codebook):
    found = country_swap(StandIn(codebook, lambda record: "accused" in record.text), _records())
    assert found.sentences == 3
    assert found.changes.all.n == 9
    assert found.flips == found.changes.all.mean_dp == found.largest_z == 0


def test_one_who_dislikes_a_state_is_found_out(codebook):
    """The disliked state, and no other, lies beyond three standard deviations, on the unfriendly side."""
    disliked = Exchange().replacements[7]
    name = re.compile(rf"\b{re.escape(Exchange().states[disliked].name)}\b")
    records = [Record(text="Peru praised Chile.", id=str(n)) for n in range(700)]
    found = country_swap(StandIn(codebook, lambda record: bool(name.search(record.text))), records)
    assert found.far == (disliked,)
    assert found.z[disliked] == pytest.approx(-found.largest_z)
    assert found.largest_state == disliked
    assert 0 < found.flips < 0.05
    assert list(found.changes.by_task) == ["tone"]


def test_what_is_told_of_others_names_none_of_the_first(codebook):
    told = list(swapped(_records(), seed=3))
    assert len(told) == 9
    exchange = Exchange()
    for before, after, states in told:
        assert set(exchange.codes(after.text)) == set(states)
        assert not set(exchange.codes(before.text)) & set(states)


def _pair(text, source, target, codes):
    def span(name):
        return text.index(name), text.index(name) + len(name)

    pair = Pair(source=span(source), target=span(target), source_code=codes[0], target_code=codes[1])
    return Record(text=text, id=text, pairs=(pair,))


def test_two_states_change_places_and_the_pair_stays_where_it_is():
    record = _pair(TEXTS[0], "Peru", "Chile", ("PER", "CHL"))
    ((before, after),) = with_roles_exchanged([record, Record(text=TEXTS[3], id="x")])
    assert before == record
    assert after.text == "Chile praised Peru for its harbour rules."
    (pair,) = after.pairs
    assert after.text[slice(*pair.source)] == "Chile"
    assert (pair.source_code, pair.target_code) == ("CHL", "PER")


@pytest.mark.parametrize(
    ("rule", "share"),
    [(lambda record: "praised" in record.text, 0.0), (lambda record: record.text.startswith("Peru"), 1.0)],
    ids=["reads the verb", "knows who is bad"],
)
def test_direction_must_follow(codebook, rule, share):
    records = [_pair(TEXTS[0], "Peru", "Chile", ("PER", "CHL"))]
    found = roles_exchanged(StandIn(codebook, rule), records)
    assert (found.all.n, found.all.share) == (1, share)


def test_gates_say_what_is_exceeded(codebook):
    fair = StandIn(codebook, lambda record: False)
    figures = as_metrics(country_swap(fair, _records(repeat=80)), roles_exchanged(fair, []))
    assert figures["swap_labels"] >= LEAST_LABELS
    assert figures["swap_flips_interval"] == [0, 0]
    assert not list(broken_gates(figures, {"swap_flips": 0.0, "swap_dp": 0.0, "role_flips": 0.0}))
    (told,) = broken_gates(figures | {"swap_flips": 0.0612}, {"swap_flips": 0.05, "swap_dp": 0.1})
    assert (
        told == "The share of labels that change when states are exchanged is 6.12%; the recipe allows 5.00%."
    )
    few = figures | {"swap_flips": 0.5, "swap_labels": LEAST_LABELS - 1}
    assert not list(broken_gates(few, {"swap_flips": 0.05}))


@pytest.mark.parametrize("gates", [{"flips": 0.1}, {"swap_flips": -0.1}, {"swap_dp": "low"}])
def test_a_gate_must_make_sense(gates):
    with pytest.raises(ConfigError, match=r"gates"):
        TrainConfig(gates=gates)
