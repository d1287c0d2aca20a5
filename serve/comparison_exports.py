"""A comparison as a file to take away: JSON with everything, CSV and Parquet with a row per sentence or pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .exports import Form, as_file

SIDES = ("before", "after")


def export_comparison(comparison: Mapping[str, Any], form: Form) -> bytes:
    """Return a comparison (`Comparison.as_dict()`) as the bytes of a file.

    Raises:
        MissingExtra: The form is Parquet and pyarrow is not installed.
    """
    return as_file(comparison, change_rows, form)


def change_rows(comparison: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one flat row per pair of sentences, or sentence alone, in the order of both texts.

    What one side lacks is None. Words that differ stand as "a | b"; where words were only added on the other
    side, nothing stands for them on this one.
    """
    texts = {side: comparison[side] for side in SIDES}
    provenance = {side: text["provenance"] for side, text in texts.items()}
    rows = []
    for change in comparison["sentences"]:
        found = {
            side: None if change[side] is None else texts[side]["sentences"][change[side]] for side in SIDES
        }
        rows.append(
            {
                "change": _kind(change),
                "before": change["before"],
                "after": change["after"],
                "similarity": change["similarity"],
                "words_dropped": _words(change, "before"),
                "words_added": _words(change, "after"),
                "tone_shift": change["tone_shift"],
                "steps": change["steps"],
                **{key: value for side in SIDES for key, value in _side(side, found[side], change).items()},
                **{f"text_sha256_{side}": provenance[side]["text_sha256"] for side in SIDES},
                **{key: provenance["after"][key] for key in ("release", "precision", "codebook", "date")},
            }
        )
    return rows


def _kind(change: Mapping[str, Any]) -> str:
    """As `SentenceChange.kind` has it."""
    if change["before"] is None:
        return "added"
    if change["after"] is None:
        return "dropped"
    return "reworded" if change["edits"] else "same"


def _words(change: Mapping[str, Any], side: str) -> str:
    return " | ".join(" ".join(edit[side]["text"].split()) for edit in change["edits"] if edit[side])


def _side(side: str, sentence: Mapping[str, Any] | None, change: Mapping[str, Any]) -> dict[str, Any]:
    tone, rung = (sentence or {}).get("tone") or {}, change[f"rung_{side}"] or {}
    found = {
        "tone": tone.get("label"),
        "tone_probability": max(tone.get("probabilities", {}).values(), default=None),
        "tone_unscored": tone.get("reason"),
        "phrase": rung.get("phrase"),
        "rung": rung.get("rung"),
        "rung_height": rung.get("height"),
        "text": (sentence or {}).get("text"),
    }
    return {f"{key}_{side}": value for key, value in found.items()}
