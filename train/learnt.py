"""Which sentences a release has learnt, and those that it goes on from: as hashes, so that no text is given away.

Whoever has a sentence can ask whether it is among them; the sentences themselves cannot be had from here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from ..model.codebook import Codebook
from ..model.errors import ReleaseError
from ..model.record_files import read_records
from ..model.records import Record, text_id
from ..model.release import Release, open_release, shipped_release
from .corpus import data_folder

LEARNT_FILE = "learnt.json"


def learnt_keys(records: Sequence[Record]) -> frozenset[str]:
    """Return what stands for the texts of these records."""
    return frozenset(text_id(record.text) for record in records)


def write_learnt(folder: Path, keys: Collection[str]) -> None:
    """Write the file into a release that is being made."""
    (folder / LEARNT_FILE).write_text(json.dumps(sorted(keys)) + "\n", encoding="utf-8")


def learnt_by(release: Release) -> frozenset[str] | None:
    """Return what stands for the texts that a release was trained on, or those that it goes on from.

    Returns:
        None where that is not known: the release is from before it was written down.

    Raises:
        ReleaseError: The release's own list cannot be read.
    """
    path = release.folder / LEARNT_FILE
    if LEARNT_FILE in release.files:
        try:
            return frozenset(map(str, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(f"{path}: cannot be read: {error}; copy the release again") from error
    if release.digest == open_release(shipped_release()).digest:
        return _project_keys()
    return None


def _project_keys() -> frozenset[str]:
    """The train split of the project's sentences; of the real ones, whose texts are elsewhere, the ids are known."""
    written = read_records(data_folder() / "written.jsonl", Codebook.load())
    with (data_folder() / "real.jsonl").open(encoding="utf-8") as file:
        real = [
            row["sha256"][:16] for row in map(json.loads, file) if row["split"] == "train"
        ]  # as `text_id`
    return learnt_keys([record for record in written if record.split == "train"]) | frozenset(real)
