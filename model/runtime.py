"""OpenVINO as this project takes it in: without its telemetry, and without what prediction has no use for.

By itself `import openvino` tells Google Analytics of each start unless the user has forbidden it: it starts a process
that waits up to three seconds for an answer. It also brings the converter of trained networks along, which costs as
long as all the rest together.
"""

from __future__ import annotations

import os
import sys
from typing import cast

_TELEMETRY = "openvino_telemetry"
_CONVERTER = "openvino.tools"
_KERNELS_KEPT = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"

FEW_KERNELS = 50
"""Of the kernels made for batches of one shape, that many are kept where memory counts more than time."""


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


def keep_few_kernels() -> None:
    """Let OpenVINO keep few of the kernels that it makes for each shape of a batch; to be called before it is imported.

    Left alone it keeps 5,000 and oneDNN below it another 1,024, a megabyte or two for each new shape of a batch: some
    250 MB after two hundred shapes, and more with every hour of a service. With few of them articles take some 10 %
    longer. A number of your own in the variable ONEDNN_PRIMITIVE_CACHE_CAPACITY stands.
    """
    os.environ.setdefault(_KERNELS_KEPT, str(FEW_KERNELS))


def kernel_settings() -> dict[str, int]:
    """Return with what to load a model so that OpenVINO's own store of kernels is as large as oneDNN's was made."""
    kept = os.environ.get(_KERNELS_KEPT, "")
    return {"CPU_RUNTIME_CACHE_CAPACITY": int(kept)} if kept.isdecimal() else {}
