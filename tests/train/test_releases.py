"""Promotion and rollback: what is in use is whole at any moment, and every refusal is one line."""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from diplotone.model.analyzer import load
from diplotone.model.errors import ReleaseError
from diplotone.model.golden import GOLDEN_FILE
from diplotone.model.release import (
    MANIFEST,
    SHIPPED,
    current_release,
    open_release,
    read_pointer,
    releases_folder,
    seal,
    shipped_release,
)
from diplotone.model.release_use import hold, is_held
from diplotone.train import releases as releases_module
from diplotone.train.__main__ import main
from diplotone.train.commands.release import named_release
from diplotone.train.corpus import N_GOLDEN
from diplotone.train.releases import KEPT, LOCK, promote, releases, rollback
from diplotone.train.verdict_file import write_verdict

pytestmark = pytest.mark.slow


@pytest.fixture
def candidate(tiny_release, tmp_path):
    return shutil.copytree(tiny_release, tmp_path / "candidate")


@pytest.fixture
def variant(tiny_release, tmp_path):
    """Makes releases that differ in their name alone."""

    def make(name: str):
        folder = shutil.copytree(tiny_release, tmp_path / name)
        (folder / MANIFEST).unlink()
        seal(folder, name)
        return folder

    return make


def test_a_promoted_release_is_tested_copied_and_loaded(candidate):
    release, n_tested = promote(candidate)
    assert n_tested == N_GOLDEN
    shutil.rmtree(candidate)
    assert current_release() == release.folder == releases_folder() / f"tiny-{release.digest[:12]}"
    assert load().release.label == release.label
    assert {oct(path.stat().st_mode & 0o777) for path in release.folder.iterdir()} == {"0o444"}


def test_a_promotion_can_be_repeated(candidate):
    promote(candidate)
    promote(candidate)
    assert len(read_pointer()) == 2
    assert rollback()[0].folder == shipped_release()


