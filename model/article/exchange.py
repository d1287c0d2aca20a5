"""One state put in another's place: the same text, told of other countries.

What a text says of its actors must not hang on which countries they are. Exchanging them shows whether a prediction
does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..records import Span
from .actor_file import Actor, ActorFile, shipped_actor_file
from .forms import SHORTEST_UPPER_CASE

WITH_ARTICLE = frozenset({
    "ARE", "BHS", "CAF", "COD", "COG", "COM", "DOM", "GBR", "GMB", "MDV", "MHL", "NLD", "PHL", "SLB", "SUN", "USA",
})  # fmt: skip
"""States whose name stands with "the". They can be replaced, but replace nobody of whom that was not asked."""

_MOVEMENT_WITH_ARTICLE = re.compile(
    r"\b(?:Army|Front|Forces|Movement|Party|Organization|Group|Union|Units|Brigades|network|Contras|Houthis|Taliban)\b"
)

Edit = tuple[int, int, str]
"""`[start, end)` in characters of the text, and what takes their place."""

_ALSO_WORDS = frozenset({"us"})
"""Forms that are common words when they are written small."""

USES = ("name", "adjectives", "people", "seats")

_WORD = re.compile(r"\w+")
_ARTICLE = re.compile(r"\b(?:[Aa]n?|[Tt]he) $")
_ARTICLE_ALSO_IN_CAPITALS = re.compile(r"\b(?:[Aa]n?|[Tt]he|AN|THE) $")


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One way to write a form."""

    text: str
    form: str
    in_capitals: bool = False
    """Whether the form itself is written otherwise."""
    any_case: bool = False
    """Whether the text is in small letters and stands for all letters."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A form in a text."""

    start: int
    end: int
    """`[start, end)` in characters, without the article."""
    article: str
    """The article before it with its space, or nothing."""
    spelling: _Spelling


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A text with other actors in it."""

    text: str
    spans: tuple[Span, ...]
    """The spans that were given, where they are now."""
    n: int
    """Names and other forms that were replaced."""


class Exchange:
    """Finds actors in a text by their names, adjectives, peoples and capitals, and puts others there.

    People who are named stay who they are.

    Args:
        actors: Those that are known; without them the shipped ones.
        sure_only: Leave alone what may come out wrong: organisations and movements, words in capitals, parts of
            compounds ("Riga-based"). To learn from a text it must be right; a reader rather wants no place left out.
        any_case: Find forms in whatever letters they stand, but for "us"; for sentences all in capitals or without any.
    """

    def __init__(
        self, actors: ActorFile | None = None, *, sure_only: bool = True, any_case: bool = False
    ) -> None:
        listed = (actors or shipped_actor_file()).actors.values()
        self.states: Mapping[str, Actor] = {
            actor.code: actor for actor in listed if actor.kind in ("state", "historical")
        }
        self._sure_only = sure_only
        self._any_case = any_case
        self._actors = self.states if sure_only else {actor.code: actor for actor in listed}

    @cached_property
    def replacements(self) -> tuple[str, ...]:
        """Codes of the states that can take any other's place: they have each kind of form, and no article."""
        return tuple(
            sorted(
                code
                for code, actor in self.states.items()
                if actor.kind == "state"
                and code not in WITH_ARTICLE
                and all(self._form(code, use) is not None for use in USES)
            )
        )

    @cached_property
    def _uses(self) -> Mapping[str, tuple[str, str]]:
        """Form -> code and use; a form that two actors share is ambiguous and left out."""
        found: dict[str, set[tuple[str, str]]] = {}
        for code, actor in self._actors.items():
            forms = {
                "name": (actor.name, *actor.also),
                "adjectives": actor.adjectives,
                "people": actor.people,
                "seats": actor.seats,
            }
            for use in USES:
                for form in forms[use]:
                    found.setdefault(form, set()).add((code, use))
        # "Chinese" is adjective and people alike: the adjective's place is the commoner one.
        return {
            form: min(senses, key=lambda sense: USES.index(sense[1]))
            for form, senses in found.items()
            if len({code for code, _ in senses}) == 1
        }

    @cached_property
    def _spellings(self) -> Mapping[str, Sequence[_Spelling]]:
        """First word -> the spellings that begin with it, the longest first."""
        found = {form: _Spelling(form, form) for form in self._uses}
        for form in self._uses:
            if self._any_case and form.lower() not in _ALSO_WORDS:
                found[form] = _Spelling(form.lower(), form, any_case=True)
            elif not self._sure_only and len(form) >= SHORTEST_UPPER_CASE:
                found.setdefault(form.upper(), _Spelling(form.upper(), form, in_capitals=True))
        by_word: dict[str, list[_Spelling]] = {}
        for spelling in sorted(found.values(), key=lambda spelling: -len(spelling.text)):
            first = _WORD.search(spelling.text)
            assert first is not None
            by_word.setdefault(first[0].lower() if self._any_case else first[0], []).append(spelling)
        return by_word

    def _find(self, text: str) -> Iterator[_Found]:
        """The forms in a text from left to right, at each word the longest; none overlap."""
        article = _ARTICLE if self._sure_only else _ARTICLE_ALSO_IN_CAPITALS
        last = 0
        for word in _WORD.finditer(text):
            start = word.start()
            if start < last or not (spelling := self._longest(text, start, word[0])):
                continue
            before = article.search(text, max(last, start - len("the ")), start)
            last = start + len(spelling.text)
            yield _Found(start, last, before[0] if before else "", spelling)

    def _longest(self, text: str, start: int, word: str) -> _Spelling | None:
        spellings = self._spellings.get(word.lower() if self._any_case else word, ())
        if spellings and self._sure_only and text[start - 1 : start] == "-":
            return None
        for spelling in spellings:
            end = start + len(spelling.text)
            written = text[start:end]
            if (written.lower() if spelling.any_case else written) == spelling.text and self._ends(text, end):
                return spelling
        return None

    def _ends(self, text: str, end: int) -> bool:
        """Whether a form that ends there is no part of something longer."""
        return not _WORD.match(text, end) and not (self._sure_only and text.startswith("-", end))

    def codes(self, text: str) -> tuple[str, ...]:
        """Return the codes of the actors named in a text, in the order of their first mention."""
        return tuple(dict.fromkeys(self._uses[found.spelling.form][0] for found in self._find(text)))

    def apply(
        self, text: str, mapping: Mapping[str, str], spans: Sequence[Span] = (), *, or_name: bool = False
    ) -> Exchanged | None:
        """Return a text with actors exchanged; None where one has no form for a place in which it would stand.

        Args:
            text: A sentence or more.
            mapping: Code of an actor -> code of the one that takes its place. Those that are not in it stay.
            spans: `[start, end)` in characters of the text, such as those of pairs.
            or_name: Where an actor lacks a form, put its name there.
        """
        edits: list[Edit] = []
        n = 0
        for found in self._find(text):
            code, use = self._uses[found.spelling.form]
            if code not in mapping:
                continue
            new = self._actors[mapping[code]]
            form = self._form(new.code, use)
            if form is None:
                if not or_name:
                    return None
                form, use = new.name, "name"
            article = _article(text, found, form, takes_the=_takes_the(new), is_name=use == "name")
            if found.spelling.in_capitals:
                form, article = form.upper(), article.upper()
            if found.article:
                edits += [
                    (found.start - len(found.article), found.start, article),
                    (found.start, found.end, form),
                ]
            else:
                edits.append((found.start, found.end, article + form))
            n += 1
        return Exchanged(edited(text, edits), tuple(moved(span, edits) for span in spans), n)

    def _form(self, code: str, use: str) -> str | None:
        """The first form of an actor for a use that no other actor shares."""
        actor = self._actors[code]
        forms = (actor.name,) if use == "name" else getattr(actor, use)
        return next((form for form in forms if self._uses.get(form, ("",))[0] == code), None)


