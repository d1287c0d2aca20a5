"""Files of what trainings reached, which a command that makes many of them goes on from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..model.errors import ConfigError

Outcome = TypeVar("Outcome")


def read_outcome_file(path: Path, outcomes: Callable[[Any], list[Outcome]], what: str) -> list[Outcome]:
    """Return the outcomes in a file; none where there is no such file.

    Args:
        path: JSON.
        outcomes: Makes them of what the JSON holds.
        what: What they are outcomes of, in words.

    Raises:
        ConfigError: The file holds something else.
    """
    try:
        return outcomes(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{path}: holds no outcomes of {what} ({error}); give another file") from error


def digest_of(made_of: Any) -> str:
    """Return the SHA-256 of what an outcome depends on, JSON-ready: the same, the same training."""
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()
