"""One state put in another's place: the same sentence, told of other countries.

What a sentence says of its actors must not hang on which countries they are. Exchanging them shows whether a
prediction does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..records import Span
from .actor_file import Actor, ActorFile, read_actor_file

WITH_ARTICLE = frozenset({
    "ARE", "BHS", "CAF", "COD", "COG", "COM", "DOM", "GBR", "GMB", "MDV", "MHL", "NLD", "PHL", "SLB", "SUN", "USA",
})  # fmt: skip
"""States whose name stands with "the". They can be replaced, but replace nobody."""

Edit = tuple[int, int, str]
"""`[start, end)` in characters of the text, and what takes their place."""

USES = ("name", "adjectives", "people", "seats")


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A text with other states in it."""

    text: str
    spans: tuple[Span, ...]
    """The spans that were given, where they are now."""


class Exchange:
    """Finds states in a text by their names, adjectives, peoples and capitals, and puts others there."""

    def __init__(self, actors: ActorFile | None = None) -> None:
        listed = (actors or read_actor_file()).actors.values()
        self.states: Mapping[str, Actor] = {
            actor.code: actor for actor in listed if actor.kind in ("state", "historical")
        }

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
        """Form -> code and use; a form that two states or two uses share is ambiguous and left out."""
        found: dict[str, set[tuple[str, str]]] = {}
        for code, actor in self.states.items():
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
    def _pattern(self) -> re.Pattern[str]:
        forms = sorted(self._uses, key=len, reverse=True)
        return re.compile(
            rf"(?:\b(?P<article>(?:[Aa]n?|[Tt]he) ))?(?<![\w-])(?P<form>{'|'.join(map(re.escape, forms))})(?![\w-])"
        )

    def codes(self, text: str) -> tuple[str, ...]:
        """Return the codes of the states named in a text, in the order of their first mention."""
        return tuple(dict.fromkeys(self._uses[match["form"]][0] for match in self._pattern.finditer(text)))

    def apply(self, text: str, mapping: Mapping[str, str], spans: Sequence[Span] = ()) -> Exchanged | None:
        """Return a text with states exchanged; None where one has no form for a place in which it would stand.

        Args:
            text: A sentence or more.
            mapping: Code of a state -> code of the one that takes its place. States that are not in it stay.
            spans: `[start, end)` in characters of the text, such as those of pairs.
        """
        edits: list[Edit] = []
        for match in self._pattern.finditer(text):
            code, use = self._uses[match["form"]]
            if code not in mapping:
                continue
            form = self._form(mapping[code], use)
            if form is None:
                return None
            if match["article"]:
                edits.append(
                    (*match.span("article"), _article(match["article"], form, drop_the=use == "name"))
                )
            edits.append((*match.span("form"), form))
        return Exchanged(edited(text, edits), tuple(moved(span, edits) for span in spans))

    def _form(self, code: str, use: str) -> str | None:
        """The first form of a state for a use that no other state shares."""
        actor = self.states[code]
        forms = (actor.name,) if use == "name" else getattr(actor, use)
        return next((form for form in forms if self._uses.get(form, ("",))[0] == code), None)


def _article(article: str, form: str, *, drop_the: bool) -> str:
    """The article, with the space behind it, that suits another form."""
    if article.lower() == "the ":
        return "" if drop_the else article
    fitting = "an " if form[0] in "AEIO" else "a "
    return fitting.capitalize() if article[0].isupper() else fitting


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
