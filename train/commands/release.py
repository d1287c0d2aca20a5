"""Judge a release, put it into use, go back, list them."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ...model.errors import require_extra

if TYPE_CHECKING:
    from ...model.release import Release


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `verdict`, `promote`, `rollback` and `releases`."""
    verdict = commands.add_parser("verdict", help="is a candidate better than the release in use?")
    verdict.add_argument("candidate", help="folder of a release or run, name or label of a kept release")
    verdict.add_argument(
        "--against",
        default="current",
        metavar="RELEASE",
        help="current, shipped, name or label of a kept release, or folder (current)",
    )
    verdict.add_argument("--labels", type=Path, help="held-out corrections (those that the run kept)")
    verdict.add_argument("--mirror", type=Path, help="folder with the sources of the real sentences")
    verdict.add_argument("--config", type=Path, help="TOML with the gates (the shipped configs/retrain.toml)")
    verdict.add_argument(
        "--set", action="append", default=[], metavar="gates.NAME=VALUE", help="override one of it"
    )
    verdict.add_argument("--sentences", type=Path, help="records analysed before: say which of them change")
    verdict.set_defaults(run=_verdict)

    promote = commands.add_parser("promote", help="put a release into use, after a test of it")
    promote.add_argument(
        "candidate", help="folder of a release or run, name or label of a kept release, or shipped"
    )
    promote.add_argument(
        "--anyway",
        action="store_true",
        help="even where its verdict is to refuse it, or compares it with a release that is not in use any more",
    )
    promote.set_defaults(run=_promote)

    rollback = commands.add_parser("rollback", help="go back to the release before")
    rollback.set_defaults(run=_rollback)

    releases = commands.add_parser("releases", help="list the releases that can be used")
    releases.add_argument("--json", action="store_true", help="print JSON")
    releases.set_defaults(run=_releases)


def _verdict(options: argparse.Namespace) -> int:
    require_extra("train", "scipy", "sklearn")
    from ...model.release import open_release
    from ..corpus import find_mirror
    from ..judging import judge_and_write
    from ..releases import find_candidate
    from ..retrain import HELD_OUT, load_retrain_config

    folder = find_candidate(options.candidate)
    kept = folder.parent / HELD_OUT
    judge_and_write(
        open_release(folder),
        named_release(options.against),
        load_retrain_config(options.config, options.set).gates,
        held_out=options.labels or (kept if kept.is_file() else None),
        sentences=options.sentences,
        mirror=find_mirror(options.mirror),
        tell=print,
    )
    return 0


def _promote(options: argparse.Namespace) -> int:
    from ...model.errors import ReleaseError
    from ...model.release import SHIPPED
    from ..releases import find_candidate, judged_against_another, promote
    from ..verdict_file import read_outcome

    shipped = options.candidate == SHIPPED
    folder = None if shipped else find_candidate(options.candidate)
    outcome = folder and read_outcome(folder)
    if outcome == "refuse" and not options.anyway:
        raise ReleaseError(
            f"{options.candidate}: its verdict is to refuse it (verdict.txt beside it says why); promote it"
            " --anyway if you know better"
        )
    stale = folder and judged_against_another(folder)
    if stale and not options.anyway:
        against, in_use = stale
        raise ReleaseError(
            f"{options.candidate}: was judged against {against}, and {in_use} is in use now; judge it anew with"
            f" diplotone-train verdict {options.candidate}, or promote it --anyway"
        )
    release, n_tested = promote(options.candidate)
    tested = f"after {n_tested} sentences answered as when it was made" if n_tested else "as it was shipped"
    judged = ""
    if stale:
        judged = "; it was judged against {}, not against {}, which was in use".format(*stale)
    elif not (outcome or shipped):
        judged = "; it was never judged (diplotone-train verdict)"
    print(f"{release.label} is in use, {tested}{judged}")
    return 0


def _rollback(options: argparse.Namespace) -> int:
    from ..releases import rollback

    release, passed_over = rollback()
    for damaged in passed_over:
        print(f"passed over: {damaged}")
    print(f"{release.label} is in use again")
    return 0


def _releases(options: argparse.Namespace) -> int:
    from ..releases import releases

    found = releases()
    if options.json:
        print(json.dumps([asdict(listed) for listed in found]))
        return 0
    for listed in found:
        mark = "*" if listed.is_current else " "
        outcome = f"  verdict: {listed.outcome}" if listed.outcome else ""
        print(f"{mark} {listed.name}  {listed.label}{outcome}")
    return 0


def named_release(named: str) -> Release:
    """The release that a person means: "current", "shipped", a kept one by name or label, or a folder.

    Raises:
        ReleaseError: There is none of this name, or it is damaged.
    """
    from ...model.errors import ReleaseError
    from ...model.release import current_release, open_release, shipped_release
    from ..releases import find_candidate

    places = {"current": current_release, "shipped": shipped_release}
    folder = places[named]() if named in places else find_candidate(named)
    if not folder.exists():
        raise ReleaseError(
            f"{named}: there is no such release; give current, shipped, a name or label that diplotone-train releases"
            " lists, or a folder that diplotone-train fit wrote"
        )
    return open_release(folder)
