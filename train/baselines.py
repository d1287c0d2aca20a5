"""Simple methods that answer the benchmark's questions beside a release, so that its figures can be judged.

* VADER: a lexicon with rules (Hutto and Gilbert 2014); it knows polarity only.
* linear: logistic regressions on the mean embeddings of the encoder as it came, trained on the same sentences.

Both answer with a `Prediction`, as a release does, and so in each data set's own terms by the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import TOKENS_PER_BATCH, Prediction
from ..model.article.actors import Gazetteer
from ..model.codebook import Codebook, Task
from ..model.encoding import EncodedSentence, SentenceEncoder, TooLong
from ..model.records import Record
from .augment import with_silent_pairs
from .config import TrainConfig
from .metrics import confusion, macro_f1

if TYPE_CHECKING:
    from ..model.network import DiplotoneNetwork

NEUTRAL_BELOW = 0.05
"""VADER's own bound: a compound score nearer to 0 is neutral."""

STRENGTHS = (0.01, 0.1, 1.0)
"""Inverse strengths of regularisation, of which dev chooses."""


class Vader:
    """Polarity of the whole sentence, whoever it is of."""

    name = "VADER"
    tasks: Collection[str] = ("sentiment", "tone", "stance")

    def __init__(self, codebook: Codebook) -> None:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        self.codebook = codebook
        self._scorer = SentimentIntensityAnalyzer()

    def predict(self, records: Sequence[Record]) -> list[Prediction | TooLong]:
        """Return the polarity of each record's text, as sentiment, tone and the stance of every pair."""
        return [self._predict(record) for record in records]

    def _predict(self, record: Record) -> Prediction:
        compound = self._scorer.polarity_scores(record.text)["compound"]
        answers = {name: _by_polarity(self.codebook[name], compound) for name in self.tasks}
        return Prediction(
            sentence={name: answers[name] for name in ("sentiment", "tone")},
            pairs=tuple({"stance": answers["stance"]} for _ in record.pairs),
        )


def _by_polarity(task: Task, compound: float) -> NDArray[np.float32]:
    """The mildest label of the polarity's sign as the likeliest; among the others the polarity leans to its side."""
    sign = 0 if abs(compound) < NEUTRAL_BELOW else np.sign(compound)
    scores = np.array(task.scores)
    chosen = min(np.flatnonzero(np.sign(scores) == sign), key=lambda k: abs(scores[k]))
    weights = np.exp(compound * scores / max(abs(scores))) / len(task) / 10
    weights[chosen] = 1.0
    return (weights / weights.sum()).astype(np.float32)


