"""Where figures go: into a file of JSON, and into pages between two marks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- figures: written by the benchmark -->", "<!-- end of figures -->"


def put_into_json(path: Path, figures: Mapping[str, Any], *, kept: Collection[str] | None) -> None:
    """Write figures, rounded to four digits.

    Args:
        path: The file.
        figures: By name.
        kept: Names of other figures that stay as the file has them, since another benchmark writes them; None lets all
            others stay.
    """
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    others = {name: found for name, found in before.items() if name not in figures}
    whole = (
        others | dict(figures)
        if kept is None
        else dict(figures) | {name: others[name] for name in kept if name in others}
    )
    path.write_text(json.dumps(_rounded(whole), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def put_into_page(page: Path, table: str) -> None:
    """Put a table between the two marks of a page, where there is such a page."""
    if page.exists():
        before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if begin and end:
            page.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
