"""One archive from its file to the scored one, going on where an earlier run was stopped."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..cores import whole_cores
from ..errors import RecordError, require_extra
from ..release import Release, current_release, open_release
from .copies import Seen
from .local import score_locally
from .made_with import MadeWith, made_with
from .output import KINDS, Output, output_for
from .progress import Progress
from .scorer import Job, Task, Tell
from .shards import REJECTS, SEEN, Done, ShardFolder, written_whole
from .source import SUFFIXES, Fingerprint, Source, open_source

FEWEST_ROWS, MOST_ROWS = 500, 10_000
"""Of a shard, where nobody says how many: enough to be worth a file, few enough to be soon made again."""

SHARDS_PER_CORE = 4
"""Of a small input, so that the cores finish at about the same time."""


ScoreAll = Callable[[Job, Iterator[Task], int, Tell], Generator[Done, None, None]]
"""What an engine is: shards for slices, by so many workers; each row is told of once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What may be asked for."""

    release: Path | None = None
    """A release folder; None takes the promoted one, else the shipped one."""
    kind: str | None = None
    """Of the output, where that is a folder: "jsonl", "csv" or "parquet"."""
    engine: Literal["local", "ray"] = "local"
    workers: int | None = None
    """Processes; None takes one per core."""
    rows_per_shard: int | None = None
    precision: str | None = None
    """What to compute in, "f32" or "bf16"; None takes what the release was tested in."""
    once: bool = False
    """Whether copies of a text are recognised and not scored again."""
    fresh: bool = False
    """Whether what an earlier run left is thrown away."""
    progress: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an archive."""

    scored: int
    copies: int
    rejected: int
    resumed: int
    """Of the shards, those that an earlier run had made."""
    shards: int
    release: str
    rejects: Path | None
    """The file of rejected rows, or the folder of such files; None if there are none."""


