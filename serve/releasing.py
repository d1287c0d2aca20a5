"""Which release is in use: listed, changed and gone back from, by `diplotone-train` as a process.

It tests and copies a release before it moves the pointer; the service watches the pointer and takes up what it says.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import Any

from ..model.errors import ReleaseError
from ..model.release import SHIPPED, promoted_folder
from .retraining import SAID_BY_TRAIN, TRAIN, Retrainings

LONGEST_S = 300.0
"""What one of these commands may take; a promotion takes seconds."""

_NAME = re.compile(r"[\w@+-][\w@.+-]*")


@dataclass(frozen=True, slots=True)
class Releasing:
    """Changes which release is in use.

    Args:
        retrainings: Whose results can be put into use, and whose permission is asked.
    """

    retrainings: Retrainings

    def releases(self) -> list[dict[str, Any]]:
        """Return the releases that can be used, with name, label, outcome, is_current and since.

        Raises:
            ReleaseError: The pointer cannot be read.
        """
        return json.loads(_train("releases", "--json"))

    def promote(self, candidate: str, *, anyway: bool = False) -> str:
        """Put a release into use and return what was done, in words.

        Args:
            candidate: The id of a retraining, the name of a release that is kept, or "shipped".
            anyway: Even where its verdict is to refuse it, or compares it with a release that is not in use any more.

        Raises:
            ReleaseError: There is no such release, it is damaged, fails its test, is refused by its verdict or was
                judged against another than the one in use, or the home cannot be written. What was in use is in use
                still.
            RetrainingClosed: Switched off.
        """
        self.retrainings.check_allowed()
        return _train("promote", self._place(candidate), *(["--anyway"] if anyway else []))

    def rollback(self) -> str:
        """Go back to the release before and return what was done, in words.

        Raises:
            ReleaseError: There is none before it that is whole, or the home cannot be written.
            RetrainingClosed: Switched off.
        """
        self.retrainings.check_allowed()
        return _train("rollback")

    def _place(self, candidate: str) -> str:
        """The folder of a candidate; never one outside the home, whatever is asked for."""
        if candidate == SHIPPED:
            return SHIPPED
        for found in self.retrainings.all():
            if found.id == candidate:
                if found.state != "ended":
                    raise ReleaseError(
                        f"{candidate}: this retraining has made no release; it is {found.state}"
                    )
                return str(found.run)
        if _NAME.fullmatch(candidate) and (folder := promoted_folder(candidate)).is_dir():
            return str(folder)
        raise ReleaseError(
            f"{candidate[:80]}: there is no such release; give the id of a retraining that has ended, a name that"
            f" GET /v1/releases lists, or {SHIPPED}"
        )


def _train(*arguments: str) -> str:
    """What a command prints.

    Raises:
        ReleaseError: It refuses, in its own words.
    """
    try:
        done = subprocess.run(
            [*TRAIN, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(
            f"diplotone-train {arguments[0]} has not ended after {LONGEST_S:g} seconds"
        ) from error
    if done.returncode == 2:
        raise ReleaseError(done.stderr.strip().removeprefix(SAID_BY_TRAIN))
    if done.returncode != 0:
        raise RuntimeError(
            f"diplotone-train {arguments[0]} ended with {done.returncode}: {done.stderr[-2_000:]}"
        )
    return done.stdout.strip()
