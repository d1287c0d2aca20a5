"""How loud the training libraries may be."""

from __future__ import annotations


def quieten_libraries() -> None:
    """Leave the progress bar and the errors; the rest is for the libraries' own developers."""
    import logging
    import warnings

    import nncf
    import transformers

    transformers.utils.logging.set_verbosity_error()
    nncf.set_log_level(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")
