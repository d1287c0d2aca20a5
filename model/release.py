"""The release folder: the only contract between training and prediction.

    config.json         shape of the network          codebook.toml     the labels it was trained with
    model.safetensors   weights, fp16                 calibration.json  temperatures and thresholds
    tokenizer.json      the tokenizer                 metrics.json      figures with n and intervals
    openvino_model.*    what is served                train.toml        recipe, seeds, versions, data digest
    README.md           the model card                golden.json       sentences and answers to test it by
    MANIFEST.json       sha256 and size of each; written last
    precedents.*        labelled sentences and their vectors, to be looked up; a release may be without
    learnt.json         hashes of the sentences that it has learnt; a release may be without

A release is written beside its place and moved in whole. One whose manifest does not verify is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from .codebook import Codebook
from .errors import ReleaseError
from .reading import Reading
from .relations import PLAIN_RULE, RelationRule

MANIFEST = "MANIFEST.json"
CARD = "README.md"
FORMAT = 1
POINTER = "current.json"
SHIPPED = "shipped"
"""What the pointer calls the release that comes with the package."""
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
    CARD,
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
    relations: RelationRule = PLAIN_RULE
    """Which pairs of a sentence are reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A verified release folder."""

    folder: Path
    name: str
    digest: str
    """SHA-256 of its name and of all its files but the card, to which figures are added later: one digest, one way to
    answer."""
    codebook: Codebook
    calibration: Calibration
    reading: Reading
    files: frozenset[str] = frozenset()
    """What the manifest lists; empty while it is not yet written."""

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


def releases_folder() -> Path:
    """Return the folder of the promoted releases and of the pointer to the one in use."""
    return home() / "releases"


def read_pointer() -> tuple[str, ...]:
    """Return the releases that were in use, oldest first, the current one last; empty before any promotion.

    Each is the name of a folder in `releases_folder()`, or `SHIPPED`.

    Raises:
        ReleaseError: The pointer cannot be read.
    """
    path = releases_folder() / POINTER
    if not path.exists():
        return ()
    names = _json(path).get("history")
    if not isinstance(names, list) or not names or any(Path(str(name)).name != name for name in names):
        raise ReleaseError(
            f"{path}: names no releases; run diplotone-train promote, with a release or {SHIPPED}"
        )
    return tuple(names)


def write_pointer(history: Sequence[str]) -> None:
    """Put another pointer in the place of the old one, whole at any moment.

    Raises:
        OSError: It cannot be written; the old one stands.
    """
    path = releases_folder() / POINTER
    part = path.with_name(POINTER + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"history": list(history)}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    flush_to_disk(path.parent)


def promoted_folder(name: str) -> Path:
    """Return the folder of a name that stands in the pointer."""
    return shipped_release() if name == SHIPPED else releases_folder() / name


def current_release() -> Path:
    """Return the folder of the promoted release, else of the shipped one. `open_release` verifies it.

    Raises:
        ReleaseError: The pointer cannot be read.
    """
    return promoted_folder((read_pointer() or (SHIPPED,))[-1])


class ReleaseWatch:
    """Notices that another release has been promoted, at the price of one `stat`.

    Make it before the first release is loaded; then ask now and again:

        watch = ReleaseWatch()
        analyzer = load()
        ...
        if (folder := watch.moved()) is not None:
            analyzer = load(folder)  # keep the old one where this fails

    A swap is told once. A pointer that cannot be read counts as no news: what is loaded goes on.
    """

    def __init__(self) -> None:
        self._stamp = _pointer_stamp()
        self._folder = self._current()

    def moved(self) -> Path | None:
        """Return the folder of the release in use, if it is another than at the last call; else None."""
        stamp = _pointer_stamp()
        if stamp == self._stamp:
            return None
        self._stamp = stamp
        before, self._folder = self._folder, self._current() or self._folder
        return self._folder if self._folder != before else None

    @staticmethod
    def _current() -> Path | None:
        try:
            return current_release()
        except ReleaseError:
            return None


def _pointer_stamp() -> tuple[int, int] | None:
    """What changes when the pointer is replaced; None without one."""
    try:
        found = (releases_folder() / POINTER).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


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
    try:
        _verify(folder, manifest)
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"{manifest_path}: lacks or misstates {error}; the file is damaged, copy the release again"
        ) from error
    config, calibration = _json(folder / "config.json"), _json(folder / "calibration.json")
    codebook = Codebook.load(folder / "codebook.toml")
    try:
        return Release(
            folder=folder,
            name=str(manifest["name"]),
            digest=_digest(manifest),
            codebook=codebook,
            calibration=Calibration(
                temperatures={task.name: float(calibration["temperatures"][task.name]) for task in codebook},
                thresholds={task.name: float(calibration["thresholds"][task.name]) for task in codebook},
                precision=str(calibration["precision"]),
                relations=_relation_rule(calibration.get("relations")),
            ),
            reading=Reading(
                max_tokens=int(config["max_tokens"]),
                stand_ins=bool(config.get("stand_ins", False)),
                spelling=bool(config.get("spelling", False)),
            ),
            files=frozenset(manifest["files"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(f"{folder}: its JSON files lack or misstate {error}; train it anew") from error


def _digest(manifest: Mapping[str, Any]) -> str:
    files = {name: entry["sha256"] for name, entry in manifest["files"].items() if name != CARD}
    return hashlib.sha256(json.dumps([manifest["name"], files], sort_keys=True).encode()).hexdigest()


def _relation_rule(found: Mapping[str, Any] | None) -> RelationRule:
    """The rule as it is written in `calibration.json`, where older releases have none."""
    if found is None:
        return PLAIN_RULE
    weights = {str(name): float(weight) for name, weight in found["weights"].items()}
    return RelationRule(weights=weights, threshold=float(found["threshold"]))


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
        flush_to_disk(path)
    flush_to_disk(folder)


def _verify(folder: Path, manifest: dict[str, Any]) -> None:
    listed = manifest.get("files")
    if not isinstance(listed, dict) or not set(NEEDED) <= set(listed):
        raise ReleaseError(f"{folder / MANIFEST}: does not list every file of a release; train it anew")
    for name, entry in listed.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():  # no path out of the folder
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
    except (OSError, ValueError, RecursionError) as error:
        raise ReleaseError(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise ReleaseError(f"{path}: holds no JSON object; the file is damaged, copy the release again")
    return value


def flush_to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk.

    Raises:
        OSError: It cannot be written there.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
