"""Whether a form stands for its actor where it stands: the words around decide."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ..analysis import ActorKind
from .abbreviations import STARTERS, TITLES
from .forms import Match, Words
from .words import word_set

_NOT_QUITE = frozenset({"ex", "indo", "neo", "non", "post", "pre", "un"})
"""Before a hyphen these make somebody else of an actor; "pro" does of an adjective: "pro-Russian" rebels."""

_BETWEEN_JOURNEY_AND_TO = word_set(
    "again back directly earlier home last late later month monday today tomorrow tuesday wednesday thursday friday "
    "saturday secretly straight sunday this week year yesterday"
)
_BEFORE_PRONOUN = word_set("let tell give help join contact follow about show make for both all of")
_AFTER_ORGANISATION = word_set(
    "chief head official officials says said warns declares team urges calls to and director approves"
)


class Context:
    """The rules, with the word lists of the file of actors."""

    def __init__(self, wording: Mapping[str, Set[str]]) -> None:
        self._lists = wording

    def stands_for_actor(self, match: Match, words: Words, kind: ActorKind) -> bool:
        """Whether the match is a mention of its actor, not a person, a language or somebody else."""
        use = match.form.use
        if words.is_upper_case and not self._is_actor_in_capitals(match, words):
            return False
        if words.joint(match.last).startswith("$"):
            return False
        if words.joint_before(match.first) == "-":
            prefix = words.low(match.first - 1)
            if prefix in _NOT_QUITE or (prefix == "pro" and use == "adjective"):
                return False
        if match.form.text == "USA" and self._is_end_of_company_name(match, words):
            return False
        if match.form.text in self._lists["not_actors.personal"] and self._is_person(match, words):
            return False
        if use in ("person", "short") and match.first == match.last and self._is_somebody_else(match, words):
            return False
        if (
            use in ("name", "adjective", "seat")
            and kind != "movement"
            and self._qualifies_another(match, words)
        ):
            return False
        return use != "adjective" or not self._is_language(match, words)

    def has_leading_title(self, match: Match, words: Words) -> bool:
        """Whether a family name has the title of a leader: "President Carter", "Secretary of State Rusk"."""
        before = match.first - 1
        if words.joint_before(match.first) != " " or not words.is_capitalised(before):
            return False
        is_secretary_of = [words.low(before - 2), words.low(before - 1)] == ["secretary", "of"]
        return is_secretary_of or words.low(before) in self._lists["roles.leading"]

    # ------------------------------------------------------------------------------------ places

    def is_place(self, match: Match, words: Words, *, after_place: bool) -> bool:
        """Whether a seat of power is only a place.

        Args:
            match: The seat.
            words: The sentence.
            after_place: The match before it was a place and the two are joined by "and" or a comma.
        """
        following, joint = words.low(match.last + 1), words.joint_after(match)
        if joint == "-" and following in self._lists["places.after_hyphen"]:
            return True
        possessive = words.is_possessive(match.last)
        if possessive:
            following = words.low(words.after_possessive(match.last))
        if (possessive or joint == " ") and following in self._lists["places.after"]:
            return True
        is_compound = (  # "Vienna Group"
            not possessive
            and joint == " "
            and words.is_capitalised(match.last + 1)
            and not words.is_title_case
            and not self._is_role_word(following)
        )
        if is_compound or after_place or self._is_end_of_way(match, words):
            return True
        if joint == ", " and words.low(match.last + 1) == "where":
            return True
        return not possessive and self._comes_after_place_word(match, words)

    def is_mere_place(self, match: Match, words: Words, *, after_place: bool) -> bool:
        """Whether the name of a state only says where something is: "in Yemen", "Qatar-based".

        Args:
            match: The name, which no role goes with.
            words: The sentence.
            after_place: The match before it was such a place and the two are joined by "and" or a comma.
        """
        following, joint = words.low(match.last + 1), words.joint_after(match)
        if joint == "-" and following in self._lists["places.after_hyphen"]:
            return True
        if match.form.use != "name" or words.is_possessive(match.last) or joint == "-":
            return False
        if (joint == " " and following in self._lists["places.region"]) or after_place:
            return True
        if words.joint_before(match.first) != " ":
            return False
        number = match.first - 1
        while words.low(number) in self._lists["places.parts"]:
            number -= 1
        before = words.low(number)
        pair = f"{words.low(number - 1)} {before}"
        if pair in self._lists["places.state_before"]:
            return True
        return before in self._lists["places.state_before"] and not (
            before == "in" and words.low(number - 1) in self._lists["places.not_in"]
        )

    def _is_role_word(self, word: str) -> bool:
        return word in self._lists["roles.nouns"] or word in self._lists["roles.between"]

    def _comes_after_place_word(self, match: Match, words: Words) -> bool:
        number = match.first - 1
        if words.joint_before(match.first) != " ":
            # "the capital, Kabul" is a place; any other comma is a border.
            return words.low(number) == "capital" and words.joint_before(match.first) == ", "
        if f"{words.low(number - 1)} {words.low(number)}" in self._lists["places.before"]:
            return True
        if words.low(number) == "the":
            number -= 1
        before = words.low(number)
        pair = f"{words.low(number - 1)} {before}"
        if before in self._lists["places.before"] or pair in self._lists["places.before"]:
            return True
        return before == "to" and self._is_journey(number - 1, words)

    def _is_end_of_way(self, match: Match, words: Words) -> bool:
        """Whether it is where a way begins or ends: "the road between X and Y", "from X to Y, prices rise"."""
        before = words.low(match.first - 1)
        if before == "from" and words.low(match.last + 1) == "to" and words.is_capitalised(match.last + 2):
            return True
        if before == "to" and words.low(match.first - 3) == "from" and words.is_capitalised(match.first - 2):
            return True
        return before == "between" and words.low(match.first - 2) in self._lists["places.ways"]

    def _is_journey(self, number: int, words: Words) -> bool:
        """Whether the words before "to" are a journey: "flew", "went back", "trip last week"."""
        for _ in range(3):
            word = words.low(number)
            if word in self._lists["places.journeys"]:
                return True
            if word not in _BETWEEN_JOURNEY_AND_TO:
                return False
            number -= 1
        return False

    # ----------------------------------------------------------------------------------- persons

    def _is_person(self, match: Match, words: Words) -> bool:
        """Whether a personal name has another one beside it: "Michael Jordan", "Chad Wolf"."""
        if words.is_title_case:
            return False
        before, after = match.first - 1, match.last + 1
        names_follow = words.joint_after(match) == " " and words.is_capitalised(after)
        if names_follow and not self._is_role_word(words.low(after)):
            return not words.words[after].isupper()
        return (
            words.joint_before(match.first) == " "
            and words.is_capitalised(before)
            and self._could_be_first_name(before, words)
        )

    def _is_end_of_company_name(self, match: Match, words: Words) -> bool:
        """Whether a firm's name ends in the match: "Acme USA"."""
        before = match.first - 1
        return (
            not words.is_title_case
            and words.joint_before(match.first) == " "
            and words.is_capitalised(before)
            and words.low(before) not in STARTERS
        )

    def _is_somebody_else(self, match: Match, words: Words) -> bool:
        """Whether a family name belongs to another: "Melania Trump", "Trump Tower"."""
        if words.is_title_case:
            return False
        after, before = match.last + 1, match.first - 1
        if words.joint_after(match) == " " and words.is_capitalised(after):
            following = words.low(after)
            if following not in self._lists["roles.nouns"] and following not in STARTERS:
                return True
        if words.joint_before(match.first) == ". " and before >= 0 and len(words.words[before]) == 1:
            # "Cyrus R. Vance": no leader is known by an initial that is not in the file.
            return True
        return (
            words.joint_before(match.first) == " "
            and words.is_capitalised(before)
            and self._could_be_first_name(before, words)
        )

    def _could_be_first_name(self, number: int, words: Words) -> bool:
        word = words.low(number)
        return not (
            word in STARTERS
            or word in TITLES
            or word.endswith(("ing", "ly"))
            or self._is_role_word(word)
            or words.words[number].isupper()
            or word
            in ("miss", "sir", "lord", "lady", "madam", "comrade", "chairman", "marshal", "saint", "between")
        )

    # ------------------------------------------------------------------------------------ others

    def _qualifies_another(self, match: Match, words: Words) -> bool:
        """Whether it is part of another name or says where another comes from: "Syrian rebels"."""
        after = match.last + 1
        joint = words.joint_after(match)
        is_name = joint == " " and words.is_capitalised(after) and not words.is_title_case
        is_air_force = words.low(after) == "air" and words.low(after + 1) in ("force", "forces")
        if is_name and words.low(after) in self._lists["not_actors.heads"] and not is_air_force:
            return True
        if (
            match.form.use == "adjective"
            and joint == " "
            and words.low(after) in self._lists["others.private"]
        ):
            return True
        if joint == "-" and words.low(after) in ("american", "americans"):
            plural = words.low(after) == "americans"
            return plural or words.low(after + 1) in self._lists["others.origins"]
        if words.is_possessive(match.last):
            after = words.after_possessive(match.last)
        elif joint != " ":
            return False
        following = words.low(after)
        pair = f"{following} {words.low(after + 1)}"
        if following in self._lists["others.after"] or pair in self._lists["others.after"]:
            return True
        if match.form.use == "adjective" and joint == " " and words.joint_before(match.first) == "-":
            return words.low(match.first - 1) != "sino" and following in self._lists["others.origins"]
        return False

    def _is_language(self, match: Match, words: Words) -> bool:
        """Whether an adjective is a language: "spoke Russian", "a French-speaking envoy"."""
        if words.joint_after(match) == "-":
            return words.low(match.last + 1) in self._lists["languages.after_hyphen"]
        before = words.low(match.first - 1)
        pair = f"{words.low(match.first - 2)} {before}"
        if before in self._lists["languages.before"] or pair in self._lists["languages.before"]:
            return True
        return before == "in" and not words.joint_after(match).startswith((" ", "-", "'"))

    def _is_actor_in_capitals(self, match: Match, words: Words) -> bool:
        """Whether US and WHO in a headline of capitals are actors and not a pronoun."""
        if match.form.use == "short":
            return False
        if match.form.text == "US":
            return words.low(match.first - 1) not in _BEFORE_PRONOUN
        if match.form.text == "WHO":
            return words.low(match.last + 1) in _AFTER_ORGANISATION
        return True
