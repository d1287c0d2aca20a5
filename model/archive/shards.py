"""The folder in which an archive grows: a file per shard, what it is made of, and what is done.

    part-000000.jsonl   rows of a slice, in the order of the input; moved in whole
    _manifest.json      what it is made of: input, release, options
    _done.jsonl         a line per shard that is whole, with its counts; only grows
    _rejects/           rows that could not be scored, a file per shard that has any
    _seen.sqlite        with --once: the texts met so far
    _lock               held while somebody works here

A shard counts when `_done.jsonl` names it, which is written last: a kill at any moment costs the shards under way and
nothing else. Names that begin with "_" are passed over by what reads folders of data.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import RecordError
from ..release import flush_to_disk

FORMAT = 1
MANIFEST, DONE, REJECTS, SEEN, LOCK = "_manifest.json", "_done.jsonl", "_rejects", "_seen.sqlite", "_lock"
OURS = ("part-", MANIFEST, DONE, REJECTS, SEEN, LOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One shard that is whole."""

    shard: int
    scored: int
    """Rows of the input with a prediction."""
    copies: int
    """Rows of the input that repeat another."""
    rejected: int
    bytes: int
    """Of the shard's file."""

    @property
    def rows(self) -> int:
        """Rows of the input that went into it."""
        return self.scored + self.copies + self.rejected


@dataclass(frozen=True, slots=True)
class ShardPaths:
    """Where the shards of a folder stand or will stand."""

    folder: Path
    suffix: str

    def shard(self, number: int) -> Path:
        """Return the file of a shard's rows."""
        return self.folder / f"part-{number:06}.{self.suffix}"

    def rejects(self, number: int) -> Path:
        """Return the file of a shard's rejected rows; it is there if there are any."""
        return self.folder / REJECTS / f"part-{number:06}.jsonl"


class ShardFolder:
    """Opens the folder and holds it until closed.

    Args:
        folder: Made where it is missing.
        manifest: What the output is made of; anything that would change a byte of it.
        usual: More of that, for a new folder; one that was begun keeps its own.
        suffix: Of the shards' files.
        fresh: Throw away what is there.

    Raises:
        RecordError: It belongs to other input or options, to something else, or to a process that still runs.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Mapping[str, Any],
        *,
        usual: Mapping[str, Any],
        suffix: str,
        fresh: bool = False,
    ) -> None:
        self.folder = folder
        self.paths = ShardPaths(folder, suffix)
        folder.mkdir(exist_ok=True)
        self._lock = (folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise RecordError(
                f"{folder}: another process is at work here; wait for it or choose another OUT"
            ) from error
        try:
            self.manifest = self._open({"format": FORMAT} | dict(manifest), dict(usual), fresh)
            self.done = {done.shard: done for done in self._read_done()}
            self._log = (folder / DONE).open("a", encoding="utf-8")
        except BaseException:
            self._lock.close()
            raise

    def _open(self, manifest: dict[str, Any], usual: dict[str, Any], fresh: bool) -> dict[str, Any]:
        path = self.folder / MANIFEST
        if path.exists() and not fresh:
            found = self._read_manifest(path)
            if differing := [
                f"{name} was {_shown(found.get(name))} and is now {_shown(value)}"
                for name, value in manifest.items()
                if found.get(name) != value
            ]:
                raise RecordError(
                    f"{self.folder}: was begun otherwise: {'; '.join(differing)}; go on as it was begun, or start"
                    " over with --fresh"
                )
            self._sweep()
            return found
        for other in self.folder.iterdir():
            if not other.name.startswith(OURS):
                raise RecordError(
                    f"{self.folder}: holds {other.name}, which is none of ours; choose an empty folder"
                )
        path.unlink(missing_ok=True)
        for other in self.folder.iterdir():
            if other.is_dir():
                shutil.rmtree(other)
            elif other.name != LOCK:
                other.unlink()
        (self.folder / REJECTS).mkdir()
        manifest = usual | manifest
        self._move_in(path, json.dumps(manifest, indent=1) + "\n")
        return manifest

    def _read_manifest(self, path: Path) -> dict[str, Any]:
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise RecordError(f"{path}: cannot be read: {error}; start over with --fresh") from error

    def _read_done(self) -> list[Done]:
        """The shards that are whole; the last line may be torn."""
        path = self.folder / DONE
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        done: list[Done] = []
        for line in lines:
            try:
                entry = Done(**json.loads(line))
                if line.endswith("\n") and self.paths.shard(entry.shard).stat().st_size == entry.bytes:
                    done.append(entry)
            except (ValueError, TypeError, OSError):
                continue  # torn, or the file is gone: that shard is made anew
        self._move_in(path, "".join(json.dumps(asdict(entry)) + "\n" for entry in done))
        return done

    def _sweep(self) -> None:
        """Remove what a kill left half written."""
        for folder in (self.folder, self.folder / REJECTS):
            for half in folder.glob("*.half-*"):
                half.unlink(missing_ok=True)

    def _move_in(self, path: Path, text: str) -> None:
        with written_whole(path) as half:
            half.write_text(text, encoding="utf-8")

    def add(self, done: Done) -> None:
        """Note that a shard is whole."""
        self._log.write(json.dumps(asdict(done)) + "\n")
        self._log.flush()
        os.fsync(self._log.fileno())
        self.done[done.shard] = done

    def close(self) -> None:
        """Let go of the folder."""
        self._log.close()
        self._lock.close()

    def remove(self) -> None:
        """Remove the folder, in one step for whoever looks at its name."""
        gone = half_of(self.folder)
        os.rename(self.folder, gone)
        self.close()
        shutil.rmtree(gone)


def half_of(path: Path) -> Path:
    """Return the name under which a file is written before it is whole."""
    return path.with_name(f"{path.name}.half-{os.getpid()}")


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give the name to write a file under, and put it in its place once it is whole; a failure leaves nothing of it."""
    half = half_of(path)
    try:
        yield half
        move_in(half, path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def move_in(half: Path, path: Path) -> None:
    """Put a file in its place once it is on the disk."""
    flush_to_disk(half)
    os.replace(half, path)
    flush_to_disk(path.parent)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
