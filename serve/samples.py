"""The invented articles that the page offers to try."""

from __future__ import annotations

from importlib.resources import files

SAMPLES = {
    "A summit thaw": "summit_thaw.txt",
    "A border crisis": "border_crisis.txt",
    "A routine trade day": "trade_day.txt",
}
"""Title on the page -> file in `samples/`."""


def read_sample(title: str) -> str:
    """Return the text of a sample."""
    return files("diplotone.serve").joinpath("samples", SAMPLES[title]).read_text(encoding="utf-8")
