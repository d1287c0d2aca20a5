"""OpenVINO as this project takes it in: without its telemetry, and without what prediction has no use for.

By itself `import openvino` tells Google Analytics of each start unless the user has forbidden it: it starts a process
that waits up to three seconds for an answer. It also brings the converter of trained networks along, which costs as
long as all the rest together.
"""

from __future__ import annotations

import sys
from typing import cast

_TELEMETRY = "openvino_telemetry"
_CONVERTER = "openvino.tools"


def import_openvino() -> None:
    """Import OpenVINO; from then on `import openvino` costs nothing and tells nobody.

    Every part of the project calls this before its first `import openvino`, `import nncf` or
    `from openvino.tools.ovc import convert_model`; the last is not reachable as `openvino.convert_model`.
    """
    modules = cast(dict[str, object], sys.modules)
    # None makes an import fail as if nothing of that name were installed; OpenVINO and NNCF then do without.
    modules.setdefault(_TELEMETRY, None)
    if "openvino" in modules:
        return
    modules[_CONVERTER] = None
    try:
        import openvino  # noqa: F401
    finally:
        del modules[_CONVERTER]
