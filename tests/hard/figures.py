"""What the hard tests found, as figures: printed as Markdown, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured or tried."""

    part: str
    what: str
    found: str
    promise: str = ""
    """What must hold; empty where the figure is only told."""
    kept: bool | None = True
    """None where it could not be tried here."""


def as_table(figures: Iterable[Figure]) -> str:
    """Return figures as a Markdown table; a broken promise stands out."""
    rows = ["| part | what | found | promise | kept |", "|---|---|---|---|---|"]
    for f in figures:
        kept = "not tried" if f.kept is None else "" if not f.promise else "yes" if f.kept else "**NO**"
        cells = (f.part, f.what, f.found, f.promise, kept)
        rows.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(rows)


def write_json(figures: Iterable[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(f) for f in figures], indent=1) + "\n", encoding="utf-8")
