"""The scored texts of an archive: one row of figures for each, written line by line and read back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..model.analysis import Analysis, SentenceAnalysis
from ..model.analyzer import Analyzer
from ..model.article.index import expected_score
from ..model.codebook import Task
from .archive_file import ArchiveText

RESULTS = "texts.jsonl"

LONGEST_QUOTE = 400
"""Characters of a sentence that is quoted; a list of a thousand names is cut."""


def scored(analyzer: Analyzer, text: ArchiveText) -> dict[str, Any]:
    """Return the row of one text: where it comes from, its figures, and what it takes to repeat them."""
    analysis = analyzer.analyze(text.text)
    return {
        "row": text.row,
        "id": text.id,
        "date": text.date.isoformat() if text.date else None,
        "begins": " ".join(text.text[:160].split()),
        **_figures(analysis),
        "strongest": _strongest(analysis, analyzer.codebook["tone"]),
        "text_sha256": analysis.provenance.text_sha256,
        "release": analysis.provenance.release,
        "precision": analysis.provenance.precision,
        "codebook": analysis.provenance.codebook,
        "diplotone": analysis.provenance.diplotone,
        "scored": analysis.provenance.date,
    }


def _figures(analysis: Analysis) -> dict[str, Any]:
    tone = analysis.tone
    return {
        "tone": tone.value if tone.value is None else round(tone.value, 4),
        "low": tone.low if tone.low is None else round(tone.low, 4),
        "high": tone.high if tone.high is None else round(tone.high, 4),
        "label": tone.label,
        "n": tone.n,
        "total": tone.total,
        "reason": tone.reason,
        "shares": {
            task: {k: round(v, 4) for k, v in shares.items()} for task, shares in analysis.shares.items()
        },
        "dyads": [
            {"source": d.source, "target": d.target, "stance": d.stance, "mean": round(d.mean, 4), "n": d.n}
            for d in analysis.dyads
        ],
    }


def _strongest(analysis: Analysis, tone: Task) -> list[dict[str, Any]]:
    """Of the sentences that lean to either end of the tone scale, the one that leans most; none, one or two."""
    scale = max(abs(score) for score in tone.scores)

    def lean(sentence: SentenceAnalysis) -> float:
        return expected_score(sentence.tone, tone) / scale

    found = []
    for sign in (-1, +1):
        leaning = [s for s in analysis.sentences if s.tone.label and tone[s.tone.label].score * sign > 0]
        if leaning:
            sentence = max(leaning, key=lambda s: sign * lean(s))
            text = " ".join(sentence.text.split())
            found.append(
                {
                    "sentence": sentence.id,
                    "text": text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 2]} …",
                    "label": sentence.tone.label,
                    "value": round(lean(sentence), 4),
                }
            )
    return found


def read_lines(folder: Path) -> bytes:
    """Return the rows that are scored so far as JSONL; a row that is being written is left out."""
    path = folder / RESULTS
    data = path.read_bytes() if path.exists() else b""
    return data[: data.rfind(b"\n") + 1]


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows that are scored so far."""
    return [json.loads(line) for line in read_lines(folder).splitlines()]


FLAT = ("row", "id", "date", "begins", "tone", "low", "high", "label", "n", "total", "reason")
PROVENANCE = ("text_sha256", "release", "precision", "codebook", "diplotone", "scored")


def flat_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one flat row per text, for CSV and Parquet."""
    return [
        {
            **{key: row[key] for key in FLAT},
            **{
                f"{task}_{name}": share
                for task, shares in row["shares"].items()
                for name, share in shares.items()
            },
            "dyads": "; ".join(
                f"{d['source']}>{d['target']} {d['mean']:+.2f} ({d['n']})" for d in row["dyads"]
            ),
            **{key: row[key] for key in PROVENANCE},
        }
        for row in rows
    ]
