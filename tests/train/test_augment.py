from __future__ import annotations

from diplotone.model.records import check_rows
from diplotone.train.augment import told_of_others, with_silent_pairs


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


def test_told_of_others_keeps_labels_and_marks_the_same_places(codebook):
    records = _records(
        codebook,
        {
            "text": "Fiji thanked a Tongan envoy.",
            "tone": "cooperative",
            "pairs": [{"source": "Fiji", "target": "Tongan envoy", "stance": "supportive", "act": "SUPPORT"}],
        },
    )
    (told,) = told_of_others(records, 1.0, seed=1)
    (pair,) = told.pairs
    assert told.text != records[0].text
    assert (told.tone, pair.stance, pair.act) == ("cooperative", "supportive", "SUPPORT")
    assert told.text.startswith(told.text[slice(*pair.source)] + " thanked a")
    assert told.text[slice(*pair.target)].endswith("envoy")
    assert told_of_others(records, 0.0, seed=1) == list(records)
