"""OpenVINO without its statistics of use, which it sends to Google Analytics whenever it is imported."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def import_openvino() -> ModuleType:
    """Return OpenVINO, which finds nothing to send statistics with; the same goes for NNCF after it.

    Both look for the package `openvino_telemetry`, and do without where it cannot be imported.
    """
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # Python's way to say: not to be had
    return importlib.import_module("openvino")
