from __future__ import annotations

import json
import shutil

import pytest

from diplotone.model.errors import ReleaseError
from diplotone.model.release import (
    MANIFEST,
    NEEDED,
    current_release,
    home,
    open_release,
    seal,
    shipped_release,
)


@pytest.fixture
def folder(tiny_release, tmp_path):
    return shutil.copytree(tiny_release, tmp_path / "release")


def test_a_whole_release_opens(folder):
    release = open_release(folder)
    assert release.name == "tiny"
    assert release.label.startswith("tiny@")
    assert set(release.calibration.temperatures) == {"sentiment", "tone", "stance", "act"}
    assert {path.name for path in folder.iterdir()} == {
        *NEEDED,
        "precedents.json",
        "precedents.npy",
        MANIFEST,
    }
    assert release.files == {*NEEDED, "precedents.json", "precedents.npy"}


@pytest.mark.parametrize("name", NEEDED)
def test_a_truncated_file_is_refused(folder, name):
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    with pytest.raises(ReleaseError, match="the manifest says"):
        open_release(folder)


@pytest.mark.parametrize("name", NEEDED)
def test_a_flipped_bit_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ReleaseError, match="its sha256 is not the manifest's"):
        open_release(folder)


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ReleaseError, match=f"{name} is missing"):
        open_release(folder)


def test_an_unfinished_release_is_refused(folder):
    (folder / MANIFEST).unlink()
    with pytest.raises(ReleaseError, match=r"has no MANIFEST\.json, so it is not a finished release"):
        open_release(folder)


def test_a_damaged_manifest_is_refused(folder):
    (folder / MANIFEST).write_text("{")
    with pytest.raises(ReleaseError, match="cannot be read as JSON"):
        open_release(folder)


def test_a_manifest_that_names_less_is_refused(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["files"]["model.safetensors"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="does not list every file"):
        open_release(folder)


def test_a_manifest_cannot_point_outside(folder):
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["files"]["../outside"] = {"sha256": "", "bytes": 0}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="missing"):
        open_release(folder)


def test_another_format_is_refused(folder):
    manifest = json.loads((folder / MANIFEST).read_text()) | {"format": 99}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="format is 99; this version reads format 1"):
        open_release(folder)


def test_no_folder_no_release(tmp_path):
    with pytest.raises(ReleaseError, match="there is no such folder"):
        open_release(tmp_path / "nowhere")


def test_an_incomplete_folder_is_not_sealed(folder):
    (folder / "README.md").unlink()
    with pytest.raises(ReleaseError, match=r"cannot be sealed without README\.md"):
        seal(folder, "x")


def test_a_promoted_release_goes_before_the_shipped_one(folder, own_home):
    assert current_release() == shipped_release()
    (home() / "releases").mkdir()
    (home() / "releases" / "current").symlink_to(folder)
    assert current_release() == folder
    assert home() == own_home
