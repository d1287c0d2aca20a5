"""One state put in another's place: the same text, told of other countries.

What a text says of its actors must not hang on which countries they are. Exchanging them shows whether a prediction
does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..records import Span
from .actor_file import Actor, ActorFile, read_actor_file
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
        listed = (actors or read_actor_file()).actors.values()
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
    def _capitals(self) -> Mapping[str, str]:
        """What a form is in a headline -> the form."""
        if self._sure_only:
            return {}
        forms = {form.upper(): form for form in self._uses if len(form) >= SHORTEST_UPPER_CASE}
        return {capitals: form for capitals, form in forms.items() if capitals not in self._uses}

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        """What a form is in small letters -> the form."""
        return {form.lower(): form for form in self._uses if form.lower() not in _ALSO_WORDS}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        listed = {*self._uses, *self._capitals}
        forms = "|".join(map(re.escape, sorted(listed, key=len, reverse=True)))
        if self._any_case:
            forms = f"(?i:{'|'.join(map(re.escape, sorted(self._folded, key=len, reverse=True)))})|{forms}"
        part, articles = (r"[\w-]", "[Aa]n?|[Tt]he") if self._sure_only else (r"\w", "[Aa]n?|[Tt]he|AN|THE")
        return re.compile(rf"(?:\b(?P<article>(?:{articles}) ))?(?<!{part})(?P<form>{forms})(?!{part})")

    def codes(self, text: str) -> tuple[str, ...]:
        """Return the codes of the actors named in a text, in the order of their first mention."""
        return tuple(dict.fromkeys(self._sense(match)[0] for match in self._pattern.finditer(text)))

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
        for match in self._pattern.finditer(text):
            code, use = self._sense(match)
            if code not in mapping:
                continue
            new = self._actors[mapping[code]]
            form = self._form(new.code, use)
            if form is None:
                if not or_name:
                    return None
                form, use = new.name, "name"
            article = _article(match, form, takes_the=_takes_the(new), is_name=use == "name")
            if match["form"] in self._capitals:
                form, article = form.upper(), article.upper()
            if match["article"]:
                edits += [(*match.span("article"), article), (*match.span("form"), form)]
            else:
                edits.append((*match.span("form"), article + form))
            n += 1
        return Exchanged(edited(text, edits), tuple(moved(span, edits) for span in spans), n)

    def _sense(self, match: re.Match[str]) -> tuple[str, str]:
        form = match["form"]
        if form not in self._uses:
            form = self._capitals.get(form) or self._folded[form.lower()]
        return self._uses[form]

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


def _article(match: re.Match[str], form: str, *, takes_the: bool, is_name: bool) -> str:
    """The article, with the space behind it, that suits another form; empty for none."""
    found = match["article"] or ""
    if found and found.lower() != "the ":
        fitting = "an " if form[0] in "AEIO" else "a "
        return fitting.capitalize() if found[0].isupper() else fitting
    if not is_name:
        return found
    if not takes_the:
        return (
            found if match.string[match.end() : match.end() + 1] in ("-", "–") else ""
        )  # "the Iran-Peru talks"
    before = match.string[: match.start()].rstrip(" ")
    return found or ("The " if not before or before[-1] in '.!?\n“"' else "the ")


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
