"""What can go wrong, as exceptions a person can act on.

    DiplotoneError
    ├── CodebookError    the codebook cannot be read or contradicts itself
    ├── ConfigError      a configuration file or an override is wrong
    ├── RecordError      labelled or unlabelled records are faulty (carries every fault)
    ├── TextError        a text cannot be analysed at all (empty, too long, not a string)
    ├── ReleaseError     a release folder is missing, damaged or of another format
    └── MissingExtra     a part needs packages that are not installed

Every message says where, what was found, what is allowed and what to do. The command line prints
it as one line and exits with 2, the page shows it, HTTP answers 4xx with the same words.
"""

from __future__ import annotations

import importlib.util


class DiplotoneError(Exception):
    """A mistake the user can mend; its text is meant to be shown as it is."""


class CodebookError(DiplotoneError):
    """The codebook cannot be read or contradicts itself."""


class ConfigError(DiplotoneError):
    """A configuration file or an override is wrong."""


class RecordError(DiplotoneError):
    """Records are faulty."""


class TextError(DiplotoneError):
    """A text cannot be analysed at all."""


class ReleaseError(DiplotoneError):
    """A release folder is missing, damaged or of another format."""


class MissingExtra(DiplotoneError):
    """A part needs packages that are not installed."""


def require_extra(extra: str, *modules: str) -> None:
    """Check at the door of a part that its packages are installed.

    Args:
        extra: Name of the extra in pyproject.toml that brings the modules.
        modules: Import names.

    Raises:
        MissingExtra: One of them is not installed; the text holds the command that installs it.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"this needs {', '.join(missing)}, which the base installation leaves out: "
            f"run pip install 'diplotone[{extra}]'"
        )
