"""The invented articles and statements that the page offers to try."""

from __future__ import annotations

from importlib.resources import files

SAMPLES = {
    "A summit thaw": "summit_thaw.txt",
    "A border crisis": "border_crisis.txt",
    "A routine trade day": "trade_day.txt",
}
"""Title on the page -> file in `samples/`."""

STATEMENTS = ("statement_march.txt", "statement_april.txt")
"""Two statements of one ministry on one matter, the earlier one first."""


def read_sample(title: str) -> str:
    """Return the text of a sample."""
    return _read(SAMPLES[title])


def read_statements() -> tuple[str, str]:
    """Return the two statements that the page offers to compare."""
    earlier, later = STATEMENTS
    return _read(earlier).strip(), _read(later).strip()


def _read(name: str) -> str:
    return files("diplotone.serve").joinpath("samples", name).read_text(encoding="utf-8")
