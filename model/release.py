"""The release folder: the only contract between training and prediction.

    config.json         shape of the network          codebook.toml     the labels it was trained with
    model.safetensors   weights, fp16                 calibration.json  temperatures and thresholds
    tokenizer.json      the tokenizer                 metrics.json      figures with n and intervals
    openvino_model.*    what is served                train.toml        recipe, seeds, versions, data digest
    README.md           the model card                MANIFEST.json     sha256 and size of each; written last

A release is written beside its place and moved in whole. One whose manifest does not verify is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from .codebook import Codebook
from .errors import ReleaseError

MANIFEST = "MANIFEST.json"
FORMAT = 1
NEEDED = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "codebook.toml",
    "openvino_model.xml",
    "openvino_model.bin",
    "calibration.json",
    "metrics.json",
    "train.toml",
    "README.md",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What turns logits into probabilities, and probabilities into labels or none."""

    temperatures: Mapping[str, float]
    """Per task; logits are divided by it."""
    thresholds: Mapping[str, float]
    """Per task: least probability, 0..1, at which a label is given."""
    precision: str
    """Precision of what is not quantised when served, "f32" or "bf16" (f32 where the processor lacks it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A verified release folder."""

    folder: Path
    name: str
    digest: str
    """SHA-256 of the manifest, which stands for every byte of the release."""
    codebook: Codebook
    calibration: Calibration
    max_tokens: int

    @property
    def label(self) -> str:
        """Name and the first twelve digits of the digest, as results quote it."""
        return f"{self.name}@{self.digest[:12]}"

    def metrics(self) -> dict[str, Any]:
        """Return `metrics.json`."""
        return _json(self.folder / "metrics.json")


def shipped_release() -> Path:
    """Return the folder of the release that comes with the package."""
    return Path(str(files("diplotone.model").joinpath("weights")))


def home() -> Path:
    """Return the folder of all state: `DIPLOTONE_HOME`, else the platform's data folder."""
    if configured := os.environ.get("DIPLOTONE_HOME"):
        return Path(configured)
    import platformdirs

    return Path(platformdirs.user_data_dir("diplotone", appauthor=False))


def current_release() -> Path:
    """Return the folder of the promoted release, else of the shipped one."""
    promoted = home() / "releases" / "current"
    return promoted.resolve() if promoted.exists() else shipped_release()


def open_release(folder: Path) -> Release:
    """Verify a release folder and return what it says of itself.

    Raises:
        ReleaseError: The folder is missing, incomplete, damaged or of another format.
    """
    manifest_path = folder / MANIFEST
    if not folder.is_dir():
        raise ReleaseError(f"{folder}: there is no such folder; give one that diplotone-train fit wrote")
    if not manifest_path.is_file():
        raise ReleaseError(
            f"{folder}: has no {MANIFEST}, so it is not a finished release; give one that"
            " diplotone-train fit wrote to its end"
        )
    manifest = _json(manifest_path)
    if manifest.get("format") != FORMAT:
        raise ReleaseError(
            f"{manifest_path}: format is {manifest.get('format')!r}; this version reads format {FORMAT}"
        )
    _verify(folder, manifest)
    config, calibration = _json(folder / "config.json"), _json(folder / "calibration.json")
    codebook = Codebook.load(folder / "codebook.toml")
    try:
        return Release(
            folder=folder,
            name=str(manifest["name"]),
            digest=hashlib.sha256(manifest_path.read_bytes()).hexdigest(),
            codebook=codebook,
            calibration=Calibration(
                temperatures={task.name: float(calibration["temperatures"][task.name]) for task in codebook},
                thresholds={task.name: float(calibration["thresholds"][task.name]) for task in codebook},
                precision=str(calibration["precision"]),
            ),
            max_tokens=int(config["max_tokens"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{folder}: its JSON files lack or misstate {error}; train it anew") from error


def seal(folder: Path, name: str) -> None:
    """Write the manifest of a folder whose other files are all in place.

    Raises:
        ReleaseError: A file is missing.
    """
    if missing := [needed for needed in NEEDED if not (folder / needed).is_file()]:
        raise ReleaseError(f"{folder}: cannot be sealed without {', '.join(missing)}")
    manifest = {
        "format": FORMAT,
        "name": name,
        "files": {
            path.name: {"sha256": _sha256(path), "bytes": path.stat().st_size}
            for path in sorted(folder.iterdir())
            if path.is_file() and path.name not in (MANIFEST, "__init__.py")
        },
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    for path in folder.iterdir():
        _flush(path)
    _flush(folder)


def _verify(folder: Path, manifest: dict[str, Any]) -> None:
    listed = manifest.get("files")
    if not isinstance(listed, dict) or not set(NEEDED) <= set(listed):
        raise ReleaseError(f"{folder / MANIFEST}: does not list every file of a release; train it anew")
    for name, entry in listed.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            raise ReleaseError(f"{folder}: {name} is missing; copy the release again")
        if path.stat().st_size != entry["bytes"]:
            raise ReleaseError(
                f"{path}: has {path.stat().st_size} bytes; the manifest says {entry['bytes']};"
                " the file is damaged, copy the release again"
            )
        if _sha256(path) != entry["sha256"]:
            raise ReleaseError(
                f"{path}: its sha256 is not the manifest's; the file is damaged, copy the release again"
            )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise ReleaseError(f"{path}: holds no JSON object; the file is damaged, copy the release again")
    return value


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
