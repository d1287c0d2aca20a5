"""What a retraining is until it has its turn: `python -m diplotone.serve.retrain_process FOLDER COMMAND...`.

It says who it is, makes way for everything else on the machine, waits until no other retraining runs, and then becomes
the command: the same process, which goes on holding the locks it has.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from .locks import holding
from .processes import Process

PROCESS = "process.json"
BEGUN = "begun"
TURN = ".turn"
NICENESS = 10
"""People who read articles on the same machine go first."""


def main(folder: Path, command: list[str]) -> None:
    """Wait for the turn and become the command; does not return."""
    Process.this_one().write(folder / PROCESS)
    os.nice(NICENESS)
    with contextlib.suppress(OSError):  # Linux weighs sessions first, and this one is its own
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
    with holding(folder.parent / TURN) as turn:
        os.set_inheritable(turn, True)
        (folder / BEGUN).touch()
        os.execv(command[0], command)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
