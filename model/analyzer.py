"""The one prediction path: page, HTTP, command line, archives and evaluation all come through here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .analysis import Analysis, Judgement, Mention, PairAnalysis, Provenance, SentenceAnalysis, Voice
from .article.actors import Gazetteer
from .article.dyads import aggregate, candidate_pairs
from .article.index import tone_index
from .article.scope import reasons_unscored
from .article.sentences import Sentence, split
from .article.voices import attribute
from .codebook import Codebook, Task
from .encoding import EncodedSentence, SentenceEncoder, TooLong
from .engine import Engine, OpenVinoEngine, TorchEngine
from .errors import ConfigError, TextError
from .records import Pair, Record, check_rows
from .release import Release, current_release, open_release

MAX_CHARS = 2_000_000
"""Longest text that is analysed at once: about a thousand pages."""

TOKENS_PER_BATCH = 4_096
"""Padded tokens that go through the network at once; keeps memory flat whatever comes in."""


SURE_WITHOUT_ACT = 0.9
"""Least probability of a side, 0..1, at which a pair without an act is reported as a relation. Of pairs that merely
stand in one sentence the network sees many as friends or foes; an act is the better witness."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Calibrated probabilities for one record, in codebook order."""

    sentence: Mapping[str, NDArray[np.float32]]
    """Per sentence task. *Shape:* (labels,)"""
    pairs: tuple[Mapping[str, NDArray[np.float32]], ...]
    """Per pair, per pair task. *Shape:* (labels,)"""


def load(release: str | Path | None = None, *, engine: Literal["openvino", "torch"] = "openvino") -> Analyzer:
    """Return an analyzer with a release: the one given, else the promoted one, else the shipped one.

    Args:
        release: A release folder.
        engine: "openvino" serves; "torch" runs the fp32 network and needs the train extra.

    Raises:
        ReleaseError: The folder is missing or damaged.
        ConfigError: There is no such engine.
    """
    opened = open_release(Path(release) if release is not None else current_release())
    if engine == "openvino":
        runner: Engine = OpenVinoEngine(opened.folder, precision=opened.calibration.precision)
    elif engine == "torch":
        runner = TorchEngine(opened.folder)
    else:
        raise ConfigError(f'engine "{engine}" is not one of openvino, torch')
    encoder = SentenceEncoder.from_folder(opened.folder, max_tokens=opened.max_tokens)
    return Analyzer(opened, runner, encoder)


class Analyzer:
    """Scores records and reads articles with one release.

    Use `load()` to get one. An analyzer is not to be shared between threads.
    """

    def __init__(self, release: Release, engine: Engine, encoder: SentenceEncoder) -> None:
        self.release = release
        self.engine = engine
        self.encoder = encoder
        self.gazetteer = Gazetteer.load()

    @property
    def codebook(self) -> Codebook:
        """The codebook of the release."""
        return self.release.codebook

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
            record.as_dict() | {"predicted": self._predicted(record, prediction)}
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
            logits = self.engine.run(self.encoder.collate([fitting[n] for n in numbers]))
            probabilities = {task: self._softmax(task, values) for task, values in logits.items()}
            for row, n in enumerate(numbers):
                results[places[n]] = Prediction(
                    sentence={t.name: probabilities[t.name][row] for t in self.codebook.at("sentence")},
                    pairs=tuple(
                        {t.name: probabilities[t.name][row, slot] for t in self.codebook.at("pair")}
                        for slot in range(len(fitting[n].pairs))
                    ),
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

    def analyze(self, text: str) -> Analysis:
        """Return everything that can be said of an article.

        Args:
            text: The article as it stands, up to `MAX_CHARS` characters.

        Raises:
            TextError: The text is no string, empty or too long.
        """
        _check_text(text)
        sentences = split(text)
        mentions = self.gazetteer.find(text, sentences)
        voices = attribute(text, sentences, mentions)
        reasons = reasons_unscored(text, sentences)
        candidates = [
            () if reason else candidate_pairs(found) for reason, found in zip(reasons, mentions, strict=True)
        ]
        readable = [n for n, reason in enumerate(reasons) if reason is None]
        predictions: dict[int, Prediction | TooLong] = dict(
            zip(
                readable,
                self.predict([_record(text, sentences[n], candidates[n]) for n in readable]),
                strict=True,
            )
        )
        analysed = tuple(
            self._sentence(n, text, s, voices[n], mentions[n], candidates[n], predictions.get(n), reasons[n])
            for n, s in enumerate(sentences)
        )
        return Analysis(
            tone=tone_index(analysed, self.codebook["tone"]),
            shares={task.name: _shares(task, analysed) for task in self.codebook.at("sentence")},
            sentences=analysed,
            dyads=aggregate(analysed, self.codebook["stance"]),
            provenance=Provenance(
                text_sha256=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                release=self.release.label,
                codebook=self.codebook.version,
                diplotone=version("diplotone"),
                date=datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )

    def _sentence(
        self,
        number: int,
        text: str,
        sentence: Sentence,
        voice: Voice,
        mentions: tuple[Mention, ...],
        candidates: Sequence[tuple[Mention, Mention]],
        prediction: Prediction | TooLong | None,
        reason: str | None,
    ) -> SentenceAnalysis:
        pairs: tuple[PairAnalysis, ...] = ()
        if isinstance(prediction, Prediction):
            judgements = self._judge_all("sentence", prediction.sentence)
            pairs = tuple(self._relations(candidates, prediction))
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
            mentions=mentions,
            pairs=pairs,
        )

    def _relations(
        self, candidates: Sequence[tuple[Mention, Mention]], prediction: Prediction
    ) -> Iterator[PairAnalysis]:
        """The pairs of which the sentence says something, surely enough."""
        for (source, target), probabilities in zip(candidates, prediction.pairs, strict=True):
            judgements = self._judge_all("pair", probabilities)
            stance, act = judgements["stance"], judgements["act"]
            takes_side = stance.label not in (None, "neutral") and stance.confidence >= SURE_WITHOUT_ACT
            if act.label not in (None, "NONE") or takes_side:
                yield PairAnalysis(source=source, target=target, stance=stance, act=act)


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


def _shares(task: Task, sentences: Sequence[SentenceAnalysis]) -> dict[str, float]:
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
