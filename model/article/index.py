"""The tone of a whole article as one number that anyone can check."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from ..analysis import Judgement, SentenceAnalysis, ToneIndex, ToneParts
from ..codebook import Task
from .bootstrap import interval
from .scope import NOT_PROSE


def expected_score(judgement: Judgement, task: Task) -> float:
    """Return the mean of the label scores under a judgement's probabilities, on the task's own scale."""
    return sum(task[name].score * p for name, p in judgement.probabilities.items())


def label_of_mean(value: float, task: Task) -> str:
    """Return the label that a mean of scores deserves: the scale cut into as many equal parts as it has labels.

    A mean of many sentences rarely comes near an end of the scale, so the label nearest to it would nearly
    always be the middle one. Of five steps from -2 to +2 each gets .8: +.4 to +1.2 is the fourth. On a
    border the label nearer to the middle is taken.
    """
    low, high = task.labels[0].score, task.labels[-1].score
    middle = (low + high) / 2
    part = (high - low) / len(task)
    steps = (
        value - middle
    ) / part  # parts from the middle; the middle label reaches half a part to each side
    away = max(math.ceil(round(abs(steps) - 0.5, 9)), 0)
    away = min(away, (len(task) - 1) // 2)
    return task.labels[(len(task) - 1) // 2 + (away if steps > 0 else -away)].name


def indexed_tones(sentences: Sequence[SentenceAnalysis], tone: Task) -> list[float]:
    """Return the expected tone, on the task's own scale, of each sentence that counts in the index."""
    return [
        expected_score(s.tone, tone)
        for s in sentences
        if s.kind not in NOT_PROSE and s.tone.label is not None
    ]


def tone_index(sentences: Sequence[SentenceAnalysis], tone: Task, minimum: int = 3) -> ToneIndex:
    """Return the tone index of an article: the mean expected tone of its scored sentences, -1 to +1.

    A sentence's expected tone is the mean of the tone scale under its probabilities; the index is the mean
    of these divided by the end of the scale. Sentences without a tone label count in `total` only, lines that
    are no prose (bylines, speakers' labels, the page's own furniture) not at all.

    Args:
        sentences: All sentences of the article.
        tone: The tone task of the codebook, for the scale.
        minimum: Fewest scored sentences that give an index; with fewer it has a reason instead.
    """
    prose = [sentence for sentence in sentences if sentence.kind not in NOT_PROSE]
    tones = indexed_tones(sentences, tone)
    n, total = len(tones), len(prose)
    scale = max(abs(score) for score in tone.scores)
    if n < max(minimum, 1):
        return ToneIndex(
            value=None,
            low=None,
            high=None,
            n=n,
            total=total,
            formula=f"no index from {n} of {total} sentences",
            label=None,
            reason=f"{n} of {total} sentences could be scored; an index needs at least {max(minimum, 1)}",
        )
    value = fmean(tones) / scale
    low, high = interval([score / scale for score in tones])
    return ToneIndex(
        value=value,
        low=low,
        high=high,
        n=n,
        total=total,
        formula=(
            f"sum of expected tone / ({n} sentences × {scale:g})"
            f" = {sum(tones):+.2f} / {n * scale:g} = {value:+.3f}"
        ),
        label=label_of_mean(value * scale, tone),
    )


def tone_parts(sentences: Sequence[SentenceAnalysis], tone: Task) -> ToneParts:
    """Return the tone of what the narrator says and of what is quoted, of headline and body, and along the article.

    Args:
        sentences: All sentences of the article.
        tone: The tone task of the codebook, for the scale.
    """
    prose = [sentence for sentence in sentences if sentence.kind not in NOT_PROSE]
    headlines = [sentence for sentence in prose if sentence.kind == "headline"]
    body = [sentence for sentence in prose if sentence.kind != "headline"]
    first, second = round(len(body) / 3), round(2 * len(body) / 3)
    return ToneParts(
        without_quotes=tone_index([s for s in prose if s.voice.kind != "quote"], tone),
        quotes=tone_index([s for s in prose if s.voice.kind == "quote"], tone),
        headline=tone_index(headlines, tone, minimum=1),
        body=tone_index(body, tone),
        arc=(
            tone_index(body[:first], tone, minimum=1),
            tone_index(body[first:second], tone, minimum=1),
            tone_index(body[second:], tone, minimum=1),
        ),
    )
