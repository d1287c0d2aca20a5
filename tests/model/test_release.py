from __future__ import annotations

import json
import shutil

import pytest

from diplotone.model.errors import ReleaseError
from diplotone.model.golden import GOLDEN_FILE
from diplotone.model.release import (
    CARD,
    MANIFEST,
    NEEDED,
    POINTER,
    SHIPPED,
    ReleaseWatch,
    current_release,
    home,
    open_release,
    releases_folder,
    seal,
    shipped_release,
    write_pointer,
)
from diplotone.train.pictures import CURVES, confusion_file


@pytest.fixture
def folder(tiny_release, tmp_path):
    return shutil.copytree(tiny_release, tmp_path / "release")


def test_a_whole_release_opens(folder):
    release = open_release(folder)
    assert release.name == "tiny"
    assert release.label.startswith("tiny@")
    assert set(release.calibration.temperatures) == {"sentiment", "tone", "stance", "act"}
    pictures = {CURVES, *(confusion_file(task) for task in ("sentiment", "tone", "stance", "act"))}
    wanted = {*NEEDED, GOLDEN_FILE, "precedents.json", "precedents.npy", "learnt.json"} | pictures
    assert {path.name for path in folder.iterdir()} == wanted | {MANIFEST}
    assert release.files == wanted


@pytest.mark.parametrize("name", [*NEEDED, GOLDEN_FILE, "precedents.json"])
def test_every_file_but_the_card_is_part_of_what_a_release_is_called(folder, name):
    before = open_release(folder).label
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    seal(folder, "tiny")
    assert (open_release(folder).label == before) == (name == CARD)


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
    assert home() == own_home
    assert current_release() == shipped_release()
    shutil.copytree(folder, releases_folder() / "tiny-1")
    write_pointer([SHIPPED, "tiny-1"])
    assert current_release() == releases_folder() / "tiny-1"
    write_pointer([SHIPPED, "tiny-1", SHIPPED])
    assert current_release() == shipped_release()


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"history": []}', '{"history": ["../outside"]}', '{"history": [1]}']
)
def test_a_pointer_that_names_nothing_is_an_error_and_not_another_release(content):
    releases_folder().mkdir(parents=True)
    (releases_folder() / POINTER).write_text(content)
    with pytest.raises(ReleaseError, match=POINTER):
        current_release()


def test_a_watch_tells_each_swap_once():
    releases_folder().mkdir(parents=True)
    watch = ReleaseWatch()
    assert watch.moved() is None
    write_pointer([SHIPPED, "a-1"])
    assert watch.moved() == releases_folder() / "a-1"
    assert watch.moved() is None
    write_pointer([SHIPPED, "a-1"])
    assert watch.moved() is None, "the pointer was written anew and says the same"
    write_pointer([SHIPPED])
    assert watch.moved() == shipped_release()


def test_a_watch_takes_a_damaged_pointer_for_no_news():
    releases_folder().mkdir(parents=True)
    write_pointer([SHIPPED, "a-1"])
    watch = ReleaseWatch()
    (releases_folder() / POINTER).write_text("{")
    assert watch.moved() is None
    write_pointer([SHIPPED, "b-2"])
    assert watch.moved() == releases_folder() / "b-2"
