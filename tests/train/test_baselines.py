"""The simple methods beside a release."""

from __future__ import annotations

from pathlib import Path

import pytest

from diplotone.model.encoding import TooLong
from diplotone.model.records import Pair, Record
from diplotone.train.baselines import Vader, fit_linear
from diplotone.train.config import load_config

TINY = Path(__file__).resolve().parents[2] / "configs" / "tiny.toml"


@pytest.mark.parametrize(
    ("text", "sentiment", "tone", "stance"),
    [
        ("Lima warmly thanked Quito for the wonderful help.", "positive", "cooperative", "supportive"),
        ("Lima cruelly attacked Quito in a terrible war.", "negative", "critical", "opposed"),
        ("The strait is thirty kilometres wide.", "neutral", "neutral", "neutral"),
    ],
)
def test_vader_gives_the_sign_to_every_task_it_knows(codebook, text, sentiment, tone, stance):
    pairs = (Pair(source=None, target=(0, 4)),) * 2
    (found,) = Vader(codebook).predict([Record(text=text, id="1", pairs=pairs)])
    labels = {"sentiment": sentiment, "tone": tone}
    for task, label in labels.items():
        assert codebook[task].names[found.sentence[task].argmax()] == label
        assert found.sentence[task].sum() == pytest.approx(1)
    assert [codebook["stance"].names[pair["stance"].argmax()] for pair in found.pairs] == [stance] * 2


def test_the_linear_model_learns_its_sentences_and_keeps_their_order(codebook, eight_records):
    """On an untrained encoder: enough to tell eight sentences apart."""
    config = load_config(TINY, ["silent_pairs=0.0"])
    linear = fit_linear(codebook, config, eight_records, eight_records)
    long = Record(text="word " * 300, id="long", pairs=(Pair(source=None, target=(0, 4)),))
    first, too_long, *others = linear.predict([eight_records[0], long, *eight_records[1:]])
    assert isinstance(too_long, TooLong)
    for record, found in zip(eight_records, [first, *others], strict=True):
        assert codebook["sentiment"].names[found.sentence["sentiment"].argmax()] == record.sentiment
        assert codebook["act"].names[found.pairs[0]["act"].argmax()] == record.pairs[0].act
        assert found.pairs[0]["act"].sum() == pytest.approx(1)
