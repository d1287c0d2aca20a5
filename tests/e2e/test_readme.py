"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from diplotone.model.release import open_release, shipped_release
from diplotone.train.benchmark import Row, as_table, headline
from diplotone.train.simulation_report import Needed, Outcome, as_needed_table
from diplotone.train.simulation_report import as_table as as_simulation_table

from .test_page import serving

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


def test_the_python_lines_print_what_is_shown():
    number, code = next((n, code) for n, (language, code) in enumerate(BLOCKS) if language == "python")
    shown = BLOCKS[number + 1][1]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})  # our own file
    assert out.getvalue() == shown


@pytest.mark.slow
def test_the_lines_for_gradio_client_print_what_is_shown(tmp_path):
    number, code = next((n, code) for n, (_, code) in enumerate(BLOCKS) if "gradio_client" in code)
    shown = BLOCKS[number + 1][1]
    address = "http://127.0.0.1:7860"
    assert address in code
    out = io.StringIO()
    with serving(tmp_path) as (_, url), contextlib.redirect_stdout(out):
        exec(code.replace(address, url), {})  # our own file
    assert out.getvalue() == shown


def test_the_make_targets_exist():
    targets = re.findall(r"^make ([\w-]+)", README, flags=re.MULTILINE)
    assert targets
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in targets:
        assert re.search(rf"^{target}\s", listed, flags=re.MULTILINE), target


@pytest.mark.parametrize("line", re.findall(r"^diplotone[^\n#]*", README, flags=re.MULTILINE))
def test_the_commands_are_understood(line):
    """Each command's options are known to it: argparse exits with 2 and "unrecognized" otherwise."""
    program, *words = line.split()
    part = {"diplotone": "model", "diplotone-train": "train", "diplotone-serve": "serve"}[program]
    done = subprocess.run(
        [sys.executable, "-m", f"diplotone.{part}", *words, "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    for option in (word for word in words if word.startswith("-") and len(word) > 1):
        assert option in done.stdout


def test_the_label_table_is_the_codebooks(codebook):
    for name in ("sentiment", "tone", "stance"):
        for label in codebook[name].labels:
            assert f"| {label.name} | {label.definition} |" in README
    assert ", ".join(codebook["act"].names) in " ".join(README.split())


def test_the_figures_are_those_of_the_shipped_release():
    """`diplotone-train benchmark -o docs/benchmark.json --readme README.md` measured them."""
    stored = json.loads((ROOT / "docs" / "benchmark.json").read_text(encoding="utf-8"))
    assert stored["release"] == open_release(shipped_release()).label
    assert as_table(headline([Row(**row) for row in stored["figures"]])) in README


def test_what_corrections_buy_was_measured_with_the_shipped_release():
    """`diplotone-train simulate ... -o docs/simulation.json` measured it."""
    stored = json.loads((ROOT / "docs" / "simulation.json").read_text(encoding="utf-8"))
    assert stored["release"] == open_release(shipped_release()).label
    outcomes = [Outcome(**row) for row in stored["outcomes"]]
    ways = {(outcome.corrected, outcome.choice) for outcome in outcomes}
    assert len(stored["seeds"]) >= 3
    assert len(outcomes) == len(ways) * len(stored["seeds"])
    most = max(outcome.corrected for outcome in outcomes)
    assert as_simulation_table([outcome for outcome in outcomes if outcome.corrected == most]) in README
    assert as_simulation_table(outcomes) in (ROOT / "docs" / "corrections.md").read_text(encoding="utf-8")
    assert as_needed_table([Needed(**row) for row in stored["needed"]]) in README