def test_a_run_folder_or_a_kept_name_will_do(candidate, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    candidate.rename(run / "release")
    name = promote(run)[0].folder.name
    promote(SHIPPED)
    assert current_release() == shipped_release()
    shutil.rmtree(run)
    promote(name)
    assert current_release() == releases_folder() / name


def test_a_kept_release_is_found_by_its_label(variant, capsys):
    a = promote(variant("a"))[0]
    promote(variant("b"))
    assert named_release(a.label).folder == a.folder
    assert named_release(a.folder.name).folder == a.folder
    assert main(["promote", a.label]) == 0
    assert current_release() == a.folder
    assert named_release("current").label == a.label
    for unknown in ("release", "a@0123456789ab"):
        with pytest.raises(
            ReleaseError, match=f"{unknown}: there is no such release; give current, shipped,"
        ):
            named_release(unknown)


def test_what_is_answered_from_is_not_removed(variant):
    class Service:
        """Whatever answers, as long as it lives."""

    service = Service()
    a = promote(variant("a"))[0].folder
    hold(service, a)
    for name in "bcd":
        promote(variant(name))
    assert is_held(a)
    assert open_release(a).name == "a"
    del service
    gc.collect()
    assert not is_held(a)
    promote(variant("e"))
    assert not a.exists()


def test_rollback_goes_back_step_by_step(variant):
    promote(variant("a"))
    promote(variant("b"))
    assert rollback()[0].name == "a"
    assert rollback()[0].folder == shipped_release()
    with pytest.raises(ReleaseError, match="nothing to go back to"):
        rollback()
    assert current_release() == shipped_release()


def test_rollback_passes_over_what_is_damaged(variant):
    a = promote(variant("a"))[0].folder
    promote(variant("b"))
    (a / "config.json").chmod(0o644)
    (a / "config.json").write_text("{}")
    release, passed_over = rollback()
    assert release.folder == shipped_release()
    assert len(passed_over) == 1
    assert "config.json" in passed_over[0]


def test_the_last_three_are_kept_and_the_shipped_one(variant):
    for name in "abcde":
        promote(variant(name))
    assert [listed.name.partition("-")[0] for listed in releases()] == ["shipped", "c", "d", "e"]
    assert [listed.is_current for listed in releases()] == [False, False, False, True]
    shipped, *promoted = [listed.since for listed in releases()]
    assert shipped is None
    now = datetime.now(UTC)
    for since in promoted:
        assert since is not None
        assert now - timedelta(minutes=10) < datetime.fromisoformat(since) <= now
    assert sum(path.is_dir() for path in releases_folder().iterdir()) == KEPT
    for name in "dc":
        assert rollback()[0].name == name


@pytest.mark.parametrize("name", ["openvino_model.bin", "model.safetensors", GOLDEN_FILE, MANIFEST])
def test_a_damaged_candidate_is_refused_in_one_line(candidate, name, capsys):
    data = bytearray((candidate / name).read_bytes())
    data[len(data) // 2] ^= 1
    (candidate / name).write_bytes(data)
    assert main(["promote", str(candidate)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert name in shown.err or "manifest" in shown.err
    assert current_release() == shipped_release()
    assert [path.name for path in releases_folder().iterdir()] == [LOCK]


def test_a_candidate_that_answers_otherwise_here_is_refused(candidate):
    rows = json.loads((candidate / GOLDEN_FILE).read_text())
    answer = rows[7]["answers"]["tone"]
    answer["hostile"] += 0.05
    (candidate / GOLDEN_FILE).write_text(json.dumps(rows))
    (candidate / MANIFEST).unlink()
    seal(candidate, "tiny")
    with pytest.raises(ReleaseError, match=r"fails its self-test: tone .* had a probability of"):
        promote(candidate)
    assert current_release() == shipped_release()


def test_a_candidate_without_golden_sentences_is_refused(candidate):
    (candidate / GOLDEN_FILE).unlink()
    (candidate / MANIFEST).unlink()
    seal(candidate, "tiny")
    with pytest.raises(ReleaseError, match="cannot be tested before use"):
        promote(candidate)


def test_a_refused_candidate_needs_insistence(candidate, capsys):
    write_verdict(candidate, {"outcome": "refuse"}, "REFUSE")
    assert main(["promote", str(candidate)]) == 2
    assert "its verdict is to refuse it" in capsys.readouterr().err
    assert main(["promote", str(candidate), "--anyway"]) == 0
    assert releases()[-1].outcome == "refuse"
    assert main(["releases"]) == 0
    assert "verdict: refuse" in capsys.readouterr().out


def test_a_verdict_against_a_release_not_in_use_any_more_needs_insistence(candidate, variant, capsys):
    shipped = open_release(shipped_release()).label
    label = open_release(candidate).label
    write_verdict(candidate, {"outcome": "promote", "candidate": label, "current": shipped}, "PROMOTE")
    meanwhile = promote(variant("b"))[0].label
    assert main(["promote", str(candidate)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"was judged against {shipped}, and {meanwhile} is in use now" in told
    assert f"diplotone-train verdict {candidate}" in told
    assert open_release(current_release()).label == meanwhile
    assert main(["promote", str(candidate), "--anyway"]) == 0
    assert f"it was judged against {shipped}, not against {meanwhile}" in capsys.readouterr().out
    assert main(["promote", str(candidate)]) == 0  # which is in use: nothing is at stake
    kept = current_release().name
    promote(variant("c"))
    assert main(["promote", kept]) == 0  # a way back


def test_a_verdict_against_the_release_in_use_holds(candidate, capsys):
    in_use = open_release(shipped_release()).label
    write_verdict(candidate, {"outcome": "promote", "candidate": "x@1", "current": in_use}, "PROMOTE")
    assert main(["promote", str(candidate)]) == 0
    assert "judged" not in capsys.readouterr().out


def test_two_promotions_at_once_give_one_message(candidate, capsys):
    releases_folder().mkdir(parents=True)
    with (releases_folder() / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["promote", str(candidate)]) == 2
        assert "another promotion is under way" in capsys.readouterr().err
        assert main(["rollback"]) == 2
    assert main(["promote", str(candidate)]) == 0


def test_a_damaged_pointer_is_mended_by_a_promotion(candidate):
    releases_folder().mkdir(parents=True)
    (releases_folder() / "current.json").write_text("{")
    with pytest.raises(ReleaseError):
        current_release()
    release, _ = promote(candidate)
    assert current_release() == release.folder


def test_a_disk_that_fills_up_in_mid_copy_changes_nothing(candidate, own_home):
    """A limit on the size of files stands in for a full disk: the operating system itself refuses the write."""
    code = (
        "import resource, sys; from diplotone.train.__main__ import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000));"
        f"sys.exit(main(['promote', {str(candidate)!r}]))"
    )
    assert max(path.stat().st_size for path in candidate.iterdir()) > 50_000
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "what was in use is in use still; make room there" in done.stderr
    assert current_release() == shipped_release()
    assert [path.name for path in releases_folder().iterdir()] == [LOCK]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_pointer_that_cannot_be_replaced_leaves_the_old_one(variant, monkeypatch, code):
    before = promote(variant("a"))[0]

    def refuse(history):
        raise OSError(code, os.strerror(code), str(releases_folder() / "current.json"))

    monkeypatch.setattr(releases_module, "write_pointer", refuse)
    with pytest.raises(
        ReleaseError, match=rf"current\.json: {os.strerror(code)}; what was in use is in use still"
    ):
        promote(variant("b"))
    assert open_release(current_release()).label == before.label


def test_a_home_that_cannot_be_written_is_told_in_one_line(candidate, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIPLOTONE_HOME", str(tmp_path / "file"))
    assert main(["promote", str(candidate)]) == 2
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "set DIPLOTONE_HOME to a folder that can be written" in shown
