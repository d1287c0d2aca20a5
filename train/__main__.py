"""diplotone-train: check labels, fit a release, judge, promote and benchmark one, fetch public data."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ..model.errors import DiplotoneError
from .commands import fit, labels, measure, project_data, release


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 where labels are faulty, or 2 after a mistake that is told in one line."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except DiplotoneError as error:
        print(f"diplotone-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("diplotone-train: stopped; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="diplotone-train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (labels, fit, release, measure, project_data):
        module.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
