from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diplotone.model.analysis import Judgement, Mention, PairAnalysis, SentenceAnalysis, Voice
from diplotone.model.article.bootstrap import interval, interval_of_difference
from diplotone.model.article.dyads import MOST_PAIRS, aggregate, aggregate_articles, candidate_pairs
from diplotone.model.article.index import label_of_mean, tone_index
from diplotone.model.codebook import Codebook

CODEBOOK = Codebook.load()
STANCE, TONE = CODEBOOK["stance"], CODEBOOK["tone"]
UNSURE = Judgement(label=None, probabilities={}, reason="not sure")


def mention(code: str, start: int, end: int) -> Mention:
    return Mention(start=start, end=end, text="x" * (end - start), code=code, kind="state")


def certain(label: str, task: Any) -> Judgement:
    return Judgement(label=label, probabilities={name: float(name == label) for name in task.names})


def pair(source: str, target: str, stance: str | None, act: str = "NONE") -> PairAnalysis:
    return PairAnalysis(
        source=mention(source, 0, 3),
        target=mention(target, 5, 8),
        stance=UNSURE if stance is None else certain(stance, STANCE),
        act=certain(act, CODEBOOK["act"]),
    )


def sentence(
    number: int, *pairs: PairAnalysis, tone: str | None = None, kind: Any = "body"
) -> SentenceAnalysis:
    return SentenceAnalysis(
        id=number,
        start=number * 10,
        end=number * 10 + 9,
        text="x" * 9,
        kind=kind,
        voice=Voice(kind="narrator"),
        sentiment=UNSURE,
        tone=UNSURE if tone is None else certain(tone, TONE),
        mentions=(),
        pairs=pairs,
    )


# ------------------------------------------------------------------------------------- candidates


def codes(mentions: list[Mention]) -> list[tuple[str, str]]:
    return [(one.code, other.code) for one, other in candidate_pairs(mentions)]


def test_both_directions_of_each_two_codes() -> None:
    assert codes([mention("FJI", 0, 4), mention("TON", 9, 14)]) == [("FJI", "TON"), ("TON", "FJI")]
    assert codes([mention("FJI", 0, 4), mention("FJI", 9, 14)]) == []


def test_of_several_mentions_the_nearest_two_count() -> None:
    far, near, other = mention("FJI", 0, 4), mention("FJI", 30, 34), mention("TON", 40, 45)
    assert candidate_pairs([far, near, other])[0] == (near, other)


def test_an_expression_for_two_makes_a_pair_with_itself() -> None:
    shared = [mention("KOR", 4, 14), mention("PRK", 4, 14)]
    assert codes(shared) == [("KOR", "PRK"), ("PRK", "KOR")]


def test_separate_mentions_go_before_a_shared_one() -> None:
    shared = [mention("KOR", 4, 14), mention("PRK", 4, 14)]
    north, south = mention("PRK", 30, 41), mention("KOR", 60, 71)
    for one, other in candidate_pairs([*shared, north, south]):
        assert one.end <= other.start or other.end <= one.start


def test_of_many_the_nearest_are_kept() -> None:
    listed = [mention(f"S{n}", n * 10, n * 10 + 4) for n in range(20)]
    pairs = candidate_pairs(listed)
    assert len(pairs) == MOST_PAIRS
    assert all(abs(one.start - other.start) == 10 for one, other in pairs)


spans = st.tuples(st.sampled_from(["A", "B", "C", "D", "E"]), st.integers(0, 40), st.integers(1, 9)).map(
    lambda t: mention(t[0], t[1], t[1] + t[2])
)


@given(st.lists(spans))
def test_pairs_are_of_two_codes_and_no_partial_overlap(mentions: list[Mention]) -> None:
    pairs = candidate_pairs(mentions)
    assert len(pairs) <= MOST_PAIRS
    assert {(o.code, t.code) for o, t in pairs} == {(t.code, o.code) for o, t in pairs}
    for one, other in pairs:
        assert one.code != other.code
        same = (one.start, one.end) == (other.start, other.end)
        assert same or one.end <= other.start or other.end <= one.start


# ------------------------------------------------------------------------------------------ dyads


def test_a_dyad_is_the_mean_of_its_evidence() -> None:
    (dyad,) = aggregate(
        [
            sentence(0, pair("FJI", "TON", "opposed", "ACCUSE")),
            sentence(3, pair("FJI", "TON", "opposed", "ACCUSE")),
            sentence(4, pair("FJI", "TON", "neutral", "CONSULT")),
        ],
        STANCE,
    )
    assert (dyad.source, dyad.target, dyad.stance, dyad.n) == ("FJI", "TON", "opposed", 3)
    assert dyad.mean == pytest.approx(-2 / 3)
    assert dyad.low <= dyad.mean <= dyad.high
    assert dyad.low < dyad.high
    assert list(dyad.acts.items()) == [("ACCUSE", 2), ("CONSULT", 1)]
    assert dyad.evidence == (0, 3, 4)


def test_one_piece_of_evidence_has_no_width() -> None:
    (dyad,) = aggregate([sentence(0, pair("FJI", "TON", "supportive", "AID"))], STANCE)
    assert dyad.low == dyad.mean == dyad.high == 1


def test_mere_company_and_the_unsure_are_no_evidence() -> None:
    assert (
        aggregate([sentence(0, pair("FJI", "TON", "neutral"), pair("TON", "FJI", None, "AID"))], STANCE) == ()
    )


