from __future__ import annotations

import random

from diplotone.model.records import check_rows
from diplotone.train.augment import misspelt, other_tellings, with_silent_pairs


def _records(codebook, *rows):
    return check_rows(rows, codebook).raise_for_faults()


def test_pairs_that_nothing_is_said_of_are_neutral_and_none(codebook):
    (record,) = _records(
        codebook,
        {
            "text": "Fiji thanked Tonga while Samoa looked on.",
            "pairs": [{"source": "Fiji", "target": "Tonga", "stance": "supportive", "act": "SUPPORT"}],
        },
    )
    (told,) = with_silent_pairs([record])
    ends = {(told.text[slice(*p.source)], told.text[slice(*p.target)]): (p.stance, p.act) for p in told.pairs}
    assert ends["Fiji", "Tonga"] == ("supportive", "SUPPORT")
    assert ends["Tonga", "Fiji"] == ends["Samoa", "Fiji"] == ends["Fiji", "Samoa"] == ("neutral", "NONE")


def test_a_labelled_span_is_known_by_the_state_in_it(codebook):
    """ "Fijian gunners" is Fiji, and what they do is not silence."""
    (record,) = _records(
        codebook,
        {
            "text": "Fijian gunners shelled Tongan boats.",
            "pairs": [
                {"source": "Fijian gunners", "target": "Tongan boats", "stance": "opposed", "act": "ASSAULT"}
            ],
        },
    )
    (told,) = with_silent_pairs([record])
    assert [(p.stance, p.act) for p in told.pairs] == [("opposed", "ASSAULT"), ("neutral", "NONE")]


def test_pairs_without_labels_are_not_taken_for_silence(codebook):
    records = _records(
        codebook, {"text": "Fiji and Tonga met.", "pairs": [{"source": "Fiji", "target": "Tonga"}]}
    )
    assert with_silent_pairs(records) == list(records)


def test_other_tellings_keep_labels_and_mark_the_same_places(codebook):
    records = _records(
        codebook,
        {
            "text": "Fiji thanked a Tongan envoy.",
            "tone": "cooperative",
            "pairs": [{"source": "Fiji", "target": "Tongan envoy", "stance": "supportive", "act": "SUPPORT"}],
        },
    )
    ((first, *others),) = other_tellings(records, 3, seed=1)
    assert first == records[0]
    assert len({telling.text for telling in others}) == 3
    for telling in others[:-1]:
        (pair,) = telling.pairs
        assert (telling.tone, pair.stance, pair.act) == ("cooperative", "supportive", "SUPPORT")
        assert telling.text.startswith(telling.text[slice(*pair.source)] + " thanked a")
        assert telling.text[slice(*pair.target)].endswith("envoy")
    assert other_tellings(records, 0, seed=1) == [(records[0],)]


def test_typing_errors_move_nothing(codebook):
    text = "The ministries of several neighbouring governments protested together yesterday. " * 20
    (record,) = _records(codebook, {"text": text})
    told = misspelt(record, random.Random(1))
    words, others = text.split(), told.text.split()
    changed = [(one, other) for one, other in zip(words, others, strict=True) if one != other]
    assert 0.03 < len(changed) / len(words) < 0.15
    assert all(len(one) == len(other) and sorted(one) == sorted(other) for one, other in changed)


def test_a_share_of_the_records_gets_its_silent_pairs(codebook):
    rows = [{"text": f"Fiji hosted {n} guests and Tonga {n + 1}."} for n in range(200)]
    told = with_silent_pairs(_records(codebook, *rows), 0.25, seed=1)
    assert 30 < sum(bool(record.pairs) for record in told) < 70