def _takes_the(actor: Actor) -> bool:
    """Whether a name stands with "the": the United States, the World Bank; not Peru, NATO or Hamas."""
    if actor.kind == "organisation":
        return " " in actor.name
    return actor.code in WITH_ARTICLE or bool(_MOVEMENT_WITH_ARTICLE.search(actor.name))


def _article(text: str, found: _Found, form: str, *, takes_the: bool, is_name: bool) -> str:
    """The article, with the space behind it, that suits another form; empty for none."""
    article = found.article
    if article and article.lower() != "the ":
        fitting = "an " if form[0] in "AEIO" else "a "
        return fitting.capitalize() if article[0].isupper() else fitting
    if not is_name:
        return article
    if not takes_the:
        return article if text[found.end : found.end + 1] in ("-", "–") else ""  # "the Iran-Peru talks"
    before = text[: found.start].rstrip(" ")
    return article or ("The " if not before or before[-1] in '.!?\n“"' else "the ")


def edited(text: str, edits: Sequence[Edit]) -> str:
    """Return a text after edits that are in order and do not overlap."""
    parts, last = [], 0
    for start, end, new in edits:
        parts += [text[last:start], new]
        last = end
    return "".join([*parts, text[last:]])


def moved(span: Span, edits: Sequence[Edit]) -> Span:
    """Return where a span is after the edits; an end that lies inside an edit moves to that edit's own end."""
    start, end = span
    moved_start, moved_end = start, end
    for first, last, new in edits:
        grown = len(new) - (last - first)
        if last <= start:
            moved_start += grown
        elif first < start:
            moved_start += first - start
        if last <= end:
            moved_end += grown
        elif first < end:
            moved_end += first + len(new) - end
    return moved_start, moved_end
