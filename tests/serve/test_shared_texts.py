"""Texts that are kept for a link: only where that is allowed, only for a time, only for those who have the link."""

from __future__ import annotations

import os
import time

import pytest

from diplotone.serve.shared_texts import DAY_S, NotShared, SharedTexts
from diplotone.serve.workspace import Gone

TEXT, RELEASE = "Oslo met Riga. \N{GRINNING FACE} <b>", "words@0123456789ab"


@pytest.fixture
def shared(tmp_path):
    return SharedTexts(tmp_path / "shared", keep_days=2)


def test_a_text_comes_back_by_its_key_alone(shared):
    kept = shared.share(TEXT, RELEASE)
    assert shared.find(kept.key) == kept
    assert (kept.text, kept.release) == (TEXT, RELEASE)
    assert shared.share(TEXT, RELEASE).key == kept.key
    assert shared.share(TEXT, "other@0123456789ab").key != kept.key
    assert shared.share(TEXT + " ", RELEASE).key != kept.key
    for wrong in ("", "..", "a" * 32, f"../shared/{kept.key}", kept.key[:-1], kept.key.upper()):
        with pytest.raises(Gone, match="is not kept any more"):
            shared.find(wrong)


def test_nobody_else_on_the_machine_reads_it(shared):
    kept = shared.share(TEXT, RELEASE)
    assert shared.folder.stat().st_mode & 0o077 == 0
    assert (shared.folder / f"{kept.key}.json").stat().st_mode & 0o077 == 0
    assert len(list(shared.folder.iterdir())) == 1


def test_it_is_deleted_when_its_time_is_over(shared):
    kept, young = shared.share(TEXT, RELEASE), shared.share("Quito met Lima.", RELEASE)
    made = time.time() - 2 * DAY_S - 1
    os.utime(shared.folder / f"{kept.key}.json", (made, made))
    with pytest.raises(Gone):
        shared.find(kept.key)
    shared.sweep()
    assert [path.stem for path in shared.folder.iterdir()] == [young.key]
    SharedTexts(shared.folder, keep_days=0).sweep()  # the operator allows it no longer
    assert list(shared.folder.iterdir()) == []


def test_nothing_is_kept_where_it_is_not_allowed(tmp_path):
    shared = SharedTexts(tmp_path / "shared", keep_days=0)
    with pytest.raises(NotShared, match="share_days"):
        shared.share(TEXT, RELEASE)
    assert not shared.folder.exists()


def test_the_disk_is_not_filled(shared, monkeypatch):
    monkeypatch.setattr("diplotone.serve.shared_texts.MOST_TEXTS", 2)
    keys = []
    for n in range(3):
        keys.append(shared.share(f"Oslo met Riga {n} times.", RELEASE).key)
        os.utime(shared.folder / f"{keys[-1]}.json", (time.time() + n, time.time() + n))
    shared.sweep()
    assert {path.stem for path in shared.folder.iterdir()} == set(keys[1:])
