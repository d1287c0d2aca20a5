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
from typing import Any

from .scorer import Job, ShardScorer, Task
from .shards import Done

SLICES_PER_WORKER = 50
"""Slices that are handed to Ray at a time, per worker: the list of them stays short however long the archive is."""


_QUIET_AND_ALONE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray takes the loopback address for its own, and listens there alone, where it is told to make no cluster.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_worker_niceness": "0",  # 15 if left alone: on a busy machine hardly anything would be done
}


def score_on_ray(job: Job, tasks: Iterator[Task], workers: int) -> Generator[Done, None, None]:
    """Score slices and yield each shard when it is whole, in any order.

    With `RAY_ADDRESS` set, the cluster there does it; else Ray is started here, for this machine alone, and stopped
    in the end.

    Args:
        job: What to score them with; its paths must be good on every machine of a cluster.
        tasks: Slices, read as they are needed.
        workers: Scorers, one core each.
    """
    os.environ |= _QUIET_AND_ALONE  # before the import, which reads it
    import ray

    if "RAY_ADDRESS" in os.environ:
        ray.init(log_to_driver=False, logging_level=logging.ERROR)
    else:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        while some := list(islice(tasks, workers * SLICES_PER_WORKER)):
            rows = [{"work": pickle.dumps((job, task))} for task in some]
            scored = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                _RayScorer,  # pyright: ignore[reportArgumentType]: its types know functions, not classes of them
                compute=ray.data.ActorPoolStrategy(size=workers),
                num_cpus=1,
            )
            for row in scored.iter_rows():
                yield Done(**row)
    finally:
        ray.shutdown()


class _RayScorer:
    """What an actor of Ray holds."""

    def __init__(self) -> None:
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        self._score: ShardScorer | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        job, task = pickle.loads(row["work"])
        self._score = self._score or ShardScorer(job)
        return asdict(self._score(task))
