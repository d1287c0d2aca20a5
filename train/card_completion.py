"""Further sections of a release's model card, measured after it was written."""

from __future__ import annotations

from ..model.errors import ReleaseError
from ..model.release import CARD, Release, releases_folder, seal
from .card import completed


def check_not_in_use(release: Release) -> None:
    """Check that a release may still be changed.

    Raises:
        ReleaseError: It is a promoted one.
    """
    folder = release.folder.resolve()
    if releases_folder().resolve() in folder.parents:
        raise ReleaseError(
            f"{folder}: is a promoted release, which never changes; complete the card of the run's own before promoting"
        )


def complete_card(release: Release, heading: str, section: str) -> None:
    """Put a section into the card of a release and seal it anew; it keeps its digest.

    Args:
        release: One that is not in use.
        heading: Of the section; an earlier section of that heading goes.
        section: Markdown without headings.

    Raises:
        ReleaseError: It is a promoted one.
    """
    check_not_in_use(release)
    path = release.folder / CARD
    part = path.with_name(f"{CARD}.part")
    part.write_text(completed(path.read_text(encoding="utf-8"), heading, section), encoding="utf-8")
    part.replace(path)
    seal(release.folder, release.name)
