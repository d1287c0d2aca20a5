"""Who speaks each sentence: the narrator, a quoted person, or somebody whose words are reported.

A sentence mostly inside quotation marks is a quote, whoever wrote the frame around it, and so is a turn of
a transcript. A sentence that says that somebody said something is reported. The speaker is an actor named
as the subject of the word of saying, or the one who was speaking already.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ..analysis import Mention, Voice, VoiceKind
from .quotations import Span, quotations
from .sentences import Sentence

QUOTED_SHARE = 0.5
"""Of a sentence's characters: with more than this share inside quotation marks it is a quote."""

FARTHEST_SUBJECT = 90
"""Characters between a speaker and the word of saying."""

FARTHEST_INVERTED = 40
"""The same where the word of saying comes first: "said the Kenyan minister"."""

_ALWAYS = "said|says|told|tells|insisted|insists|argued|argues|remarked|tweeted"
_FINITE = "is|was|are|were|has|had|have|will|would|can|could|may|might|must|should|does|did|appear(?:ed|s)|seem(?:ed|s)"
"""Verbs that show that a clause follows a word of saying without "that": "announced Benin was to join"."""
_WITH_THAT = (
    "saying|stated|added|adds|announced|announces|declared|declares|claimed|warned|warns|noted|"
    "stressed|stresses|emphasi[sz]ed|emphasi[sz]es|explained|explains|acknowledged|acknowledges|admitted|"
    "admits|reiterated|reiterates|reaffirmed|asserted|asserts|alleged|alleges|vowed|vows|pledged|promised|wrote|"
    "writes|replied|responded|asked|asks|commented|concluded|confirmed|confirms|denied|denies|maintained|"
    "maintains|reported|suggested|suggests|testified|believed|believes|believe|predicted|"
    "underlined|underscored|recalled|observed|complained|conceded|cautioned|contended|proclaimed|revealed|"
    "disclosed|informed|assured"
)
_ALSO_NOUNS = "states|claims|reports|notes"
_SAYING = re.compile(
    rf"\b(?:{_ALWAYS}|say\b(?<!to say)(?<!not say)(?<!would say)(?<!can say)(?<!should say))\b(?! to be\b)"
    rf"|\b(?=[a-z])(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )(?:{_WITH_THAT})\b"
    r"(?=[,:]?[\"“]|[,:]? [\"“‘']|[,:]\s|\s(?:\w+\s){0,4}?that\b|\s(?:it|he|she|they|there|we)\s|\.?$)"
    r"|(?<=he )continued\b(?! to\b)"
    rf"|\b(?:{_ALSO_NOUNS})\b(?= that\b| [\"“])"
)
_CLAUSE_FOLLOWS = re.compile(
    r"(?:\b(?:[A-Z][\w.'’-]{0,40}|authorities|experts|media|minister|ministry|observers|officials|police|president|"
    r"spokes\w+)|\))\s(?:announced|announces|claimed|noted|reported|warned|suggested|believed?|predicted)"
    rf"\s(?!to\b)(?:[\w.'’]{{1,40}}\s){{1,5}}?(?:{_FINITE})\b"
)
_LETTER = re.compile(r"(?:statement|letter|tweet|message|communiqu[eé]|declaration)\s+(?:read|reads|ran)\b")
_WORD_OF_SAYING = re.compile(
    r"\b(?:statement|letter|tweet|message|communiqu[eé]|declaration|announced|announces|claimed|noted|reported|warned|"
    r"suggested|believed?|predicted)\b"
)
_PARTICIPLE = re.compile(r"saying|adding|warning|noting|stressing|insisting|arguing")
_COLON_AND_QUOTE = re.compile(r":\s*\"")
_PREPOSITION = re.compile(
    r"\b(?:of|by|in|on|at|to|for|with|from|against|about|than|into|over)(?: the)?\s$", re.IGNORECASE
)
_INVERTED = re.compile(r"[,\"”’'?!]\s*$")
_ACCORDING = re.compile(
    r"\b(?:according to|in the words of|as quoted by|in the view of)\s|(?<=,\s)per\s", re.I
)
_ONE_CLAUSE = re.compile(r"(?:(?!\b(?:that|when|after|as)\b|, (?:but|and|while)\b)[^;:\"“])*")
_ONLY_NAMES = re.compile(r"(?:\s|,|(?:[Tt]he|an?|of|[A-Z][\w.'’-]*)(?=[\s,]))*")
_PRONOUN = re.compile(r"\b(?:he|she|they|it|who|we|I)(?:\s\w+ly|\s(?:also|later|then|had|has))?\s*$", re.I)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a sentence by itself tells about its voice."""

    kind: VoiceKind
    speaker: str | None = None
    looks_back: bool = False
    """The speaker is the one who spoke before: a pronoun, or a bare quotation."""


def attribute(
    text: str, sentences: Sequence[Sentence], mentions: Sequence[Sequence[Mention]]
) -> tuple[Voice, ...]:
    """Return who speaks each sentence, with the code of the speaker where an actor is named.

    Args:
        text: The article.
        sentences: Its sentences.
        mentions: The actors of each sentence.
    """
    quoted = quotations(text)
    frames = [
        _frame(text, sentence, named, _overlaps(quoted, sentence))
        for sentence, named in zip(sentences, mentions, strict=True)
    ]
    speakers = _speakers_of_quotations(frames, sentences, quoted)
    voices: list[Voice] = []
    turn: Voice | None = None
    for number, (sentence, frame) in enumerate(zip(sentences, frames, strict=True)):
        if sentence.kind == "speaker":
            turn = Voice(kind="quote", speaker=mentions[number][0].code if mentions[number] else None)
            voices.append(Voice(kind="narrator"))
            continue
        if turn and sentence.kind in ("body", "bullet"):
            voices.append(turn)
            continue
        speaker = frame.speaker
        if frame.looks_back:
            speaker = speakers.get(number)
            goes_on = number > 0 and _in_one_paragraph(text, sentences[number - 1], sentence)
            if speaker is None and goes_on and voices[-1].kind != "narrator":
                speaker = voices[-1].speaker
        voices.append(Voice(kind=frame.kind, speaker=speaker))
    return tuple(voices)


def _overlaps(quoted: Sequence[Span], sentence: Sentence) -> list[Span]:
    """The quotations that a sentence shares characters with, each cut to it."""
    number = max(bisect_right(quoted, (sentence.start, sentence.start)) - 1, 0)
    found: list[Span] = []
    while number < len(quoted) and quoted[number][0] < sentence.end:
        start, end = quoted[number]
        if end > sentence.start:
            found.append((max(start, sentence.start), min(end, sentence.end)))
        number += 1
    return found


def _speakers_of_quotations(
    frames: Sequence[_Frame], sentences: Sequence[Sentence], quoted: Sequence[Span]
) -> dict[int, str]:
    """For sentences inside a longer quotation, its speaker, whom another of its sentences names."""
    speakers: dict[int, str] = {}
    starts = [sentence.start for sentence in sentences]
    for start, end in quoted:
        inside = range(max(bisect_right(starts, start) - 1, 0), bisect_right(starts, end - 1))
        speaker = next((named for n in inside if (named := frames[n].speaker)), None)
        if speaker:
            speakers.update(dict.fromkeys(inside, speaker))
    return speakers


def _in_one_paragraph(text: str, before: Sentence, sentence: Sentence) -> bool:
    return "\n" not in text[before.end : sentence.start]


# ----------------------------------------------------------------------------------------- frames


def _frame(text: str, sentence: Sentence, mentions: Sequence[Mention], quoted: Sequence[Span]) -> _Frame:
    """What the words of one sentence tell of its voice."""
    narration = _Narration(text, sentence, mentions, quoted)
    says, speaker, is_pronoun = narration.speaker()
    is_mostly_quoted = sum(end - start for start, end in quoted) > QUOTED_SHARE * (
        sentence.end - sentence.start
    )
    opens_quoted = bool(quoted) and quoted[0][0] == sentence.start and _is_clause(text, quoted[0])
    if is_mostly_quoted or (opens_quoted and says):
        looks_back = speaker is None and (is_pronoun or not says)
        return _Frame("quote", speaker, looks_back=looks_back)
    if says:
        return _Frame("reported", speaker, looks_back=speaker is None and is_pronoun)
    return _Frame("narrator")


def _is_clause(text: str, quotation: Span) -> bool:
    """Whether a quotation is a clause that its speaker follows: "It is false," said ..."""
    return text[quotation[0] : quotation[1]].rstrip("\"”’'").endswith((",", "?", "!", "—", "…"))


class _Narration:
    """A sentence without what it quotes: blanked, the marks kept, so that offsets stay."""

    def __init__(
        self, text: str, sentence: Sentence, mentions: Sequence[Mention], quoted: Sequence[Span]
    ) -> None:
        pieces: list[str] = []
        position = sentence.start
        for start, end in quoted:
            pieces += [text[position:start], '"', " " * (end - start - 2), '"' if end - start > 1 else ""]
            position = end
        pieces.append(text[position : sentence.end])
        self._text = "".join(pieces)
        self._offset = sentence.start
        self._mentions = [m for m in mentions if self._part(m.start, m.end).strip()]
        self._starts = [m.start for m in self._mentions]

    def _part(self, start: int, end: int) -> str:
        """What stands between two places of the article."""
        return self._text[max(start - self._offset, 0) : max(end - self._offset, 0)]

    def speaker(self) -> tuple[bool, str | None, bool]:
        """Whether somebody is said to speak, the code of the first who is an actor, whether a pronoun speaks."""
        says = is_pronoun = False
        for match in _SAYING.finditer(self._text):
            says = True
            if _PARTICIPLE.fullmatch(match[0]) and (speaker := self._subject_of_sentence(match.start())):
                return True, speaker, False
            start, end = match.start() + self._offset, match.end() + self._offset
            is_inverted = bool(_INVERTED.search(self._part(start - 3, start)))
            speaker = self._first_after(end, FARTHEST_INVERTED, _ONLY_NAMES) if is_inverted else None
            speaker = speaker or self._last_before(start)
            if speaker:
                return True, speaker, False
            is_pronoun = is_pronoun or bool(_PRONOUN.search(self._part(start - 24, start)))
        for pattern in (_LETTER, _CLAUSE_FOLLOWS):
            for match in pattern.finditer(self._text):
                says = True
                word = _WORD_OF_SAYING.search(self._text, match.start())
                start = word.start() if word else match.start()
                if speaker := self._last_before(start + self._offset):
                    return True, speaker, False
        for match in _ACCORDING.finditer(self._text):
            says = True
            if speaker := self._first_after(match.end() + self._offset, FARTHEST_SUBJECT, _ONE_CLAUSE):
                return True, speaker, False
        if not says and not is_pronoun and (colon := _COLON_AND_QUOTE.search(self._text)):
            return False, self._subject_of_sentence(colon.start()), False
        return says, None, is_pronoun

    def _subject_of_sentence(self, before: int) -> str | None:
        """The first actor of the sentence, if it stands before a place in it and after no preposition."""
        if not self._mentions or self._starts[0] >= before + self._offset:
            return None
        if _PREPOSITION.search(self._part(self._starts[0] - 16, self._starts[0])):
            return None
        return self._mentions[0].code

    def _last_before(self, verb: int) -> str | None:
        """The actor that is the subject of a verb: the last one before it, unless there is another subject."""
        number = bisect_left(self._starts, verb) - 1
        if number < 0:
            return None
        subject = self._mentions[number]
        if verb - subject.end > FARTHEST_SUBJECT:
            return None
        between = self._part(subject.end, verb)
        if ";" in between or _PRONOUN.search(between):
            return None
        # ", Jane Doe, said" is an apposition; ", Jane Doe said" another subject.
        if between.count(",") == 1 and between.split(",")[1].strip(" \"'’”"):
            return None
        return subject.code

    def _first_after(self, end: int, within: int, between: re.Pattern[str]) -> str | None:
        """The actor that follows an inverted verb or "according to", if only such words are between."""
        number = bisect_left(self._starts, end)
        if number == len(self._mentions) or self._starts[number] - end > within:
            return None
        subject = self._mentions[number]
        return subject.code if between.fullmatch(self._part(end, subject.start)) else None