class Linear:
    """Logistic regressions on frozen mean embeddings; `fit_linear` makes one."""

    name = "linear"
    tasks: Collection[str] = ("sentiment", "tone", "stance", "act")

    def __init__(self, codebook: Codebook, frozen: FrozenEncoder, models: Mapping[str, Any]) -> None:
        self.codebook = codebook
        self.gazetteer = Gazetteer.load()
        self._frozen = frozen
        self._models = models

    def predict(self, records: Sequence[Record]) -> list[Prediction | TooLong]:
        """Return probabilities for each record, in order; one that is too long, as the reason."""
        embedded = self._frozen.embed(records)
        places = [n for n, found in enumerate(embedded) if not isinstance(found, TooLong)]
        fitting = [found for found in embedded if not isinstance(found, TooLong)]
        sentences = np.array([sentence for sentence, _ in fitting])
        pairs = [vector for _, of_pairs in fitting for vector in of_pairs]
        by_task = {
            task.name: self._probabilities(task, sentences if task.level == "sentence" else np.array(pairs))
            for task in self.codebook
        }
        results: list[Prediction | TooLong] = [f for f in embedded if isinstance(f, TooLong)]
        done, predictions = 0, {}
        for row, (place, (_, of_pairs)) in enumerate(zip(places, fitting, strict=True)):
            predictions[place] = Prediction(
                sentence={task.name: by_task[task.name][row] for task in self.codebook.at("sentence")},
                pairs=tuple(
                    {task.name: by_task[task.name][done + k] for task in self.codebook.at("pair")}
                    for k in range(len(of_pairs))
                ),
            )
            done += len(of_pairs)
        too_long = iter(results)
        return [predictions[n] if n in predictions else next(too_long) for n in range(len(records))]

    def _probabilities(self, task: Task, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        found = np.zeros((len(vectors), len(task)), np.float32)
        if len(vectors):
            model = self._models[task.name]
            found[:, model[-1].classes_] = model.predict_proba(vectors)
        return found


Vectors = tuple[NDArray[np.float32], list[NDArray[np.float32]]]
"""Of a sentence (H,), of each of its pairs (3H,)."""


class FrozenEncoder:
    """The encoder as it came, without any training for these labels.

    A sentence is the mean of its tokens, a pair [sentence; mean of the source; mean of the target], with zeros for a
    source that there is not: what the network's own heads are given.
    """

    def __init__(self, network: DiplotoneNetwork, encoder: SentenceEncoder) -> None:
        self._network = network.eval()
        self._encoder = encoder

    def embed(self, records: Sequence[Record]) -> list[Vectors | TooLong]:
        """Return the vectors of each record, in order; of one that is too long, the reason."""
        import torch

        encoded = self._encoder.encode([r.text for r in records], [r.pairs for r in records])
        found: list[Vectors | TooLong] = [e if isinstance(e, TooLong) else TooLong(0, 0) for e in encoded]
        places = [n for n, e in enumerate(encoded) if isinstance(e, EncodedSentence)]
        fitting = [e for e in encoded if isinstance(e, EncodedSentence)]
        for numbers in self._encoder.batches(fitting, tokens=TOKENS_PER_BATCH):
            batch = self._encoder.collate([fitting[n] for n in numbers])
            with torch.inference_mode():
                hidden = (
                    self._network.encoder(
                        input_ids=torch.from_numpy(batch.input_ids),
                        attention_mask=torch.from_numpy(batch.attention_mask),
                    )
                    .last_hidden_state.float()
                    .numpy()
                )  # (B, S, H)
            mask = batch.attention_mask[..., None]
            means = (hidden * mask).sum(1) / mask.sum(1)  # (B, H)
            sources, targets = batch.source @ hidden, batch.target @ hidden  # (B, K, H)
            for row, n in enumerate(numbers):
                pairs = [
                    np.concatenate([means[row], sources[row, k], targets[row, k]]).astype(np.float32)
                    for k in range(len(fitting[n].pairs))
                ]
                found[places[n]] = (means[row].astype(np.float32), pairs)
        return found


def fit_linear(
    codebook: Codebook, config: TrainConfig, train: Sequence[Record], dev: Sequence[Record]
) -> Linear:
    """Train the logistic regressions, each with the strength that does best on dev.

    Args:
        codebook: Which labels there are.
        config: Names the encoder, the weight of classes and the share of silent pairs, as for a release.
        train: Labelled sentences.
        dev: Labelled sentences to choose by.

    Raises:
        ConfigError: The encoder is not there.
    """
    from .untrained import untrained_network

    frozen = FrozenEncoder(*untrained_network(config, codebook))
    if config.silent_pairs:
        train = with_silent_pairs(train, config.silent_pairs, seed=config.seed)
    vectors, known = frozen.embed(train), frozen.embed(dev)
    models = {
        task.name: _fit_task(task, _table(task, train, vectors), _table(task, dev, known), config)
        for task in codebook
    }
    return Linear(codebook, frozen, models)


def _table(
    task: Task, records: Sequence[Record], vectors: Sequence[Vectors | TooLong]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What has a label of a task, as vectors and numbers of labels."""
    rows, labels = [], []
    for record, found in zip(records, vectors, strict=True):
        if isinstance(found, TooLong):
            continue
        sentence, pairs = found
        holders = [(record, sentence)] if task.level == "sentence" else zip(record.pairs, pairs, strict=True)
        for holder, vector in holders:
            if (label := getattr(holder, task.name)) is not None:
                rows.append(vector)
                labels.append(task.index(label))
    return np.array(rows), np.array(labels, dtype=np.int64)


def _fit_task(
    task: Task,
    train: tuple[NDArray[np.float32], NDArray[np.int64]],
    dev: tuple[NDArray[np.float32], NDArray[np.int64]],
    config: TrainConfig,
) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    vectors, labels = train
    counts = np.bincount(labels, minlength=len(task))
    weights = {
        k: float((len(labels) / n) ** config.class_weight_power) for k, n in enumerate(counts) if n > 0
    }
    best, best_score = None, -1.0
    for strength in STRENGTHS:
        model = make_pipeline(
            StandardScaler(),
            LogisticRegression(C=strength, class_weight=weights, max_iter=200, tol=1e-3),
        )
        model.fit(vectors, labels)
        score = float(macro_f1(confusion(dev[1], model.predict(dev[0]), len(task)))) if len(dev[1]) else 0.0
        if score > best_score:
            best, best_score = model, score
    return best
