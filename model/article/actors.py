"""Finds the international actors of an article and links them to their codes.

Forms come from `configs/actors.toml`. What a form is worth is decided in steps: the longest form at a word
wins; the words around it rule out places, persons, languages and other actors; forms of two senses are
settled by the whole article; and each mention is widened to the role that it carries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..analysis import Mention
from .actor_file import Actor, ActorFile, Homograph, StandIn, read_actor_file, shipped_actor_file
from .anaphora import with_both_states
from .context import Context
from .forms import FormIndex, Match, Words
from .roles import Roles, WordSpan
from .sentences import Sentence

__all__ = ["Actor", "Gazetteer"]

_Found = tuple[WordSpan, tuple[str, ...]]
"""Words that name actors, and whom."""


class Gazetteer:
    """The actors that are known. Use `Gazetteer.load()` to get one; it may be shared between threads."""

    def __init__(self, file: ActorFile) -> None:
        self._actors = file.actors
        self._index = FormIndex(file.forms)
        self._context = Context(file.wording)
        self._roles = Roles(file.wording)
        self._homographs = {text: homograph for homograph in file.homographs for text in homograph.forms}
        self._stand_ins: dict[str, list[StandIn]] = defaultdict(list)
        for stand_in in file.stand_ins:
            for text in stand_in.words:
                self._stand_ins[text].append(stand_in)

    @classmethod
    def load(cls, path: Path | None = None) -> Gazetteer:
        """Return the gazetteer of a TOML file; without a path of the shipped one.

        Raises:
            ConfigError: The file cannot be read or contradicts itself.
        """
        return cls(shipped_actor_file() if path is None else read_actor_file(path))

    def __getitem__(self, code: str) -> Actor:
        return self._actors[code]

    def __contains__(self, code: object) -> bool:
        return code in self._actors

    def __iter__(self) -> Iterator[Actor]:
        return iter(self._actors.values())

    def __len__(self) -> int:
        return len(self._actors)

    def find(self, text: str, sentences: Sequence[Sentence]) -> tuple[tuple[Mention, ...], ...]:
        """Return the actors of each sentence, in the order of the text.

        Mentions do not overlap, except that one expression may stand for two actors ("the two Koreas"):
        then two mentions have the same span. Offsets are those of the article.

        Args:
            text: The article.
            sentences: Its sentences, as `split` gives them.
        """
        views = [Words(text, sentence.start, sentence.end) for sentence in sentences]
        matches = [self._index.matches(words) for words in views]
        introduced = {
            match.form.text
            for words, found in zip(views, matches, strict=True)
            for match in found
            if match.form.use == "short" and self._context.has_leading_title(match, words)
        }
        article = _Article(text, matches, self._homographs, introduced)
        return with_both_states(
            text,
            sentences,
            [
                tuple(self._mentions(words, found, article)) if sentence.kind != "dateline" else ()
                for sentence, words, found in zip(sentences, views, matches, strict=True)
            ],
        )

    def _mentions(self, words: Words, matches: Sequence[Match], article: _Article) -> Iterator[Mention]:
        kept = list(self._kept(words, matches, article))
        places = set(self._mere_places(words, [match for match, _ in kept]))
        starts = [*(self._roles.title_start(match, words) for match, _ in kept[1:]), len(words)][: len(kept)]
        spans = [
            (self._roles.widen(match, words, self._actors[codes[0]].kind, following), codes)
            for (match, codes), following in zip(kept, starts, strict=True)
        ]
        for span, codes in self._joined(spans, words):
            for code in codes:
                yield self._mention(words, span, code, is_place=span in places)

    def _mere_places(self, words: Words, matches: Sequence[Match]) -> Iterator[WordSpan]:
        """The states that only say where something is; a mention that is wider than its name is none."""
        place_end = -9
        for match in matches:
            after_place = place_end >= 0 and _is_listed(place_end, match.first, words)
            is_state = self._actors[match.form.codes[0]].kind in ("state", "historical")
            if is_state and self._context.is_mere_place(match, words, after_place=after_place):
                place_end = match.last
                yield WordSpan(match.first, match.last)

    def _kept(
        self, words: Words, matches: Sequence[Match], article: _Article
    ) -> Iterator[tuple[Match, tuple[str, ...]]]:
        """The matches that stand for actors here, with the codes of those."""
        place_end = -9
        for number, match in enumerate(matches):
            if match.form.use == "phrase":
                continue
            if match.form.use == "stand-in":
                if codes := self._stand_in_codes(match, words, article):
                    yield match, codes
                continue
            codes = article.codes(match)
            if not codes or not self._context.stands_for_actor(match, words, self._actors[codes[0]].kind):
                continue
            if match.form.use == "seat":
                after_place = place_end >= 0 and _is_listed(place_end, match.first, words)
                following = matches[number + 1] if number + 1 < len(matches) else None
                if self._context.is_place(match, words, after_place=after_place) or _is_in_own_state(
                    match, following, words
                ):
                    place_end = match.last
                    continue
            if self._is_home_of_movement(match, matches[number + 1 : number + 2], words):
                continue
            yield match, codes

    def _is_home_of_movement(self, match: Match, following: Sequence[Match], words: Words) -> bool:
        """Whether a state only tells where a movement is from: "Yemen's Houthis", "Lebanese Hezbollah"."""
        if not following or not following[0].form.codes or match.form.use not in ("name", "adjective"):
            return False
        after = words.after_possessive(match.last) if words.is_possessive(match.last) else match.last + 1
        adjoins = following[0].first == after and (after > match.last + 1 or words.joint(match.last) == " ")
        own = self._actors[match.form.codes[0]].kind
        return adjoins and own == "state" and self._actors[following[0].form.codes[0]].kind == "movement"

    def _stand_in_codes(self, match: Match, words: Words, article: _Article) -> tuple[str, ...]:
        """Whom a stand-in stands for here; nobody where the article does not make it plain."""
        for stand_in in self._stand_ins[match.form.text]:
            is_plain = (
                set(stand_in.needs) <= article.named and not set(stand_in.doubtful_with) & article.named
            )
            if is_plain and _fits(stand_in, match, words):
                return stand_in.codes
        return ()

    def _joined(self, spans: Sequence[_Found], words: Words) -> Iterator[_Found]:
        """The spans with neighbours of one actor made one: "South Korean President" + "Moon Jae-in"."""
        last: _Found | None = None
        for span, codes in spans:
            overlaps = last is not None and span.first <= last[0].last
            if last and last[1] == codes and (overlaps or _adjoin(last[0], span, words)):
                last = WordSpan(min(last[0].first, span.first), max(last[0].last, span.last)), codes
            elif last and self._roles.is_envoy_to(last[0], span, words):
                last = WordSpan(last[0].first, span.last), last[1]
            elif not overlaps:
                if last:
                    yield last
                last = span, codes
        if last:
            yield last

    def _mention(self, words: Words, span: WordSpan, code: str, *, is_place: bool) -> Mention:
        start, end = words.starts[span.first], words.ends[span.last]
        following = words.text[end : min(end + 1, words.end)]
        mention = words.text[start:end]
        if (following == "." and _is_dotted(mention)) or (following == ")" and " (" in mention):
            end += 1
        return Mention(
            start=start,
            end=end,
            text=words.text[start:end],
            code=code,
            kind=self._actors[code].kind,
            place=is_place,
        )


class _Article:
    """What the whole article settles: who is named in it, and in which sense its homographs are meant."""

    def __init__(
        self,
        text: str,
        matches: Sequence[Sequence[Match]],
        homographs: dict[str, Homograph],
        introduced: set[str],
    ) -> None:
        self._text = text
        self._homographs = homographs
        self._introduced = introduced
        self._senses: dict[Homograph, str] = {}
        self.named: set[str] = {
            code
            for found in matches
            for match in found
            if match.form.use not in ("short", "stand-in", "phrase")
            for code in self.codes(match)
        }
        self._persons = {m.form.codes for found in matches for m in found if m.form.use == "person"}

    def codes(self, match: Match) -> tuple[str, ...]:
        """Whom a form stands for in this article; nobody where it is not to be told."""
        if homograph := self._homographs.get(match.form.text):
            sense = self._sense(homograph)
            return (sense,) if sense else ()
        if match.form.use == "short":
            short = match.form.text
            named = tuple(code for code in match.form.codes if self._has_full_form(code, short))
            if not named and short in self._introduced:
                named = match.form.codes
            return named if len(named) == 1 else ()
        return match.form.codes

    def _has_full_form(self, code: str, short: str) -> bool:
        """Whether the article holds a fuller form: for a family name, that of a person."""
        return (code,) in self._persons if short[1:].islower() or " " in short else code in self.named

    def _sense(self, homograph: Homograph) -> str:
        if homograph not in self._senses:
            is_other = self._count(homograph.cues) > self._count(homograph.against)
            self._senses[homograph] = homograph.other if is_other else homograph.usual
        return self._senses[homograph]

    def _count(self, words: Sequence[str]) -> int:
        if not words:
            return 0
        return len(re.findall(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", self._text))


def _fits(stand_in: StandIn, match: Match, words: Words) -> bool:
    """Whether the words before and after a stand-in are such that it stands for somebody."""
    before = words.low(match.first - 1)
    if stand_in.after and not {before, f"{words.low(match.first - 2)} {before}"} & set(stand_in.after):
        return False
    if stand_in.before:
        rest = words.text[words.ends[match.last] : words.ends[match.last] + 40].split()
        return " ".join(rest).startswith(stand_in.before)
    following = match.last + 1
    if words.joint(match.last) != " ":
        return True
    # "the North Atlantic", "the South of the country"
    is_name = words.is_capitalised(following) and not words.is_title_case
    is_region = words.low(following) == "of" and words.low(following + 1) in ("the", "his", "their")
    return not is_name and not is_region


def _adjoin(one: WordSpan, other: WordSpan, words: Words) -> bool:
    """Whether two mentions are one expression: side by side, or "Iraq's Jane Doe", "European Union (EU)"."""
    joint = words.joint(one.last)
    if other.first == one.last + 1:
        return joint in (" ", ". ") or (joint == " (" and words.joint(other.last).startswith(")"))
    return (
        other.first == one.last + 2
        and words.is_possessive(one.last)
        and words.is_capitalised(other.first)
        and words.joint(one.last + 1) == " "
    )


def _is_listed(place_end: int, first: int, words: Words) -> bool:
    """Whether a seat goes on a list of places: "in Geneva, Vienna and Kabul"."""
    between = [words.low(n) for n in range(place_end + 1, first)]
    joint = words.joint(place_end)
    return (not between and joint in (", ", "/")) or (between in (["and"], ["or"]) and joint in (" ", ", "))


def _is_in_own_state(match: Match, following: Match | None, words: Words) -> bool:
    """Whether the state itself follows as in an address: "Kyiv, Ukraine"."""
    return (
        following is not None
        and following.first == match.last + 1
        and words.joint(match.last) == ", "
        and following.form.codes == match.form.codes
        and following.form.use == "name"
    )


def _is_dotted(text: str) -> bool:
    """Whether a mention ends in an abbreviation with full stops: "U.S"."""
    return len(text) > 2 and text[:-1].rstrip().endswith(".") and text[-1].isupper()
