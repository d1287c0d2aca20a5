"""What the words of a sentence say about who can be related to whom; the gazetteer is the real one."""

from __future__ import annotations

import pytest

from diplotone.model.analysis import Judgement, Mention, PairAnalysis
from diplotone.model.article.actors import Gazetteer
from diplotone.model.article.dyads import candidate_pairs
from diplotone.model.article.sentences import split
from diplotone.model.article.ties import Ties
from diplotone.model.codebook import Codebook

CODEBOOK = Codebook.load()
GAZETTEER = Gazetteer.load()


def read(text: str) -> tuple[Ties, tuple[Mention, ...]]:
    sentences = split(text)
    (mentions,) = GAZETTEER.find(text, sentences)
    return Ties(text, sentences[0], mentions), mentions


def related(text: str) -> set[frozenset[str]]:
    ties, _ = read(text)
    return {frozenset((a.code, b.code)) for a, b in candidate_pairs(ties.bearers, ties.may_be_related)}


def pair(source: Mention, target: Mention, act: str) -> PairAnalysis:
    def judge(task: str, label: str) -> Judgement:
        return Judgement(label=label, probabilities={n: float(n == label) for n in CODEBOOK[task].names})

    return PairAnalysis(
        source=source, target=target, stance=judge("stance", "opposed"), act=judge("act", act)
    )


def test_two_that_act_upon_one_another_may_be_related() -> None:
    assert related("Fiji accused Tonga of spying.") == {frozenset(("FJI", "TON"))}


@pytest.mark.parametrize(
    "text",
    [
        "Saudi jets struck a camp in northern Yemen.",
        "The Qatar-based envoy of Hamas said nothing.",
        "Turkey closed the crossing on its border with Syria.",
        "Kenya said the ship had come from Oman.",
        "The Malian army lost men across Niger.",
    ],
)
def test_a_mere_place_is_no_party(text: str) -> None:
    assert related(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "The Soviet intervention in Hungary went on.",
        "Russia was accused of meddling in Ukraine.",
        "France criticised the Chadian government in N'Djamena.",
        "China has no interest in Peru's debt.",
    ],
)
def test_what_is_done_to_a_state_is_done_to_it_although_in_it(text: str) -> None:
    assert len(related(text)) == 1


def test_members_of_a_list_are_not_related_to_one_another() -> None:
    found = related("Norway, Sweden and Denmark condemned Belarus.")
    assert found == {frozenset((code, "BLR")) for code in ("NOR", "SWE", "DNK")}


@pytest.mark.parametrize(
    "text",
    [
        "Norway and Sweden signed a treaty.",
        "Talks between India, Nepal and Bhutan failed.",
        "Peru and Chile exchanged insults.",
        "Sino-Soviet friendship ended.",
    ],
)
def test_members_of_a_list_who_act_together_are(text: str) -> None:
    assert related(text)


def test_a_semicolon_keeps_apart() -> None:
    assert related("Fiji voted yes; Tonga stayed away.") == set()


def test_of_one_act_seen_from_both_ends_the_likelier_stays() -> None:
    ties, (fiji, tonga) = read("Fiji invaded Tonga.")
    forward, backward = pair(fiji, tonga, "ASSAULT"), pair(tonga, fiji, "ASSAULT")
    assert list(ties.without_mirror_images([(forward, 0.9), (backward, 0.8)])) == [forward]
    assert list(ties.without_mirror_images([(forward, 0.8), (backward, 0.9)])) == [backward]
    assert list(ties.without_mirror_images([(backward, 0.8)])) == [backward]


def test_blows_exchanged_go_both_ways() -> None:
    ties, (fiji, tonga) = read("Fiji and Tonga exchanged fire.")
    both = [pair(fiji, tonga, "ASSAULT"), pair(tonga, fiji, "ASSAULT")]
    assert list(ties.without_mirror_images(zip(both, (0.9, 0.8), strict=True))) == both


def test_what_is_done_together_goes_both_ways() -> None:
    ties, (fiji, tonga) = read("Fiji promised Tonga a deal.")
    both = [pair(fiji, tonga, "AGREE"), pair(tonga, fiji, "AGREE")]
    assert list(ties.without_mirror_images(zip(both, (0.9, 0.8), strict=True))) == both


def test_between_and_compounds_join_two() -> None:
    ties, (one, other) = read("Tension between Peru and Chile grew.")
    assert ties.are_joined(one, other)
    assert ties.are_joined(other, one)
    ties, (one, other) = read("Peru met Chile.")
    assert not ties.are_joined(one, other)
