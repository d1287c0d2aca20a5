"""No word to anybody: OpenVINO and NNCF report to Google Analytics whenever they are imported, unless told not to.

Both do without the package that reports, `openvino_telemetry`, where it is not installed; so it is made to look like
that before they are imported.
"""

from __future__ import annotations

import sys


def silence_openvino() -> None:
    """Keep OpenVINO and NNCF from reporting; to be called before either is imported."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: importing it fails
