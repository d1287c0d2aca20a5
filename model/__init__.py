"""From text to analysis: all that prediction needs.

    from diplotone.model import load
    analyzer = load()
    analysis = analyzer.analyze(article)

The names below are loaded when first used, so that importing the package, or asking a command for
its help, costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .analysis import Analysis, Comparison
    from .analyzer import Analyzer, load
    from .codebook import Codebook
    from .errors import DiplotoneError
    from .record_files import read_records
    from .records import Pair, Record

_HOMES = {
    "Analysis": "analysis",
    "Analyzer": "analyzer",
    "Codebook": "codebook",
    "Comparison": "analysis",
    "DiplotoneError": "errors",
    "Pair": "records",
    "Record": "records",
    "load": "analyzer",
    "read_records": "record_files",
}

__all__ = [
    "Analysis",
    "Analyzer",
    "Codebook",
    "Comparison",
    "DiplotoneError",
    "Pair",
    "Record",
    "load",
    "read_records",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
