"""Everything that tries to break Diplotone; prints the figures, ends with 1 when a promise is broken.

python -m tests.hard                           all of it, within half an hour
python -m tests.hard load --soak 1800          one part, here with a soak of half an hour
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import air_gap, bad_input, faults, load, openapi
from .figures import Figure, as_table, write_json


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    parts: dict[str, Callable[[], list[Figure]]] = {
        "air-gap": air_gap.run,
        "openapi": lambda: openapi.run(options.examples, options.seed),
        "faults": lambda: faults.run(options.rounds, options.seed, options.only),
        "load": lambda: load.run(options.soak, options.ramp, options.clients),
        "bad-input": lambda: bad_input.run(options.inputs, options.seed, options.only),
    }
    figures: list[Figure] = []
    for name in options.parts or parts:
        begun = time.monotonic()
        found = parts[name]()
        figures += [*found, Figure(name, "took", f"{time.monotonic() - begun:.0f} s on {platform.machine()}")]
        if options.out:
            write_json(figures, options.out / "hard.json")
    print(as_table(figures))
    broken = [figure for figure in figures if figure.kept is False]
    untried = [figure.what for figure in figures if figure.kept is None]
    print(f"\n{len(broken)} of {sum(bool(f.promise) for f in figures)} promises broken", end="")
    print(f"; not tried here: {', '.join(untried)}" if untried else "")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hard", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help="air-gap, openapi, faults, load, bad-input (all)"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="bad inputs (100,000)")
    parser.add_argument("--examples", type=int, default=60, help="requests for each operation (60)")
    parser.add_argument("--rounds", type=int, default=5, help="kills, and damages of each file (5)")
    parser.add_argument("--soak", type=float, default=300.0, help="seconds at 70 %% of capacity (300)")
    parser.add_argument("--ramp", type=float, default=60.0, help="seconds from 1 client to all (60)")
    parser.add_argument(
        "--clients", type=int, default=load.CLIENTS, help="clients at the end of the ramp (200)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the draws (1)")
    parser.add_argument("--only", default="", help="of faults and bad inputs those whose name holds this")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="put the figures there as hard.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
