"""The training libraries: that they are there, and how loud they may be."""

from __future__ import annotations

import os

from ...model.errors import require_extra


def require_training_libraries() -> None:
    """Check that they are installed and keep them off the hub, which they read at import: to be called before that.

    Raises:
        MissingExtra: One is missing.
    """
    require_extra("train", "torch", "transformers", "datasets", "accelerate", "sklearn", "nncf", "tomli_w")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


def quieten_libraries() -> None:
    """Leave the progress bar and the errors; the rest is for the libraries' own developers."""
    import logging
    import warnings

    from ...model.runtime import import_openvino

    import_openvino()
    import nncf
    import transformers

    transformers.utils.logging.set_verbosity_error()
    nncf.set_log_level(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")
