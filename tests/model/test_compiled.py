"""The compiled model that is kept between starts saves time and changes nothing, whatever happens to it."""

from __future__ import annotations

import numpy as np
import pytest

from diplotone.model.analyzer import load
from diplotone.model.compiled import MOST_KEPT, cache_folder
from diplotone.model.engine import OpenVinoEngine

pytestmark = pytest.mark.usefixtures("own_model_cache")

RECORD = {"text": "Quito bombed Lima.", "pairs": [{"source": "Quito", "target": "Lima"}]}


@pytest.fixture
def compilations(monkeypatch) -> list[object]:
    """Grows by one with each model that is compiled."""
    from diplotone.model.runtime import import_openvino

    import_openvino()
    import openvino as ov

    seen: list[object] = []
    compile_model = ov.Core.compile_model

    def counted(core, *arguments, **options):
        seen.append(arguments[0])
        return compile_model(core, *arguments, **options)

    monkeypatch.setattr(ov.Core, "compile_model", counted)
    return seen


def kept() -> list:
    return sorted(cache_folder().glob("*"))


def test_the_second_start_compiles_nothing_and_gives_the_same_to_the_last_bit(tiny_release, compilations):
    first = load(tiny_release).score([RECORD])
    assert len(compilations) == len(kept()) == 1
    assert load(tiny_release).score([RECORD]) == first
    assert len(compilations) == 1


def test_a_damaged_one_is_replaced(tiny_release, compilations):
    first = load(tiny_release).score([RECORD])
    (place,) = kept()
    whole = place.read_bytes()
    for damaged in (whole[:-1], whole[:1000] + b"?" + whole[1001:], b""):
        place.write_bytes(damaged)
        assert load(tiny_release).score([RECORD]) == first
        (place,) = kept()
    assert len(compilations) == 4


def test_a_folder_that_cannot_be_made_is_no_hindrance(tiny_release, own_home, compilations):
    (own_home / "cache").write_text("a file stands where the folder should be")
    assert load(tiny_release).score([RECORD])
    assert load(tiny_release).score([RECORD])
    assert len(compilations) == 2


def test_another_release_or_setting_never_meets_it(tiny_release, compilations):
    OpenVinoEngine(tiny_release, digest="a")
    OpenVinoEngine(tiny_release, digest="b")
    OpenVinoEngine(tiny_release, digest="b", threads=3)
    assert len(compilations) == len(kept()) == 3
    OpenVinoEngine(tiny_release)
    assert len(kept()) == 3


def test_only_the_latest_stay(tiny_release):
    for digest in map(str, range(MOST_KEPT + 2)):
        OpenVinoEngine(tiny_release, digest=digest)
    assert len(kept()) == MOST_KEPT


def test_a_kept_model_scores_batches_as_a_new_one_does(tiny_release, eight_rows):
    new, old = load(tiny_release), load(tiny_release)
    for ours, theirs in zip(new.score(eight_rows), old.score(eight_rows), strict=True):
        for task in ("sentiment", "tone"):
            np.testing.assert_array_equal(
                list(ours["predicted"][task]["probabilities"].values()),
                list(theirs["predicted"][task]["probabilities"].values()),
            )
