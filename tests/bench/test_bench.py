"""The benchmarks run from end to end, and what they write holds what they measured."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
PAGE = "Before.\n<!-- figures: written by the benchmark -->\nold\n<!-- end of figures -->\nAfter.\n"

MACHINE = {
    "processor": "A processor",
    "cores_usable": 2,
    "processors_seen": 2,
    "date": "2026-01-01",
    "load_before": [0.1],
    "load_after": [0.2],
    "clock_to_processor_time": [1.0],
    "quiet": True,
}


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The benchmarks start processes of their own as `tests.bench`; here they are imported by that name too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield


def curves(ms: float) -> dict:
    points = [{"x": n, "ms": ms * n, "per_second": 1e3 / ms} for n in (1, 10, 100)]
    return {
        "tokens_of_a_sentence": points,
        "sentences_of_a_batch": points,
        "sentences_of_an_article": points,
        "sentences_of_an_archive": points,
        "parts_of_an_article": {"sentences": 30, "dyads": 4, "ms": {"whole": 9.0, "network": 7.5}},
    }


def http(ms: float) -> dict:
    clients = {"answers_per_second": 70.0, "p50_ms": 10.0, "p95_ms": None, "refused_or_failed": 0}
    beside = {"long_text_sentences": 300, "long_text_status": 200, "long_text_ms": 900.0}
    return {
        "article_of_30_sentences_ms": ms,
        "beside_a_long_text": beside | {"short_text_p50_ms": 20.0, "short_text_most_ms": 30.0},
        "peak_mb": 400.0,
        "clients": [{"clients": 100} | clients],
    }


@pytest.fixture
def figures() -> dict:
    names = ("Diplotone, Analyzer.score", "A <system> & more")
    return {
        "others": {
            "sentences": 192,
            "sentences_of_32_tokens": 96,
            "rounds": 7,
            "left_out": {"Another": ["its library"]},
            "rows": [
                {
                    "name": name,
                    "sentences_per_processor_second": rate,
                    "of_ours": rate / 200,
                    "of_32_tokens_per_processor_second": rate - 10,
                    "of_ours_at_32_tokens": (rate - 10) / 190,
                    "sentences_per_second": rate,
                    "start_to_first_result_s": 0.5,
                    "peak_mb": 200.0,
                }
                for name, rate in zip(names, (200.0, 430.0), strict=True)
            ],
        },
        "peak": {
            "form": "int8 weights",
            "network_gflops": 165.0,
            "of_fp32_peak": 0.8,
            "fp32_peak_gflops": 200.0,
            "of_int8_peak": 0.1,
            "int8_peak_gops": 1_650.0,
            "int8_peak_is": "measured, brgemm_avx512_amx_I8",
        },
        "starts": [{"name": "diplotone analyze", "seconds": 0.47, "cpu_seconds": 0.6, "peak_mb": 179.0}],
        "page": {"name": "diplotone-serve", "seconds": 2.2, "peak_mb": 347.0},
        "as served": {"curves": curves(4.0), "http": http(111.0)},
        "bf16": {"curves": curves(2.0), "http": http(55.0)},
        "machine": MACHINE,
    }


def test_the_table_has_every_precision_and_says_how_the_peak_is_known(figures):
    from tests.bench.__main__ import as_markdown

    table = "\n".join(as_markdown(figures))
    assert "| A <system> & more | 430 | 2.15 | 420 | 2.21 | 430 | 0.5 | 200 |" in table
    assert "10% of what one in int8 does (1,650; measured, brgemm_avx512_amx_I8)" in table
    assert "| ms, as served | 4.0 | 40.0 | 400.0 |" in table
    assert "| ms, bf16 | 2.0 | 20.0 | 200.0 |" in table
    assert "Over HTTP (bf16) an article of 30 sentences takes 55 ms" in table
    assert "| Another | left out, for want of its library |" in table


@pytest.mark.parametrize("precisions", [("as served",), ("as served", "bf16")])
def test_the_picture_has_every_curve_in_every_precision(figures, precisions):
    from tests.bench.picture import CURVES, draw

    if "bf16" not in precisions:
        del figures["bf16"]
    picture = ElementTree.fromstring(draw(figures))
    texts = [element.text for element in picture.iter(f"{SVG}text")]
    for _, title in CURVES:
        assert title in texts
    lines = list(picture.iter(f"{SVG}polyline"))
    assert len(lines) == len(CURVES) * len(precisions)
    assert {line.get("class") for line in lines} == set(["line a", "line b"][: len(precisions)])
    for name in ("as served", "bf16"):
        assert texts.count(name) == (len(CURVES) if name in precisions else 0)
    for circle in picture.iter(f"{SVG}circle"):
        assert 0 < float(circle.get("cx") or 0) < 760


def test_one_benchmark_leaves_the_figures_of_another(tmp_path):
    from tests.bench.pages import put_into_json, put_into_page

    path, page = tmp_path / "performance.json", tmp_path / "page.md"
    put_into_json(path, {"others": 1.23456, "bf16": 2}, kept=["archive"])
    put_into_json(path, {"archive": {"rows": 3}}, kept=None)
    put_into_json(path, {"others": 4}, kept=["archive"])
    assert json.loads(path.read_text()) == {"others": 4, "archive": {"rows": 3}}
    page.write_text(PAGE)
    put_into_page(page, "new")
    assert page.read_text() == PAGE.replace("old", "new")
    put_into_page(tmp_path / "missing.md", "new")
    assert not (tmp_path / "missing.md").exists()


def test_the_pages_have_the_marks():
    from tests.bench.pages import BEGIN, END

    for name in ("performance.md", "scaling.md"):
        page = (ROOT / "docs" / name).read_text()
        assert page.count(BEGIN) == page.count(END) == 1
        assert page.index(BEGIN) < page.index(END)


def test_sentences_of_exactly_32_tokens_are_that_for_everybody():
    from tokenizers import Tokenizer

    from diplotone.model.release import shipped_release
    from tests.bench.speed import sentences_of_exactly

    tokenizer = Tokenizer.from_file(str(shipped_release() / "tokenizer.json"))
    tokenizer.no_padding()
    found = sentences_of_exactly(32, 96)
    assert len(set(found)) == 96
    assert {len(tokenizer.encode(text).ids) for text in found} == {32}


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_benchmark_runs_and_writes_what_it_measured(tmp_path):
    (tmp_path / "performance.md").write_text(PAGE)
    told = run("tests.bench", "--quick", "--out", str(tmp_path))
    figures = json.loads((tmp_path / "performance.json").read_text())
    rows = figures["others"]["rows"]
    assert {"Diplotone, Analyzer.score", "Diplotone, engine alone"} <= {row["name"] for row in rows}
    assert not {"an answer (it failed)"} & {
        why for left in figures["others"]["left_out"].values() for why in left
    }
    for row in rows:
        assert row["sentences_per_processor_second"] > 0
        assert row["of_32_tokens_per_processor_second"] > 0
    starts = {row["name"]: row for row in figures["starts"]}
    held = [starts[name]["peak_mb"] for name in starts]
    assert 50 < min(held) < max(held) < 2_000
    assert {"diplotone analyze, 12 sentences", "diplotone score, 20 sentences, one process"} <= set(starts)
    (words,) = [row["peak_mb"] for row in rows if row["name"] == "VADER"] or [20.0]
    assert words < 70  # and not what the benchmark itself holds
    assert figures["peak"]["of_int8_peak"] < figures["peak"]["of_fp32_peak"]
    assert figures["as served"]["http"]["beside_a_long_text"]["short_texts"] > 0
    assert [row["refused_or_failed"] for row in figures["as served"]["http"]["clients"]] == [0, 0]
    page = (tmp_path / "performance.md").read_text()
    assert page.startswith("Before.\n")
    assert page.endswith("After.\n")
    assert "old" not in page.splitlines()
    assert told.strip() in page
    ElementTree.fromstring((tmp_path / "performance.svg").read_text())


@pytest.mark.slow
def test_the_archive_benchmark_runs_and_every_row_comes_out(tmp_path):
    (tmp_path / "scaling.md").write_text(PAGE)
    sizes = ("--sentences", "20", "--rounds", "1", "--rows-of-parts", "200", "--end-to-end", "1100")
    told = run("tests.bench.archive", *sizes, "--precision", "f32", "--out", str(tmp_path))
    found = json.loads((tmp_path / "performance.json").read_text())["archive"]
    (end_to_end,) = found["end_to_end"]
    assert end_to_end["rows_out"] == end_to_end["rows"] == 1_100
    assert 28 < end_to_end["tokens"] < 36
    assert 0 < end_to_end["peak_mb_of_one"] < end_to_end["peak_mb_of_all"]
    assert end_to_end["rows_per_processor_second"] > 0
    assert set(found["parts"]["rows_per_processor_second"]) == {
        "fingerprint",
        "cutting",
        "reading and checking",
        "copies (--once)",
        "joining",
    }
    assert found["parts"]["bytes_of_a_row_in_seen_sqlite"] > 16
    assert 0 < found["scorer"][0]["of_the_network"] < 1.5
    assert told.strip() in (tmp_path / "scaling.md").read_text()
