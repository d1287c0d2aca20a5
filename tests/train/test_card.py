"""The model card: pictures, examples, and what the benchmark adds."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from diplotone.model.analyzer import load
from diplotone.model.errors import ReleaseError
from diplotone.model.release import open_release
from diplotone.serve.model_view import render_card
from diplotone.train.benchmark_report import report
from diplotone.train.card import ABLATION_HEADING, BENCHMARK_HEADING, completed
from diplotone.train.export import Exported
from diplotone.train.fit import refuse_broken
from diplotone.train.mistakes import surest_mistakes
from diplotone.train.pictures import confusion_picture, curves_picture
from diplotone.train.release_writing import Fitted
from diplotone.train.releases import promote
from diplotone.train.verdict_file import read_outcome

SVG = "{http://www.w3.org/2000/svg}"


def _texts(picture):
    return [element.text for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]


def test_a_confusion_picture_has_every_count(codebook):
    counts = [[7, 1, 0], [2, 8, 3], [0, 4, 9]]
    found = _texts(confusion_picture(codebook["sentiment"], counts))
    assert [int(text) for text in found if text.isdigit()] == [7, 1, 2, 8, 3, 4, 9]
    assert found.count("neutral") == 2


def test_a_curve_goes_through_its_points():
    picture = curves_picture({"a<b": [[0.5, 0.1], [1.0, 0.2]]})
    (line,) = ElementTree.fromstring(picture).iter(f"{SVG}polyline")
    (x1, y1), (x2, y2) = (map(float, point.split(",")) for point in line.get("points").split())
    assert x1 < x2
    assert y1 > y2
    assert "a<b" in _texts(picture)


def test_the_pictures_of_a_release_are_in_its_card_and_on_the_page(tiny_release):
    card = (tiny_release / "README.md").read_text()
    release = open_release(tiny_release)
    pictures = {name for name in release.files if name.endswith(".svg")}
    assert pictures == {*(f"confusion-{task}.svg" for task in ("sentiment", "tone", "stance", "act"))} | {
        "risk-coverage.svg"
    }
    assert all(f"]({name})" in card for name in pictures)
    assert render_card(release).count('src="data:image/svg+xml;base64,') == len(pictures)


def test_examples_are_wrong_and_written_for_the_project(tiny_release, eight_records):
    analyzer = load(tiny_release)
    written = [replace(record, register="wire") for record in eight_records]
    found = surest_mistakes(analyzer, written, n=2)
    assert found
    assert all(mistake.right != mistake.given for mistake in found)
    assert max(sum(m.task == task for m in found) for task in ("sentiment", "tone", "stance", "act")) <= 2
    assert surest_mistakes(analyzer, eight_records) == []


def test_a_section_of_a_card_replaces_an_earlier_one():
    written = "# name\n\nText\n\n## Data\n\nMore\n"
    once = completed(written, BENCHMARK_HEADING, "| a |")
    assert once == f"{written}\n{BENCHMARK_HEADING}\n\n| a |\n"
    assert completed(once, BENCHMARK_HEADING, "| b |") == once.replace("| a |", "| b |")
    both = completed(once, ABLATION_HEADING, "| c |")
    assert both == f"{once}\n{ABLATION_HEADING}\n\n| c |\n"
    assert completed(both, BENCHMARK_HEADING, "| b |") == both.replace("| a |", "| b |")
    assert completed(both, "## Data", "Less") == both.replace("More", "Less")


@pytest.fixture
def release(tiny_release, tmp_path):
    return shutil.copytree(tiny_release, tmp_path / "release")


@pytest.mark.slow
def test_the_benchmark_completes_a_card_and_fills_a_page(release, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# P\n\n| data | figure | n | value | 95 % | anchor |\n|---|---|\n| old |\n\nEnd\n")
    before = open_release(release).label
    table = report([release, release], None, with_baselines=False, readme=page, card=True)
    assert open_release(release).label == before
    assert f"{before}, " in table
    assert "### " not in (release / "README.md").read_text()
    assert f"\n{BENCHMARK_HEADING}\n" in (release / "README.md").read_text()
    text = page.read_text()
    assert text.startswith("# P\n\n| data |")
    assert text.endswith("|\n\nEnd\n")
    assert "old" not in text
    assert "calibration" not in text
    assert all("| 2 seeds |" in shown for shown in (text, (release / "README.md").read_text()))


def test_a_promoted_release_keeps_its_card(release):
    promoted, _ = promote(release)
    with pytest.raises(ReleaseError, match="is a promoted release, which never changes"):
        report([promoted.folder], None, card=True)


def test_a_release_that_breaks_its_gates_is_not_promotable(release):
    exported = Exported(form="fp32", precision="f32", n={}, kept=None, tried={})
    refuse_broken(Fitted(open_release(release), {}, exported))
    with pytest.raises(ReleaseError, match=r"breaks the gates .* Too many flips\. .* --anyway"):
        refuse_broken(Fitted(open_release(release), {}, exported, ("Too many flips.",)))
    assert read_outcome(release) == "refuse"
