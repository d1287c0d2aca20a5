"""Where the time of a training goes, and what each means against it buys.

    python -m tests.bench.training [--steps 40]

The same sentences of the project's own, the recipe's batches, loss and optimiser: fp32 in any order, what is done by
default (bf16, sentences of like length together), and beside that without training the embeddings of words. Seconds of
the clock per step of as many threads as there are cores, parts of a step as shares of it.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import pairwise

import torch
from torch.nn.utils import clip_grad_norm_

from diplotone.model.codebook import Codebook
from diplotone.train.config import load_config
from diplotone.train.corpus import load_corpus
from diplotone.train.dataset import Collator, to_dataset
from diplotone.train.losses import MultiTaskLoss
from diplotone.train.untrained import untrained_network

WARM_UP = 5
"""Steps that do not count."""

WAYS = {
    "fp32, in any order": {"bf16": False, "by_length": False, "words_fixed": False},
    "bf16, in any order": {"bf16": True, "by_length": False, "words_fixed": False},
    "bf16, by length (as fit does)": {"bf16": True, "by_length": True, "words_fixed": False},
    "the same, embeddings of words not trained": {"bf16": True, "by_length": True, "words_fixed": True},
}


class Bench:
    """Trains on the same sentences in different ways."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.config = load_config()
        self.codebook = Codebook.load()
        self.records = load_corpus(self.codebook).split("train")
        _, encoder = untrained_network(self.config, self.codebook)
        sample = random.Random(1).sample(list(self.records), 2 * (steps + WARM_UP) * self.config.batch_size)
        self.rows = list(to_dataset([(record,) for record in sample], self.codebook, encoder)[0])
        self.collate = Collator(self.codebook, encoder)

    def batches(self, *, by_length: bool) -> Iterator[list]:
        """Return the rows in batches, as many as there are steps, in an order that is random but the same each time."""
        size = self.config.batch_size
        rows = list(self.rows)
        if by_length:  # as the Trainer does: sorted within stretches of fifty batches
            stretches = [rows[k : k + 50 * size] for k in range(0, len(rows), 50 * size)]
            rows = [row for s in stretches for row in sorted(s, key=lambda row: -row["length"])]
        batches = [rows[k : k + size] for k in range(0, len(rows), size)]
        random.Random(2).shuffle(batches)
        yield from batches[: self.steps + WARM_UP]

    def measure(self, *, bf16: bool, by_length: bool, words_fixed: bool) -> dict[str, float]:
        """Return median seconds of a step and the shares of its parts."""
        torch.manual_seed(1)
        network, _ = untrained_network(self.config, self.codebook)
        network.train()
        network.encoder.get_input_embeddings().weight.requires_grad_(not words_fixed)
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(trained, lr=self.config.learning_rate, fused=True)
        loss_of = MultiTaskLoss(self.config, self.codebook, self.records)
        spent: dict[str, list[float]] = defaultdict(list)
        for rows in self.batches(by_length=by_length):
            marks = [time.perf_counter()]
            inputs = self.collate(rows)
            labels = inputs.pop("labels")
            marks.append(time.perf_counter())
            with torch.autocast("cpu", torch.bfloat16) if bf16 else nullcontext():
                loss = loss_of(network(**inputs), labels)
            marks.append(time.perf_counter())
            loss.backward()
            marks.append(time.perf_counter())
            clip_grad_norm_(trained, self.config.max_grad_norm)
            optimiser.step()
            optimiser.zero_grad()
            marks.append(time.perf_counter())
            for part, (begun, ended) in zip(
                ("data", "forward", "backward", "optimiser"), pairwise(marks), strict=True
            ):
                spent[part].append(ended - begun)
        whole = [sum(step) for step in zip(*spent.values(), strict=True)][WARM_UP:]
        parts = {part: sum(seconds[WARM_UP:]) / sum(whole) for part, seconds in spent.items()}
        return {"seconds": statistics.fmean(whole)} | parts


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=40)
    bench = Bench(parser.parse_args().steps)
    print(f"{bench.steps} steps of {bench.config.batch_size} sentences, {torch.get_num_threads()} threads\n")
    print("| training | seconds a step | of fp32 | data | forward | backward | optimiser |")
    print("|---|---|---|---|---|---|---|")
    first = None
    for name, way in WAYS.items():
        found = bench.measure(**way)
        first = first or found["seconds"]
        shares = " | ".join(f"{found[part]:.0%}" for part in ("data", "forward", "backward", "optimiser"))
        print(f"| {name} | {found['seconds']:.3f} | {found['seconds'] / first:.2f} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