def score_archive(source: Path, out: Path, options: Options) -> Outcome:
    """Score a file of records.

    Rows come out in the order in which they went in, less the rejected ones. A run that was stopped, however, is
    gone on with by the same call.

    Args:
        source: .jsonl, .csv or .parquet.
        out: A file with one of these endings, or a folder (existing, or a name without ending), which then holds a
            file per shard.
        options: What else is asked for.

    Raises:
        RecordError: The input cannot be read, the output cannot be written or was begun otherwise.
        ReleaseError: The release is missing or damaged.
        MissingExtra: Parquet or Ray is asked for and not installed.
    """
    kind = _kind(out, options.kind)
    opened = open_source(source)
    output = output_for(opened, kind)
    if out.exists() and out.samefile(source):
        raise RecordError(f"{out}: is the input itself; choose another name for the output")
    score_all = _engine(options.engine)
    release = open_release(options.release or current_release())
    workers = options.workers or whole_cores()
    with_what = made_with(options.precision or release.calibration.precision)
    stamp = _stamp(source)
    fingerprint = opened.fingerprint()
    as_folder = _is_folder(out)
    try:
        folder = ShardFolder(
            out if as_folder else out.with_name(out.name + ".shards"),
            _manifest(opened, output, fingerprint, release, with_what, options),
            usual={"rows_per_shard": _rows_per_shard(fingerprint, workers)},
            suffix=output.kind,
            fresh=options.fresh,
        )
        with closing(folder):
            job = Job(opened, output, folder.paths, release.folder, with_what)
            resumed = len(folder.done)
            _score_rest(job, folder, release, score_all, workers, fingerprint, options)
            if _stamp(source) != stamp:
                raise RecordError(f"{source}: was changed while it was read; start over with --fresh")
            rejects = _finish_folder(folder) if as_folder else _finish_file(folder, output, out)
    except OSError as error:
        raise RecordError(
            f"{error.filename or out}: {error.strerror or error}; mend that and run the same command to go on"
        ) from error
    except MemoryError as error:
        raise RecordError(
            f"{out}: there is not enough memory; run the same command to go on, with more of it or fewer --workers"
        ) from error
    done = folder.done.values()
    return Outcome(
        scored=sum(shard.scored for shard in done),
        copies=sum(shard.copies for shard in done),
        rejected=sum(shard.rejected for shard in done),
        resumed=resumed,
        shards=len(done),
        release=release.label,
        rejects=rejects,
    )


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when somebody writes to a file."""
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _is_folder(out: Path) -> bool:
    return out.is_dir() or out.suffix == ""


def _kind(out: Path, asked: str | None) -> str:
    """What the output is to be."""
    if _is_folder(out):
        return asked or "jsonl"
    kind = out.suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise RecordError(
            f'{out}: ends in "{out.suffix}"; scored records are written as .jsonl, .csv or .parquet, or into a folder,'
            " which is a name without ending"
        )
    if asked not in (None, kind):
        raise RecordError(f"{out}: says another form than {asked}; choose one of the two")
    return kind


def _engine(name: str) -> ScoreAll:
    if name == "ray":
        require_extra("ray", "ray", "pyarrow")
        from .on_ray import score_on_ray

        return score_on_ray
    return score_locally


def _rows_per_shard(fingerprint: Fingerprint, workers: int) -> int:
    return min(max(fingerprint.rows // (SHARDS_PER_CORE * workers) + 1, FEWEST_ROWS), MOST_ROWS)


def _manifest(
    source: Source,
    output: Output,
    fingerprint: Fingerprint,
    release: Release,
    with_what: MadeWith,
    options: Options,
) -> dict[str, Any]:
    """Everything that would change a byte of the output."""
    manifest = {
        "input": {
            "bytes": fingerprint.bytes,
            "sha256": fingerprint.sha256,
            "kind": SUFFIXES[source.path.suffix.lower()],
        },
        "output": output.kind,
        "release": f"{release.name}@{release.digest}",
        **asdict(with_what),
        "once": options.once,
    }
    if options.rows_per_shard is not None:
        manifest["rows_per_shard"] = options.rows_per_shard
    return manifest


def _score_rest(
    job: Job,
    folder: ShardFolder,
    release: Release,
    score_all: ScoreAll,
    workers: int,
    fingerprint: Fingerprint,
    options: Options,
) -> None:
    before = sum(shard.rows for shard in folder.done.values())
    progress = Progress(fingerprint.rows, before, shown=options.progress)
    parts = job.source.slices(int(folder.manifest["rows_per_shard"]))
    missing = (part for part in parts if part.number not in folder.done)
    with closing(Seen(folder.folder / SEEN)) if options.once else nullcontext() as seen:
        tasks = (
            Task(part, seen.copies(job.source, part, release.codebook) if seen else ()) for part in missing
        )
        with closing(score_all(job, tasks, workers, progress.add)) as shards:
            for done in shards:
                folder.add(done)
    progress.close()


def _finish_folder(folder: ShardFolder) -> Path | None:
    return folder.folder / REJECTS if any(done.rejected for done in folder.done.values()) else None


def _finish_file(folder: ShardFolder, output: Output, out: Path) -> Path | None:
    """Join the shards and remove them; a name is there whole or not at all."""
    numbers = sorted(folder.done)
    rejects = out.with_name(f"{out.stem}.rejects.jsonl")
    _sweep(out, rejects, folder.folder)
    if with_rejects := [number for number in numbers if folder.done[number].rejected]:
        with written_whole(rejects) as half, half.open("wb") as file:
            for number in with_rejects:
                with folder.paths.rejects(number).open("rb") as part:
                    shutil.copyfileobj(part, file)
    else:
        rejects.unlink(missing_ok=True)  # of an earlier run
    with written_whole(out) as half:
        output.join(map(folder.paths.shard, numbers), half)
    folder.remove()
    return rejects if with_rejects else None


def _sweep(*paths: Path) -> None:
    """Remove what earlier runs left half written under these names."""
    halves = tuple(f"{path.name}.half-" for path in paths)
    for other in paths[0].parent.iterdir():
        if other.name.startswith(halves):
            shutil.rmtree(other) if other.is_dir() else other.unlink()
