"""Gradio, imported in half the time.

For each of its components Gradio reads its own source at import, works out a stub for editors from it and compares that
with the one on the disk, into which it writes where they differ. A class whose source file cannot be told is passed
over, and so, for the length of the import, no file of Gradio's classes is told.
"""

from __future__ import annotations

import inspect
from typing import Any


def import_gradio() -> None:
    """Import Gradio, so that `import gradio` costs nothing from then on; call it while no other thread imports."""
    getfile = inspect.getfile

    def untold(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.split(".")[0] == "gradio":
            raise OSError(f"{thing.__qualname__}: its file is not told while Gradio is imported")
        return getfile(thing)

    inspect.getfile = untold
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = getfile
