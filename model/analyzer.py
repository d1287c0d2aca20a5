"""The one prediction path: page, HTTP, command line, archives and evaluation all come through here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .analysis import (
    Analysis,
    Comparison,
    Judgement,
    Mention,
    PairAnalysis,
    Precedents,
    Provenance,
    SentenceAnalysis,
    Voice,
)
from .article.actors import Gazetteer
from .article.compare import compare
from .article.dyads import aggregate, candidate_pairs
from .article.index import tone_index, tone_parts
from .article.ladder import Ladder
from .article.scope import reasons_unscored
from .article.sentences import Sentence, split
from .article.ties import Ties
from .article.voices import attribute
from .codebook import Codebook, Task
from .encoding import EncodedSentence, SentenceEncoder, TooLong
from .engine import PRECISIONS, Engine, OpenVinoEngine, TorchEngine
from .errors import ConfigError, TextError
from .precedents import TEXTS_FILE, VECTORS_FILE, PrecedentIndex
from .records import Pair, Record, check_rows
from .relations import is_mere_mention, relation_features
from .release import Release, current_release, open_release

N_PRECEDENTS = 3
"""Labelled sentences that are set beside each sentence of an article."""

MAX_CHARS = 2_000_000
"""Longest text that is analysed at once: about a thousand pages."""

TOKENS_PER_BATCH = 2_048
"""Padded tokens that go through the network at once; keeps memory flat whatever comes in."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Calibrated probabilities for one record, in codebook order."""

    sentence: Mapping[str, NDArray[np.float32]]
    """Per sentence task. *Shape:* (labels,)"""
    pairs: tuple[Mapping[str, NDArray[np.float32]], ...]
    """Per pair, per pair task. *Shape:* (labels,)"""
    embedding: NDArray[np.float32] | None = None
    """The mean of the sentence's tokens; None where the release does not give it out. *Shape:* (H,)"""


@dataclass(frozen=True, slots=True)
class _Read:
    """An article before its judgements: what each list holds of a sentence stands at the sentence's number."""

    sentences: Sequence[Sentence]
    mentions: Sequence[tuple[Mention, ...]]
    reasons: Sequence[str | None]
    """Why a sentence is not judged."""
    ties: Sequence[Ties]
    candidates: Sequence[Sequence[tuple[Mention, Mention]]]
    predictions: Mapping[int, Prediction | TooLong]
    """Of the sentences that are judged."""


def load(
    release: str | Path | None = None,
    *,
    engine: Literal["openvino", "torch"] = "openvino",
    threads: int | None = None,
    precision: str | None = None,
) -> Analyzer:
    """Return an analyzer with a release: the one given, else the promoted one, else the shipped one.

    Args:
        release: A release folder.
        engine: "openvino" serves; "torch" runs the fp32 network and needs the train extra.
        threads: Threads of "openvino"; None takes the cores that this process may use.
        precision: What "openvino" computes in, one of `PRECISIONS`; None takes what the release was tested in.
            "bf16" is some twice as fast on processors that have it and the same as "f32" on others; its
            probabilities are up to .02 off, and of a thousand labels one or two are others.

    Raises:
        ReleaseError: The folder is missing or damaged.
        ConfigError: There is no such engine or precision.
    """
    if engine not in ("openvino", "torch"):
        raise ConfigError(f'engine "{engine}" is not one of openvino, torch')
    if precision not in (None, *PRECISIONS):
        raise ConfigError(f'precision "{precision}" is not one of {", ".join(PRECISIONS)}')
    folder = Path(release) if release is not None else current_release()
    with ThreadPoolExecutor(1) as beside:  # reads words, in Python, while bytes are hashed and weights loaded
        reading = beside.submit(Gazetteer.load)
        opened = open_release(folder)
        if engine == "openvino":
            runner: Engine = OpenVinoEngine(
                folder,
                precision=precision or opened.calibration.precision,
                threads=threads,
                digest=opened.digest,
            )
        else:
            runner = TorchEngine(folder)
        encoder = SentenceEncoder.from_folder(folder, opened.reading)
    return Analyzer(opened, runner, encoder, reading.result())