def test_strongest_first_then_more_evidence() -> None:
    dyads = aggregate(
        [
            sentence(0, pair("A", "B", "neutral", "CONSULT"), pair("C", "D", "opposed", "ACCUSE")),
            sentence(1, pair("E", "F", "supportive", "AID"), pair("A", "B", "neutral", "CONSULT")),
            sentence(2, pair("E", "F", "supportive", "AID")),
        ],
        STANCE,
    )
    assert [(d.source, d.n) for d in dyads] == [("E", 2), ("C", 1), ("A", 2)]


def test_each_direction_is_set_against_the_other() -> None:
    there, back, alone = aggregate(
        [
            sentence(0, pair("FJI", "TON", "supportive", "AID"), pair("TON", "FJI", "opposed", "ACCUSE")),
            sentence(1, pair("FJI", "TON", "supportive", "AID"), pair("TON", "FJI", "neutral", "CONSULT")),
            sentence(2, pair("FJI", "WSM", "neutral", "CONSULT")),
        ],
        STANCE,
    )
    assert there.asymmetry is not None
    assert back.asymmetry is not None
    assert (there.mean, back.mean, there.asymmetry.difference) == (1, -0.5, 1.5)
    assert back.asymmetry.difference == -1.5
    assert (there.asymmetry.low, there.asymmetry.high) == (1, 2)  # back is -1, -.5 or 0
    assert alone.asymmetry is None


def test_over_articles_all_evidence_counts_and_says_where_it_is_from() -> None:
    praise, blame = pair("FJI", "TON", "supportive", "AID"), pair("FJI", "TON", "opposed", "ACCUSE")
    articles = {
        "a": [sentence(0, praise), sentence(4, praise)],
        "b": [sentence(7, blame)],
        "c": [sentence(0)],
    }
    (dyad,) = aggregate_articles(articles.items(), STANCE)
    assert (dyad.n, dyad.articles, dyad.acts) == (3, 2, {"AID": 2, "ACCUSE": 1})
    assert dyad.mean == pytest.approx(1 / 3)
    assert [(one.article, one.sentence, one.start) for one in dyad.evidence] == [
        ("a", 0, 0), ("a", 4, 40), ("b", 7, 70)
    ]  # fmt: skip


def test_one_article_over_articles_is_as_by_itself() -> None:
    sentences = [sentence(n, pair("FJI", "TON", stance, "AID")) for n, stance in enumerate(STANCE.names)]
    (dyad,), (over_articles,) = aggregate(sentences, STANCE), aggregate_articles([("a", sentences)], STANCE)
    assert (dyad.mean, dyad.low, dyad.high) == (over_articles.mean, over_articles.low, over_articles.high)


# ------------------------------------------------------------------------------------------ index


def test_the_index_is_the_mean_tone_with_its_sum_in_words() -> None:
    index = tone_index(
        [sentence(n, tone=tone) for n, tone in enumerate(["hostile", "critical", "cooperative", None])], TONE
    )
    assert index.value == pytest.approx(-2 / 6)
    assert index.low is not None
    assert index.high is not None
    assert index.low <= -2 / 6 <= index.high
    assert (index.n, index.total, index.label) == (3, 4, "critical")
    assert index.coverage == 0.75
    assert index.formula == "sum of expected tone / (3 sentences × 2) = -2.00 / 6 = -0.333"


def test_too_few_sentences_have_no_index_but_a_reason() -> None:
    index = tone_index([sentence(0, tone="hostile"), sentence(1)], TONE)
    assert (index.value, index.low, index.high, index.label) == (None, None, None, None)
    assert index.reason == "1 of 2 sentences could be scored; an index needs at least 3"
    assert tone_index([], TONE, minimum=0).value is None


def test_labels_of_speakers_are_no_sentences() -> None:
    assert tone_index([sentence(0, kind="speaker"), sentence(1)], TONE).total == 1


def test_between_two_labels_the_nearer_to_neutral() -> None:
    borders = {-1.21: "hostile", -1.2: "critical", -0.41: "critical", -0.4: "neutral", 0.4: "neutral"}
    borders |= {
        0.41: "cooperative",
        1.2: "cooperative",
        1.21: "conciliatory",
        2.0: "conciliatory",
        -2.0: "hostile",
    }
    for value, label in borders.items():
        assert label_of_mean(value, TONE) == label


# -------------------------------------------------------------------------------------- bootstrap


def test_intervals_repeat_and_hold_the_mean() -> None:
    values = [-1.0, -0.5, 0.0, 0.25, 1.0]
    assert interval(values) == interval(values)
    low, high = interval(values)
    assert -1 <= low < sum(values) / 5 < high <= 1
    assert interval([0.3]) == (0.3, 0.3)
    with pytest.raises(ValueError, match="no values"):
        interval([])


def test_what_is_alike_within_groups_is_less_certain() -> None:
    """Ten articles that each say one thing ten times know no more than ten sentences."""
    means = [n / 10 for n in range(10)]
    many, articles = [mean for mean in means for _ in range(10)], [n for n in range(10) for _ in range(10)]
    assert interval(many, articles) == pytest.approx(interval(means))
    low, high = interval(many)
    assert high - low < 0.5 * (interval(means)[1] - interval(means)[0])
    assert interval_of_difference(many, means, articles) == pytest.approx(
        interval_of_difference(means, means)
    )


def test_groups_count_by_what_they_hold() -> None:
    """Of two articles the longer draws the mean to itself: it is 0, 1 or what all values give."""
    values, articles = [0.0, 1.0, 1.0, 1.0], ["short", "long", "long", "long"]
    assert interval(values, articles) == (0, 1)
    assert interval(values, ["one"] * 4) == interval(values)
