"""What an analysis holds: frozen types, from one judgement up to a whole article.

`as_dict()` of each type is what HTTP returns and, with the article's text, `diplotone analyze --format json`
prints. Character offsets are `[start, end)` in the text as it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

VoiceKind = Literal["narrator", "quote", "reported"]
SentenceKind = Literal["headline", "dateline", "byline", "caption", "bullet", "speaker", "furniture", "body"]
"""What a sentence is in its article; furniture is the page's own ("Read more", "Tap to install")."""
ActorKind = Literal["state", "organisation", "movement", "historical"]
ChangeKind = Literal["same", "reworded", "dropped", "added"]
"""What became of a sentence between two texts."""


class _AsDict:
    """Plain dicts, lists, strings and numbers out of a frozen dataclass."""

    __slots__ = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the value as JSON-ready types, every field under its own name."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}  # type: ignore[arg-type]


def _plain(value: Any) -> Any:
    if isinstance(value, _AsDict):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no as_dict")
    return round(value, 6) if isinstance(value, float) else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement(_AsDict):
    """One label with its probabilities, or no label with the reason why."""

    label: str | None
    probabilities: Mapping[str, float]
    """Calibrated probability of every label, in codebook order; empty where nothing was scored."""
    reason: str | None = None
    """Why there is no label; None where there is one."""

    @property
    def confidence(self) -> float:
        """Probability of the likeliest label; 0.0 where nothing was scored."""
        return max(self.probabilities.values(), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(_AsDict):
    """An international actor found in the text."""

    start: int
    end: int
    text: str
    code: str
    """ISO 3166-1 alpha-3 for states, else capitals such as UN, NATO, HAMAS."""
    kind: ActorKind
    place: bool = False
    """Whether it only says where something is ("in Yemen"): nobody's source or target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice(_AsDict):
    """Who speaks a sentence."""

    kind: VoiceKind
    speaker: str | None = None
    """Code of the speaking actor, where one is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAnalysis(_AsDict):
    """One ordered pair of actors in one sentence."""

    source: Mention
    target: Mention
    stance: Judgement
    act: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class RungMention(_AsDict):
    """A phrase of diplomatic register found in the text, and where it stands on the ladder."""

    start: int
    end: int
    text: str
    phrase: str
    """The phrase as the ladder names it: "take note with concern"."""
    means: str
    """What diplomats read in the phrase."""
    rung: str
    height: int
    """Steps from the rung that commits to nothing: above 0 friendly, below 0 unfriendly."""
    gloss: str
    """What the rung as a whole says."""
    negated: bool
    """Denied by the words before it ("did not condemn"): named, but not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedentPair(_AsDict):
    """A labelled pair of a precedent, its actors as the sentence names them."""

    source: str | None
    """None: how the text itself treats the target."""
    target: str
    stance: str | None
    act: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent(_AsDict):
    """A labelled sentence that the network has learnt from, and how near it is to the one at hand."""

    text: str
    similarity: float
    """Cosine of the two embeddings, -1..1."""
    sentiment: str | None
    tone: str | None
    pairs: tuple[PrecedentPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedents(_AsDict):
    """The labelled sentences nearest to one, or none with the reason why."""

    nearest: tuple[Precedent, ...] = ()
    """Nearest first."""
    reason: str | None = None
    """Why there are none; None where there are."""


NOT_ASKED_FOR = Precedents(reason="not asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceAnalysis(_AsDict):
    """One sentence, scored."""

    id: int
    """Position in the article, from 0; dyads name their evidence by it."""
    start: int
    end: int
    text: str
    kind: SentenceKind
    voice: Voice
    sentiment: Judgement
    tone: Judgement
    mentions: tuple[Mention, ...]
    pairs: tuple[PairAnalysis, ...]
    """The pairs whose relation is sure enough to report."""
    rungs: tuple[RungMention, ...] = ()
    """Phrases of the diplomatic ladder, from left to right; none in a sentence that is not read at all."""
    precedents: Precedents = NOT_ASKED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Asymmetry(_AsDict):
    """How much better one stands toward another than the other toward it."""

    difference: float
    """Mean of this direction minus that of the other, -2..2."""
    low: float
    high: float
    """95 % bootstrap interval, the evidence of each direction drawn independently."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadFigures(_AsDict):
    """Who stands where toward whom, over whatever its evidence is from."""

    source: str
    target: str
    stance: str
    """Label of the mean, the scale being cut into three equal parts: from ±1/3 it is a side."""
    mean: float
    """Mean expected stance of the evidence, -1 opposed to +1 supportive."""
    low: float
    high: float
    """95 % bootstrap interval of the mean; equal to it where n is 1."""
    n: int
    acts: Mapping[str, int]
    """Acts of the evidence, most frequent first."""
    asymmetry: Asymmetry | None = None
    """Against the other direction; None where that has no evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dyad(DyadFigures):
    """Who stands where toward whom over the whole article."""

    evidence: tuple[int, ...]
    """Ids of the sentences that it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(_AsDict):
    """A sentence of one of many articles."""

    article: str
    """Its name."""
    sentence: int
    """Id within the article."""
    start: int
    end: int
    """Offsets in the article's characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DyadOverArticles(DyadFigures):
    """Who stands where toward whom over many articles.

    For the interval whole articles are drawn; of a single article, its sentences.
    """

    articles: int
    """Articles with evidence."""
    evidence: tuple[Evidence, ...]
    """In the order of the articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneIndex(_AsDict):
    """Tone of the article on one scale, with what it takes to check it."""

    value: float | None
    """Mean expected tone, -1 hostile to +1 conciliatory; None where too few sentences were scored."""
    low: float | None
    high: float | None
    """95 % bootstrap interval over the scored sentences."""
    n: int
    """Scored sentences."""
    total: int
    """Sentences in the article."""
    formula: str
    label: str | None
    """Label of the value, the scale being cut into five equal parts."""
    reason: str | None = None

    @property
    def coverage(self) -> float:
        """Scored share of the sentences, 0..1."""
        return self.n / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneParts(_AsDict):
    """The tone of an article's parts, each with its own n: whose words they are, and where they stand."""

    without_quotes: ToneIndex
    """The narrator's sentences and reported speech."""
    quotes: ToneIndex
    """Sentences that are mostly somebody's own words."""
    headline: ToneIndex
    """Its headlines; one sentence is enough."""
    body: ToneIndex
    """All but its headlines."""
    arc: tuple[ToneIndex, ToneIndex, ToneIndex]
    """The first, the middle and the last third of the body, by sentences; one scored sentence is enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance(_AsDict):
    """What it takes to repeat a result."""

    text_sha256: str
    release: str
    """Name of the release and the first twelve digits of its manifest's sha256."""
    precision: str
    """What the network computed in, "f32" or "bf16"."""
    codebook: str
    diplotone: str
    """Version of the package."""
    date: str
    """When the analysis was made: UTC, ISO 8601, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis(_AsDict):
    """A whole article, read."""

    tone: ToneIndex
    tone_parts: ToneParts
    shares: Mapping[str, Mapping[str, float]]
    """For sentiment and for tone: share of each label among the scored sentences."""
    sentences: tuple[SentenceAnalysis, ...]
    dyads: tuple[Dyad, ...]
    """Strongest evidence first."""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment(_AsDict):
    """A piece of one of two compared texts."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(_AsDict):
    """Words that differ between two aligned sentences."""

    before: Fragment | None
    """Dropped or replaced words; None where words were only added."""
    after: Fragment | None
    """Added or replacing words; None where words were only dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceChange(_AsDict):
    """Two sentences that stand for each other, or one that has no counterpart."""

    before: int | None
    """Id of the sentence in the first text; None where it was added."""
    after: int | None
    """Id of the sentence in the second text; None where it was dropped."""
    similarity: float | None
    """Share of the words, weighed by their rarity, that the two have in common, 0..1; None for one alone."""
    edits: tuple[Edit, ...]
    """Words that differ, from left to right; empty for one sentence alone."""
    tone_shift: float | None
    """Expected tone of the second minus that of the first, on the scale of the tone index (-1..1 each)."""
    rung_before: RungMention | None
    """The phrase of the first sentence that is farthest from noncommittal and not denied."""
    rung_after: RungMention | None
    steps: int | None
    """Rungs from the first phrase to the second, above 0 up to friendlier ones; None unless there are both."""

    @property
    def kind(self) -> ChangeKind:
        """What became of the sentence; the same is one of which no word changed, whatever became of its commas."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "dropped"
        return "reworded" if self.edits else "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseChange(_AsDict):
    """A phrase of diplomatic register that only one of two compared texts has."""

    phrase: str
    """As the ladder names it: "take note with concern"."""
    means: str
    """What diplomats read in the phrase."""
    rung: str
    height: int
    """Steps from the rung that commits to nothing: above 0 friendly, below 0 unfriendly."""
    gloss: str
    """What the rung as a whole says."""
    negated: bool
    """Denied in the text ("did not condemn"); the same phrase said outright counts as another."""
    sentences: tuple[int, ...]
    """Ids of the sentences that hold it, in the text that has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(_AsDict):
    """Two texts side by side."""

    before: Analysis
    after: Analysis
    sentences: tuple[SentenceChange, ...]
    """In the order of both texts; every sentence of either stands in exactly one."""
    aligned: int
    """Pairs of sentences that stand for each other."""
    phrases_dropped: tuple[PhraseChange, ...]
    """Phrases of diplomatic register that the first text has and the second has not, in the text's order."""
    phrases_added: tuple[PhraseChange, ...]
    """Those that the second text has and the first has not."""
    tone_shift: float | None
    """Tone index of the second text minus that of the first, -2..2; None where one has no index."""
    low: float | None
    high: float | None
    """95 % bootstrap interval of the shift, the sentences of each text drawn independently."""
    reason: str | None
    """Why there is no shift of the whole; None where there is one."""

    @property
    def dropped(self) -> int:
        """Sentences of the first text that have no counterpart."""
        return len(self.before.sentences) - self.aligned

    @property
    def added(self) -> int:
        """Sentences of the second text that have no counterpart."""
        return len(self.after.sentences) - self.aligned
