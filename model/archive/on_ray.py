"""Shards by Ray Data, on this machine or on a cluster that sees the same files.

Ray runs the same scorer over the same slices as local processes do, so the output is the same to the byte.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Generator, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DiplotoneError
from .scorer import Job, ShardScorer, Task, Tell
from .shards import Done

SLICES_PER_WORKER = 50
"""Slices that are handed to Ray at a time, per worker: the list of them stays short however long the archive is."""


_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_register_timeout_seconds": "300",  # sixty if left alone, which a busy machine may need
    "RAY_worker_niceness": "0",  # 15 if left alone: on a busy machine hardly anything would be done
}

_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Told to make no cluster, Ray takes the loopback address for its own and listens there alone."""


def score_on_ray(job: Job, tasks: Iterator[Task], workers: int, tell: Tell) -> Generator[Done, None, None]:
    """Score slices and yield each shard when it is whole, in any order.

    With `RAY_ADDRESS` set, the cluster there does it; else Ray is started here, for this machine alone, and stopped
    in the end.

    Args:
        job: What to score them with; its paths must be good on every machine of a cluster.
        tasks: Slices, read as they are needed.
        workers: Scorers, one core each.
        tell: Is told of rows, a shard at a time.
    """
    alone = "RAY_ADDRESS" not in os.environ
    os.environ |= _QUIET | (_ALONE if alone else {})  # before the import, which reads it
    try:
        import ray  # pyright: ignore[reportMissingImports]: an extra of its own
    except Exception as error:  # something that Ray itself needs is missing or of another version
        raise ConfigError(
            f"--engine ray: Ray cannot be imported: {error}; run pip install 'diplotone[ray]' again, or take"
            " --engine local"
        ) from error

    here = {"num_cpus": workers, "include_dashboard": False} if alone else {}
    try:
        ray.init(**here, log_to_driver=False, logging_level=logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        while some := list(islice(tasks, workers * SLICES_PER_WORKER)):
            rows = [{"work": pickle.dumps((Path.cwd(), job, task))} for task in some]
            scored = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                _RayScorer,  # pyright: ignore[reportArgumentType]: its types know functions, not classes of them
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=1,
            )
            for row in scored.iter_rows():
                done = Done(**row)
                tell(done.rows)
                yield done
    except DiplotoneError:
        raise
    except Exception as error:  # of many kinds, the plain one among them
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigError(
            f"--engine ray: {reason[-1]} (Ray's own logs say more); mend that and run the same command to go on,"
            " or take --engine local"
        ) from error
    finally:
        ray.shutdown()


class _RayScorer:
    """What an actor of Ray holds."""

    def __init__(self) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._score: ShardScorer | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        folder, job, task = pickle.loads(row["work"])
        os.chdir(folder)  # the paths are as they were typed there
        self._score = self._score or ShardScorer(job)
        return asdict(self._score(task))
