"""What must leave every label alone: typing errors, letter case, forms of Unicode, voice, and neutral words behind.

Each sentence is scored as it stands and changed; a label that is another than before has flipped.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..model.analysis import SentenceAnalysis
from ..model.analyzer import Analyzer, Prediction
from ..model.article.exchange import Edit, edited, moved
from ..model.records import Record
from .augment import misspelt, with_clause
from .changes import Changes
from .contrast import load_contrasts
from .predictor import Predictor
from .rows import Row, changes_rows, share_row

SURFACE_AIM, VOICE_AIM, APPENDED_AIM = "at most .03", "at most .05", "at most .01"

CLAUSES = (
    ", according to the printed record of the day",
    ", as the calendar of the week shows",
    ", in the wording that was filed on Tuesday",
)
"""Neutral words that are put before the full stop; none of those that training puts there (`augment.CLAUSES`)."""

NEUTRAL_SENTENCES = (
    "The record of the day has four pages.",
    "The text was printed on Tuesday.",
    "The hall has two doors.",
)

LOOK_ALIKES = str.maketrans("aceopxyABEHKMOPTX", "асеорхуАВЕНКМОРТХ")
"""Latin letters to the Cyrillic ones that are drawn alike."""

Change = Callable[[Record, random.Random], Record]


def _same_length(change: Callable[[str], str]) -> Change:
    """A change of single characters: all places stay."""
    return lambda record, rng: replace(record, text="".join(map(change, record.text)))


def _cased(change: Callable[[str], str]) -> Change:
    return _same_length(lambda c: change(c) if len(change(c)) == 1 else c)


def _full_width(character: str) -> str:
    return chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character


def _by_edits(find: Callable[[str], Iterator[Edit]]) -> Change:
    def change(record: Record, rng: random.Random) -> Record:
        edits = list(find(record.text))
        pairs = tuple(
            replace(
                pair,
                source=None if pair.source is None else moved(pair.source, edits),
                target=moved(pair.target, edits),
            )
            for pair in record.pairs
        )
        return replace(record, text=edited(record.text, edits), pairs=pairs)

    return change


def _curly(text: str) -> Iterator[Edit]:
    for found in re.finditer(r"['\"]", text):
        opens = found.start() == 0 or text[found.start() - 1].isspace()
        single, double = ("‘", "“") if opens else ("’", "”")
        yield (*found.span(), single if found[0] == "'" else double)


def _ligatures(text: str) -> Iterator[Edit]:
    forms = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}
    for found in re.finditer("ffi|ffl|ff|fi|fl", text):
        yield (*found.span(), forms[found[0]])


def _look_alike(text: str) -> Iterator[Edit]:
    """One letter of each word that has such a letter, and another Latin one to be known by."""
    for word in re.finditer(r"[A-Za-z]{2,}", text):
        for n, letter in enumerate(word[0]):
            if (other := letter.translate(LOOK_ALIKES)) != letter:
                yield word.start() + n, word.start() + n + 1, other
                break


def _inserted(character: str) -> Callable[[str], Iterator[Edit]]:
    def find(text: str) -> Iterator[Edit]:
        for word in re.finditer(r"[A-Za-z]{4,}", text):
            middle = (word.start() + word.end()) // 2
            yield middle, middle, character

    return find


KINDS: Mapping[str, Change] = {
    "a typo in one word of ten": misspelt,
    "upper case": _cased(str.upper),
    "lower case": _cased(str.lower),
    "full-width letters": _same_length(_full_width),
    "ligatures": _by_edits(_ligatures),
    "curly quotes": _by_edits(_curly),
    "look-alike letters": _by_edits(_look_alike),
    "zero-width spaces": _by_edits(_inserted("\u200b")),
    "soft hyphens": _by_edits(_inserted("\u00ad")),
}
"""Changes of the surface that a reader hardly notices."""


def robustness_rows(analyzer: Analyzer, records: Sequence[Record]) -> Iterator[Row]:
    """Yield the share of labels that flip, for each kind of change.

    Args:
        analyzer: The release.
        records: Sentences with their pairs.
    """
    plain = analyzer.predict(records)
    for kind, change in KINDS.items():
        yield from _flips(analyzer, records, plain, kind, change, SURFACE_AIM)
    yield from _voice(analyzer)
    yield from _flips(analyzer, records, plain, "a neutral clause behind", _longer, APPENDED_AIM)
    yield from _with_sentence_behind(analyzer, records)


def _longer(record: Record, rng: random.Random) -> Record:
    return with_clause(record, rng.choice(CLAUSES))


def _flips(
    predictor: Predictor,
    records: Sequence[Record],
    plain: Sequence[object],
    kind: str,
    change: Change,
    aim: str,
) -> Iterator[Row]:
    rng = random.Random(kind)
    told = [(n, change(record, rng)) for n, record in enumerate(records)]
    told = [(n, record) for n, record in told if record.text != records[n].text]
    changes = Changes()
    for (n, _), answer in zip(told, predictor.predict([record for _, record in told]), strict=True):
        before = plain[n]
        if isinstance(before, Prediction) and isinstance(answer, Prediction):
            changes.add(predictor.codebook, before, answer, n)
    yield from changes_rows("robustness", f"{kind}: labels that flip", changes, aim)


def _voice(analyzer: Analyzer) -> Iterator[Row]:
    """Active and passive of the same, from the contrast pairs: whatever is answered, it must be the same."""
    contrasts = load_contrasts(analyzer.codebook).get("voice", [])
    active = analyzer.predict([contrast.a.record for contrast in contrasts])
    passive = analyzer.predict([contrast.b.record for contrast in contrasts])
    changes = Changes()
    for n, (one, other) in enumerate(zip(active, passive, strict=True)):
        if isinstance(one, Prediction) and isinstance(other, Prediction):
            changes.add(analyzer.codebook, one, other, n)
    yield from changes_rows("robustness", "active or passive: labels that flip", changes, VOICE_AIM)


def _with_sentence_behind(analyzer: Analyzer, records: Sequence[Record]) -> Iterator[Row]:
    """A neutral sentence behind each, read as an article: sentiment, tone and all relations of the first."""
    flipped: list[bool] = []
    sentence_of: list[int] = []
    for n, record in enumerate(records):
        if not re.search(r"[.!?]\s*$", record.text):
            continue
        behind = NEUTRAL_SENTENCES[n % len(NEUTRAL_SENTENCES)]
        alone, followed = (
            analyzer.analyze(text, precedents=0).sentences
            for text in (record.text, f"{record.text.rstrip()} {behind}")
        )
        if len(alone) == 1:
            before, after = _answers(alone[0]), _answers(followed[0])
            flipped += [one != other for one, other in zip(before, after, strict=True)]
            sentence_of += [n] * len(before)
    if flipped:
        figure = "a neutral sentence behind: labels and relations that flip"
        yield share_row("robustness", figure, flipped, sentence_of, aim=APPENDED_AIM)


def _answers(sentence: SentenceAnalysis) -> list[object]:
    relations = {(p.source.code, p.target.code, p.stance.label, p.act.label) for p in sentence.pairs}
    return [sentence.sentiment.label, sentence.tone.label, relations]