class Analyzer:
    """Scores records and reads articles with one release.

    Use `load()` to get one. An analyzer is not to be shared between threads, because of its engine; all else of it
    may be.
    """

    def __init__(
        self, release: Release, engine: Engine, encoder: SentenceEncoder, gazetteer: Gazetteer | None = None
    ) -> None:
        self.release = release
        self.engine = engine
        self.encoder = encoder.padded_for(engine.precision)
        self.gazetteer = Gazetteer.load() if gazetteer is None else gazetteer

    @property
    def codebook(self) -> Codebook:
        """The codebook of the release."""
        return self.release.codebook

    @cached_property
    def ladder(self) -> Ladder:
        """The phrases of diplomatic register; read when first used, since records alone do not need them."""
        return Ladder.load()

    # ------------------------------------------------------------------------------- sentences

    def score(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the records with `"predicted"` added, in the order given.

        Every judgement holds a label, the probability of each label and, where the label is None, the
        reason. Pairs come in the order given. Unknown keys are handed back as they came.

        Args:
            rows: Records (see `records`); labels that they hold are left alone.

        Raises:
            RecordError: A row is faulty; the text lists every fault. A row's number, from 1, is its line.
        """
        records = check_rows(rows, self.codebook).raise_for_faults()
        return [
            record.as_dict() | {"predicted": predicted}
            for record, predicted in zip(records, self.score_records(records), strict=True)
        ]

    def score_records(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Return what `score` adds as `"predicted"`, for records that have been checked, in order."""
        return [
            self._predicted(record, prediction)
            for record, prediction in zip(records, self.predict(records), strict=True)
        ]

    def predict(self, records: Sequence[Record]) -> list[Prediction | TooLong]:
        """Return calibrated probabilities for each record, in order; one that is too long, as the reason.

        A record's numbers do not depend on what else is scored with it.
        """
        encoded = self.encoder.encode([r.text for r in records], [r.pairs for r in records])
        results: list[Prediction | TooLong | None] = [e if isinstance(e, TooLong) else None for e in encoded]
        places = [n for n, e in enumerate(encoded) if isinstance(e, EncodedSentence)]
        fitting = [e for e in encoded if isinstance(e, EncodedSentence)]
        for numbers in self.encoder.batches(fitting, tokens=TOKENS_PER_BATCH):
            logits, embeddings = self.engine.run_and_embed(
                self.encoder.collate([fitting[n] for n in numbers])
            )
            probabilities = {task: self._softmax(task, values) for task, values in logits.items()}
            for row, n in enumerate(numbers):
                results[places[n]] = Prediction(
                    sentence={t.name: probabilities[t.name][row] for t in self.codebook.at("sentence")},
                    pairs=tuple(
                        {t.name: probabilities[t.name][row, slot] for t in self.codebook.at("pair")}
                        for slot in range(len(fitting[n].pairs))
                    ),
                    embedding=None if embeddings is None else embeddings[row],
                )
        return [result for result in results if result is not None]

    def _softmax(self, task: str, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        scaled = logits / self.release.calibration.temperatures[task]
        exponentials = np.exp(scaled - scaled.max(-1, keepdims=True))
        return exponentials / exponentials.sum(-1, keepdims=True)

    def _predicted(self, record: Record, prediction: Prediction | TooLong) -> dict[str, Any]:
        if isinstance(prediction, TooLong):
            unscored = Judgement(label=None, probabilities={}, reason=str(prediction))
            sentence = {task.name: unscored for task in self.codebook.at("sentence")}
            pairs = [{task.name: unscored for task in self.codebook.at("pair")} for _ in record.pairs]
        else:
            sentence = self._judge_all("sentence", prediction.sentence)
            pairs = [self._judge_all("pair", pair) for pair in prediction.pairs]
        plain: dict[str, Any] = {name: judgement.as_dict() for name, judgement in sentence.items()}
        return plain | {"pairs": [{name: j.as_dict() for name, j in pair.items()} for pair in pairs]}

    def _judge_all(
        self, level: Literal["sentence", "pair"], probabilities: Mapping[str, NDArray[np.float32]]
    ) -> dict[str, Judgement]:
        return {task.name: self._judge(task, probabilities[task.name]) for task in self.codebook.at(level)}

    def _judge(self, task: Task, probabilities: NDArray[np.float32]) -> Judgement:
        best = int(probabilities.argmax())
        threshold = self.release.calibration.thresholds[task.name]
        sure = probabilities[best] >= threshold
        return Judgement(
            label=task.names[best] if sure else None,
            probabilities=dict(zip(task.names, map(float, probabilities), strict=True)),
            reason=None
            if sure
            else f"not sure: the likeliest label, {task.names[best]}, has a probability of"
            f" {probabilities[best]:.2f}, below the {threshold:.2f} that is asked for",
        )

    # -------------------------------------------------------------------------------- articles

    def analyze(self, text: str, *, precedents: int = N_PRECEDENTS) -> Analysis:
        """Return everything that can be said of an article.

        Args:
            text: The article as it stands, up to `MAX_CHARS` characters.
            precedents: How many labelled sentences to set beside each sentence, 0 for none.

        Raises:
            TextError: The text is no string, empty or too long.
        """
        _check_text(text)
        read = self._read(text)
        voices = attribute(text, read.sentences, read.mentions)
        analysed = tuple(self._sentence(n, text, voice, read) for n, voice in enumerate(voices))
        if precedents > 0:
            analysed = self._with_precedents(analysed, read.predictions, precedents)
        return Analysis(
            tone=tone_index(analysed, self.codebook["tone"]),
            tone_parts=tone_parts(analysed, self.codebook["tone"]),
            shares={task.name: label_shares(task, analysed) for task in self.codebook.at("sentence")},
            sentences=analysed,
            dyads=aggregate(analysed, self.codebook["stance"]),
            provenance=Provenance(
                text_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                release=self.release.label,
                precision=self.engine.precision,
                codebook=self.codebook.version,
                diplotone=_version(),
                date=datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )

    def possible_relations(self, text: str) -> Iterator[tuple[Mention, Mention, dict[str, float]]]:
        """Yield source and target of every pair that is scored in a text, with its features.

        Which of them are reported is the release's rule to say (see `relations`).

        Raises:
            TextError: As `analyze` does.
        """
        _check_text(text)
        read = self._read(text)
        for number in range(len(read.sentences)):
            for source, target, features, _ in self._possible_relations(number, read):
                yield source, target, features

    def _read(self, text: str) -> _Read:
        sentences = split(text)
        mentions = self.gazetteer.find(text, sentences)
        reasons = reasons_unscored(text, sentences)
        ties = [Ties(text, sentence, found) for sentence, found in zip(sentences, mentions, strict=True)]
        candidates = [
            () if reason else candidate_pairs(tie.bearers, tie.may_be_related)
            for reason, tie in zip(reasons, ties, strict=True)
        ]
        readable = [n for n, reason in enumerate(reasons) if reason is None]
        predictions = self.predict([_record(text, sentences[n], candidates[n]) for n in readable])
        return _Read(
            sentences, mentions, reasons, ties, candidates, dict(zip(readable, predictions, strict=True))
        )

    def compare(self, before: str, after: str) -> Comparison:
        """Return two statements side by side: what was changed, and which way the tone went.

        Args:
            before: The earlier text, or the one to measure by.
            after: The other.

        Raises:
            TextError: A text is no string, empty or too long, or both together have too many sentences.
        """
        return compare(
            self.analyze(before, precedents=0), self.analyze(after, precedents=0), self.codebook["tone"]
        )

    def _sentence(self, number: int, text: str, voice: Voice, read: _Read) -> SentenceAnalysis:
        sentence, reason, prediction = (
            read.sentences[number],
            read.reasons[number],
            read.predictions.get(number),
        )
        pairs: tuple[PairAnalysis, ...] = ()
        if isinstance(prediction, Prediction):
            judgements = self._judge_all("sentence", prediction.sentence)
            relations = read.ties[number].without_mirror_images(self._relations(number, read))
            pairs = tuple(pair for pair in relations if not is_mere_mention(pair))
        else:
            unscored = Judgement(label=None, probabilities={}, reason=reason or str(prediction))
            judgements = {task.name: unscored for task in self.codebook.at("sentence")}
        return SentenceAnalysis(
            id=number,
            start=sentence.start,
            end=sentence.end,
            text=text[sentence.start : sentence.end],
            kind=sentence.kind,
            voice=voice,
            sentiment=judgements["sentiment"],
            tone=judgements["tone"],
            mentions=read.mentions[number],
            pairs=pairs,
            rungs=() if reason else self.ladder.find(text, sentence.start, sentence.end),
        )

    def _relations(self, number: int, read: _Read) -> Iterator[tuple[PairAnalysis, float]]:
        """The pairs of which a sentence says something, surely enough, and how surely."""
        rule = self.release.calibration.relations
        for source, target, features, judgements in self._possible_relations(number, read):
            probability = rule.probability(features)
            if probability >= rule.threshold:
                yield PairAnalysis(source=source, target=target, **judgements), probability

    def _possible_relations(
        self, number: int, read: _Read
    ) -> Iterator[tuple[Mention, Mention, dict[str, float], dict[str, Judgement]]]:
        """The pairs of a sentence, with their features and judgements."""
        prediction, ties = read.predictions.get(number), read.ties[number]
        if not isinstance(prediction, Prediction):
            return
        actors = len({mention.code for mention in read.mentions[number]})
        for (source, target), probabilities in zip(read.candidates[number], prediction.pairs, strict=True):
            judgements = self._judge_all("pair", probabilities)
            features = relation_features(
                source,
                target,
                {task: judgement.probabilities for task, judgement in judgements.items()},
                actors=actors,
                joined=ties.are_joined(source, target),
            )
            yield source, target, features, judgements

    # ------------------------------------------------------------------------------ precedents

    @cached_property
    def why_no_precedents(self) -> str | None:
        """Why this release has no labelled sentences to set beside others; None where it has."""
        if {TEXTS_FILE, VECTORS_FILE} <= self.release.files:
            return None
        return (
            f"{self.release.label} holds no labelled sentences; diplotone-train fit puts them into a release"
        )

    @cached_property
    def _index(self) -> PrecedentIndex:
        return PrecedentIndex.load(self.release.folder)

    def _with_precedents(
        self,
        sentences: Sequence[SentenceAnalysis],
        predictions: Mapping[int, Prediction | TooLong],
        n: int,
    ) -> tuple[SentenceAnalysis, ...]:
        """The sentences, each with the labelled ones nearest to it or the reason why there are none."""
        embeddings = {
            number: prediction.embedding
            for number, prediction in predictions.items()
            if isinstance(prediction, Prediction) and prediction.embedding is not None
        }
        found: dict[int, Precedents] = {}
        if embeddings and self.why_no_precedents is None:
            nearest = self._index.nearest(np.stack(list(embeddings.values())), n)
            found = {
                number: Precedents(nearest=near) for number, near in zip(embeddings, nearest, strict=True)
            }
        return tuple(
            replace(
                sentence,
                precedents=found.get(
                    sentence.id, Precedents(reason=self.why_no_precedents or sentence.tone.reason)
                ),
            )
            for sentence in sentences
        )


@cache
def _version() -> str:
    """The version of the package; looking it up goes through every folder of packages."""
    return version("diplotone")


def _record(text: str, sentence: Sentence, candidates: Sequence[tuple[Mention, Mention]]) -> Record:
    return Record(
        text=text[sentence.start : sentence.end],
        id="",
        pairs=tuple(
            Pair(
                source=(source.start - sentence.start, source.end - sentence.start),
                target=(target.start - sentence.start, target.end - sentence.start),
            )
            for source, target in candidates
        ),
    )


def label_shares(task: Task, sentences: Sequence[SentenceAnalysis]) -> dict[str, float]:
    """Return the share of each label of a sentence task among the sentences that have one."""
    labels = [getattr(sentence, task.name).label for sentence in sentences]
    scored = [label for label in labels if label is not None]
    return {name: scored.count(name) / len(scored) if scored else 0.0 for name in task.names}


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TextError(f"the text is of type {type(text).__name__}; it must be a string")
    if not text.strip():
        raise TextError("the text is empty; paste an article or a statement")
    if len(text) > MAX_CHARS:
        raise TextError(
            f"the text has {len(text):,} characters; at most {MAX_CHARS:,} are analysed at once, split it"
        )
