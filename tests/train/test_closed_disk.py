"""A home or a run on a disk that is full or read-only: one clear line, and what was in use is in use still."""

from __future__ import annotations

import json
import shutil

import pytest

from diplotone.model.record_files import write_jsonl
from diplotone.model.release import MANIFEST, current_release, open_release, releases_folder, seal
from diplotone.train import contrast, corpus
from diplotone.train.__main__ import main
from diplotone.train.releases import LOCK, promote
from diplotone.train.retrain import HELD_OUT
from diplotone.train.verdict_file import VERDICT_FILES, read_outcome

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_model_cache")]

FEW_STEPS = ["--set", "epochs=1", "--set", "replay=4", "--set", "heads_only_below=0"]


@pytest.fixture
def home(disk, monkeypatch):
    """On the disk, with two releases that were put into use one after the other."""
    monkeypatch.setenv("DIPLOTONE_HOME", str(disk.folder))
    return disk.folder


@pytest.fixture
def variant(tiny_release, tmp_path):
    """Makes releases that differ in their name alone."""

    def make(name: str):
        folder = shutil.copytree(tiny_release, tmp_path / name)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        return folder

    return make


@pytest.fixture
def labels(eight_records, tmp_path, small_data, monkeypatch):
    """A file of labels to retrain with, beside little data of the project's own."""
    for module in (corpus, contrast):
        monkeypatch.setattr(module, "data_folder", lambda: small_data)
    path = tmp_path / "labels.jsonl"
    write_jsonl(eight_records, path)
    return path


def the_one_line(capsys) -> str:
    """What was said on standard error, which is one line."""
    said = capsys.readouterr().err
    lines = [line for line in said.splitlines() if line.startswith("diplotone-train: ")]
    assert len(lines) == 1, said
    assert "Traceback" not in said
    return lines[0]


def tells_of_a_closed_disk(line: str) -> bool:
    return "Read-only file system" in line or "Permission denied" in line


@pytest.mark.parametrize("what", ["promote", "rollback"])
def test_a_read_only_home_keeps_its_release(what, disk, home, variant, capsys):
    promote(variant("a"))
    promote(variant("b"))
    arguments = [what, str(variant("c"))] if what == "promote" else [what]
    with disk.closed():
        assert main(arguments) == 2
        line = the_one_line(capsys)
        assert open_release(current_release()).name == "b"
    assert tells_of_a_closed_disk(line)
    assert "what was in use is in use still; see to its rights, or set DIPLOTONE_HOME" in line
    assert main(arguments) == 0
    assert open_release(current_release()).name == ("c" if what == "promote" else "a")


@pytest.mark.parametrize("what", ["promote", "rollback"])
def test_a_full_home_keeps_its_release(what, disk, home, variant, capsys):
    promote(variant("a"))
    promote(variant("b"))
    arguments = [what, str(variant("c"))] if what == "promote" else [what]
    filler = disk.fill()
    before = sorted(path.name for path in releases_folder().iterdir())
    assert main(arguments) == 2
    assert "No space left on device; what was in use is in use still; make room there" in the_one_line(capsys)
    assert open_release(current_release()).name == "b"
    assert sorted(path.name for path in releases_folder().iterdir()) == before, "nothing half written is left"
    assert LOCK in before
    filler.unlink()
    assert main(arguments) == 0
    assert open_release(current_release()).name == ("c" if what == "promote" else "a")


def test_a_retraining_into_a_read_only_folder_ends_in_one_line(disk, tiny_release, labels, capsys):
    run = disk.folder / "runs" / "mine"
    run.parent.mkdir()
    command = ["fit", "--from", str(tiny_release), "--labels", str(labels), "--out", str(run), *FEW_STEPS]
    with disk.closed():
        assert main(command) == 2
    line = the_one_line(capsys)
    assert tells_of_a_closed_disk(line)
    assert f"{run}: cannot be written: " in line
    assert "no release was made and none was changed" in line
    assert not run.exists()


def test_a_retraining_on_a_disk_that_fills_up_goes_on_when_there_is_room(disk, tiny_release, labels, capsys):
    """There is room for the first files of the run and for no more: a checkpoint does not fit."""
    run = disk.folder / "mine"
    command = ["fit", "--from", str(tiny_release), "--labels", str(labels), "--out", str(run), *FEW_STEPS]
    filler = disk.fill()
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - 40_000)
    assert main(command) == 2
    line = the_one_line(capsys)
    assert "cannot be written: " in line
    assert "no release was made and none was changed" in line
    assert not (run / "release").exists()
    filler.unlink()
    assert main(command) == 0
    assert (run / HELD_OUT).is_file()
    assert read_outcome(run / "release") in ("promote", "refuse", "undecided")


def test_a_verdict_that_cannot_be_written_is_told_and_leaves_none(disk, tiny_release, labels, capsys):
    candidate = shutil.copytree(tiny_release, disk.folder / "candidate")
    with disk.closed():
        assert main(["verdict", str(candidate), "--against", str(tiny_release)]) == 2
        said = capsys.readouterr()
    assert f"{candidate}: the verdict cannot be written: " in said.err
    assert said.err.count("diplotone-train: ") == 1
    assert any(word in said.out for word in ("PROMOTE", "REFUSE", "UNDECIDED")), "it can be copied from here"
    assert not any((candidate / name).exists() for name in VERDICT_FILES)


def test_a_home_that_is_read_only_from_the_first_moment_serves_the_shipped_release(disk, home, capsys):
    with disk.closed():
        assert main(["releases", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["is_current"]) == ("shipped", True)
