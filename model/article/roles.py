"""The fullest mention of an actor: "Russian" in "the Russian foreign minister" is the minister."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from ..analysis import ActorKind
from .abbreviations import STARTERS
from .forms import Match, Words

LONGEST_ROLE = 7
"""Words between an adjective and the last noun of its role."""

LONGEST_NAME = 4
"""Words of a name after a title."""

_COURTESY = frozenset({"mr", "mrs", "ms", "sir", "dr", "chairman", "marshal", "ayatollah"})


@dataclass(frozen=True, slots=True)
class WordSpan:
    """Words `[first, last]` of a sentence."""

    first: int
    last: int


class Roles:
    """Widens matches to the role that they carry, with the word lists of the file of actors."""

    def __init__(self, wording: Mapping[str, Set[str]]) -> None:
        self._nouns = wording["roles.nouns"]
        self._between = wording["roles.between"]
        self._tails = sorted((tail.split() for tail in wording["roles.tails"]), key=len, reverse=True)
        self._titles = wording["roles.titles"]
        self._before_names = wording["roles.titles"] | wording["roles.leading"] | _COURTESY
        self._ranks = wording["roles.ranks"]
        self._envoys = wording["roles.envoys"]
        self._after_leader = wording["roles.after_leader"]
        self._not_after_possessive = wording["roles.not_after_possessive"]
        self._offices = wording["roles.nouns"] - wording["roles.not_offices"]
        self._fighters = wording["others.fighters"]

    def widen(self, match: Match, words: Words, kind: ActorKind, free_until: int) -> WordSpan:
        """Return the fullest mention around a match.

        Args:
            match: The match.
            words: Its sentence.
            kind: What the actor is; a movement has fighters.
            free_until: Number of the first word of the next match or of its title, which is not to be swallowed.
        """
        if match.form.use == "people" or len(match.form.codes) > 1:
            return WordSpan(match.first, match.last)
        last = self._role_end(match, words, kind, free_until)
        if match.form.use in ("person", "short"):
            return WordSpan(self.title_start(match, words), last)
        if last > match.last:
            return WordSpan(self._rank_start(match.first, words), last)
        return WordSpan(self._office_start(match.first, words), last)

    def is_envoy_to(self, span: WordSpan, other: WordSpan, words: Words) -> bool:
        """Whether the second mention is where the first is sent: "US ambassador to the UN"."""
        between = [words.low(number) for number in range(span.last + 1, other.first)]
        holders = {words.low(number) for number in range(span.first, span.last + 1)}
        return between in (["to"], ["to", "the"]) and bool(holders & self._envoys)

    # ------------------------------------------------------------------------------ to the right

    def _role_end(self, match: Match, words: Words, kind: ActorKind, free_until: int) -> int:
        """Number of the last word of the role that follows a match, with the name of who holds it."""
        is_possessive = words.is_possessive(match.last)
        if not is_possessive and words.joint_after(match) != " ":
            return match.last
        number = words.after_possessive(match.last) if is_possessive else match.last + 1
        limit = min(free_until, len(words), number + LONGEST_ROLE)
        noun = None
        while number < limit:
            word = words.low(number)
            if word in self._nouns or (kind == "movement" and word in self._fighters):
                noun = number
            elif word not in self._between:
                break
            if words.joint(number) not in (" ", "-"):
                break
            number += 1
        if noun is None:
            return match.last
        if is_possessive and not self._may_be_owned(match, words.low(noun)):
            return match.last
        end = self._tail_end(noun, words, free_until)
        is_title = words.low(noun) in self._titles and not words.is_title_case
        return self._name_end(end, words, free_until) if is_title else end

    def _may_be_owned(self, match: Match, noun: str) -> bool:
        """Whether a noun after a possessive is the actor in a role, not a thing or a person of it."""
        if match.form.use in ("person", "short"):
            return noun in self._after_leader
        return noun not in self._not_after_possessive

    def _tail_end(self, end: int, words: Words, free_until: int) -> int:
        """The end with "of state" or the like, if it follows."""
        for tail in self._tails:
            last = end + len(tail)
            if (
                last < min(free_until, len(words))
                and [words.low(end + 1 + n) for n in range(len(tail))] == tail
            ):
                return last
        return end

    def _name_end(self, end: int, words: Words, free_until: int) -> int:
        """The end with the name after a title, if one follows: "foreign minister Jane Doe"."""
        last = end
        while (
            last + 1 < min(free_until, len(words))
            and last - end < LONGEST_NAME
            and words.joint(last) in (" ", "-", ". ", "'")
            and words.is_capitalised(last + 1)
            and (words.joint(last) != ". " or len(words.words[last]) == 1)
            and words.low(last + 1) not in STARTERS
        ):
            last += 1
        return last

    # ------------------------------------------------------------------------------- to the left

    def title_start(self, match: Match, words: Words) -> int:
        """Return the number of the first word of a person's title, else of the match itself.

        "Prime Minister Modi", "Mr. Modi".
        """
        start = first = match.first
        if match.form.use not in ("person", "short"):
            return first
        while start > 0 and words.is_capitalised(start - 1):
            word, joint = words.low(start - 1), words.joint(start - 1)
            if joint not in (" ", "-") and not (joint == ". " and word in _COURTESY):
                break
            is_title = word in self._before_names
            # "Prime" and "Foreign" only before a title, "State" only in "Secretary of State".
            is_part = start < first and word in self._between
            if not (is_title or is_part or (word in ("state", "defense") and words.low(start - 2) == "of")):
                break
            start -= 1
            if word in ("state", "defense") and words.low(start - 1) == "of":
                start -= 2 if start > 1 else 0
        return start

    def _rank_start(self, first: int, words: Words) -> int:
        """Number of the first word of "senior", "former" before an adjective with a role."""
        while first > 0 and words.low(first - 1) in self._ranks and words.joint(first - 1) in (" ", "-"):
            first -= 1
        return first

    def _office_start(self, first: int, words: Words) -> int:
        """Number of the first word of "Government of", "President of the" before a name."""
        number = first - 1
        if words.low(number) == "the" and words.joint(number) == " ":
            number -= 1
        if number < 1 or words.low(number) != "of" or words.joint(number) != " ":
            return first
        noun = number - 1
        if words.low(noun) not in self._offices or words.joint(noun) != " ":
            return first
        while noun > 0 and words.joint(noun - 1) == " ":
            before = words.low(noun - 1)
            if before not in self._between and before not in self._offices:
                break
            noun -= 1
        return noun
