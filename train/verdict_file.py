"""Where a verdict lies: beside the files of the release that it is about, not among them.

The manifest does not list it, because the release was sealed before it could be judged.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from ..model.release import flush_to_disk

VERDICT_JSON = "verdict.json"
VERDICT_TEXT = "verdict.txt"
VERDICT_FILES = (VERDICT_JSON, VERDICT_TEXT)


def write_verdict(folder: Path, figures: dict[str, Any], text: str) -> None:
    """Write a verdict as words and as figures: these last, so that whoever reads an outcome has its words too.

    Raises:
        OSError: It cannot be written; nothing half written is left.
    """
    for name, content in ((VERDICT_TEXT, text), (VERDICT_JSON, json.dumps(figures, indent=1))):
        part = folder / (name + ".part")
        try:
            part.write_text(content + "\n", encoding="utf-8")
            flush_to_disk(part)
            part.replace(folder / name)
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink()
            raise


def read_verdict(folder: Path) -> dict[str, Any]:
    """Return the figures of the verdict beside a release; none where no verdict lies or can be read."""
    try:
        found = json.loads((folder / VERDICT_JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_outcome(folder: Path) -> str | None:
    """Return "promote", "refuse" or "undecided"; None where no verdict lies or can be read."""
    outcome = read_verdict(folder).get("outcome")
    return None if outcome is None else str(outcome)
