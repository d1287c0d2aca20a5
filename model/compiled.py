"""Compiled models, kept from one start to the next: compiling takes longer than all else that a start does.

A kept model saves time and nothing else. It lies under what it was made of (release, OpenVINO, processor, settings) and
the digest of its own bytes, so that a stale or damaged one is never loaded; and whatever is wrong with it or with its
folder, the model is compiled anew and nobody is told. As with the releases, who can write into the folder is trusted.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .memory import memory_errors
from .release import home
from .runtime import kernel_settings
from .unpacked import unpack_weights

if TYPE_CHECKING:
    import openvino as ov

MOST_KEPT = 4
"""Compiled models in the folder, each of about the size of a release's weights; the latest stay."""


def cache_folder() -> Path:
    """Return the folder of what can be made anew: `cache` in `DIPLOTONE_HOME`, else the platform's cache folder."""
    if os.environ.get("DIPLOTONE_HOME"):
        return home() / "cache"
    import platformdirs

    return Path(platformdirs.user_cache_dir("diplotone", appauthor=False))


def compiled(core: ov.Core, path: Path, settings: Mapping[str, Any], digest: str | None) -> ov.CompiledModel:
    """Return a model compiled for the processor: the kept one, else a new one, which is then kept.

    Args:
        core: OpenVINO.
        path: The model's `.xml`.
        settings: What to compile it with; for bf16 its weights are unpacked before.
        digest: What stands for every byte of the model; None keeps nothing.

    Raises:
        MemoryError: There is not enough of it.
        RuntimeError: The model cannot be compiled.
    """
    key = None if digest is None else _key(core, settings, digest)
    with memory_errors():
        if key and (kept := _read(core, key, settings)):
            return kept
        network = core.read_model(path)
        if settings["INFERENCE_PRECISION_HINT"] == "bf16":
            unpack_weights(core, network)
        model = core.compile_model(network, "CPU", {**settings, **kernel_settings()})
    if key:
        with contextlib.suppress(Exception):  # where memory is short OpenVINO's export fails in many ways
            _write(key, model)
    return model


def _key(core: ov.Core, settings: Mapping[str, Any], digest: str) -> str:
    import openvino as ov

    parts = {
        "release": digest,
        "openvino": ov.get_version(),
        "processor": [
            platform.machine(),
            core.get_property("CPU", "FULL_DEVICE_NAME"),
            sorted(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")),
            _processor_flags(),
        ],
        "settings": dict(settings),
        "form": 2,  # one more whenever this module comes to compile otherwise
    }
    return _short(json.dumps(parts, sort_keys=True).encode())


def _processor_flags() -> str:
    """What the processor can do, where the system tells; machines of one name may differ in it."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
        return next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return ""


def _read(core: ov.Core, key: str, settings: Mapping[str, Any]) -> ov.CompiledModel | None:
    """The kept model, or None; one that is damaged is removed."""
    import openvino as ov

    for place in cache_folder().glob(f"{key}-*.blob"):
        with contextlib.suppress(OSError, RuntimeError), memory_errors():
            mapped = ov.tensor_from_file(str(place))
            if place.name == _name(key, mapped.data):
                return core.import_model(mapped, "CPU", {**settings, **kernel_settings()})
        with contextlib.suppress(OSError):
            place.unlink()
    return None


def _write(key: str, model: ov.CompiledModel) -> None:
    """Put a model into its place, whole at any moment, and take the oldest ones away."""
    folder = cache_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = model.export_model().getbuffer()
    handle, part = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with open(handle, "wb") as file:
            file.write(body)
        os.replace(part, folder / _name(key, body))
    except BaseException:
        os.unlink(part)
        raise
    kept = sorted(folder.glob("*.blob"), key=lambda place: place.stat().st_mtime_ns, reverse=True)
    for place in kept[MOST_KEPT:]:
        place.unlink(missing_ok=True)


def _name(key: str, body: Any) -> str:
    return f"{key}-{_short(body)}.blob"


def _short(data: Any) -> str:
    """Half a SHA-256, which no accident hits twice."""
    return hashlib.sha256(data).hexdigest()[:32]
