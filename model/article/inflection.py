"""The forms of an English verb, by the rules of spelling and a list of what they do not give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

_VOWELS = "aeiou"


def verb_forms(
    verb: str, *, doubling: Collection[str] = (), irregular: Mapping[str, Sequence[str]] | None = None
) -> tuple[str, ...]:
    """Return a verb with its other forms: regret, regrets, regretted, regretting.

    A final consonant is doubled in words of one syllable ("drop", "dropped"); of longer words the
    spelling does not say whether the last syllable is stressed, so they have to be named.

    Args:
        verb: The infinitive, in lower case.
        doubling: Longer verbs that double their final consonant.
        irregular: All further forms of a verb whose forms the rules do not give.
    """
    if irregular and verb in irregular:
        return (verb, *irregular[verb])
    return (verb, _third_person(verb), _past(verb, doubling), _participle(verb, doubling))


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if _ends_in_consonant_and_y(verb) else verb + "s"


def _past(verb: str, doubling: Collection[str]) -> str:
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if _ends_in_consonant_and_y(verb) else _stem(verb, doubling) + "ed"


def _participle(verb: str, doubling: Collection[str]) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    return _stem(verb, doubling) + "ing"


def _stem(verb: str, doubling: Collection[str]) -> str:
    is_short = (
        len(verb) > 2
        and verb[-1] not in _VOWELS + "wxy"
        and verb[-2] in _VOWELS
        and not any(letter in _VOWELS for letter in verb[:-2])
    )
    return verb + verb[-1] if is_short or verb in doubling else verb


def _ends_in_consonant_and_y(verb: str) -> bool:
    return verb.endswith("y") and verb[-2:-1] not in _VOWELS
