"""A verdict is whole or not there, wherever its writing ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from diplotone.train.verdict_file import VERDICT_TEXT, read_outcome, write_verdict


class Killed(BaseException):
    """Stands for SIGKILL: nothing that comes after is done."""


@pytest.mark.parametrize("moment", range(4))
def test_an_outcome_is_never_read_without_its_words(moment, tmp_path, monkeypatch):
    """A stop before each write and each move, of which there are four."""
    steps = iter(range(5))

    def stopping(do):
        def step(*arguments, **options):
            if next(steps) == moment:
                raise Killed
            return do(*arguments, **options)

        return step

    monkeypatch.setattr(Path, "write_text", stopping(Path.write_text))
    monkeypatch.setattr(Path, "replace", stopping(Path.replace))
    with pytest.raises(Killed):
        write_verdict(tmp_path, {"outcome": "promote"}, "PROMOTE: it is better.")
    assert read_outcome(tmp_path) is None
    monkeypatch.undo()
    write_verdict(tmp_path, {"outcome": "refuse"}, "REFUSE: it is worse.")
    assert read_outcome(tmp_path) == "refuse"
    assert (tmp_path / VERDICT_TEXT).read_text() == "REFUSE: it is worse.\n"


def test_what_the_disk_refuses_leaves_nothing_half_written(tmp_path):
    (tmp_path / VERDICT_TEXT).mkdir()  # nothing can be moved there
    with pytest.raises(OSError, match="directory"):
        write_verdict(tmp_path, {"outcome": "promote"}, "PROMOTE")
    assert [path.name for path in tmp_path.iterdir()] == [VERDICT_TEXT]
    assert read_outcome(tmp_path) is None
