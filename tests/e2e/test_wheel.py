"""The built wheel: what it holds, and that it works in an environment that has nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from what git tracks, in a folder of its own."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(ROOT / name, source / name) if _same_disk(source) else _copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(out.glob("*.whl"))


def _same_disk(folder):
    return folder.stat().st_dev == ROOT.stat().st_dev


def _copy(source, destination):
    destination.write_bytes(source.read_bytes())


def _tracked(*patterns):
    listed = subprocess.run(
        ["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listed.stdout.split())


def test_the_wheel_holds_every_module_and_data_file(wheel):
    wanted = _tracked("configs", "model", "train", "serve")
    held = {
        name.removeprefix("diplotone/")
        for name in zipfile.ZipFile(wheel).namelist()
        if ".dist-info/" not in name
    }
    assert held == wanted


def test_nothing_generic_lands_in_site_packages(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"diplotone"}


def test_the_wheel_works_alone(wheel, tmp_path):
    """Installed without extras: it reads an article, and it knows what is missing for the rest."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, text=True, timeout=600)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    clean |= {"DIPLOTONE_HOME": str(tmp_path / "home"), "PYTHONSAFEPATH": "1"}

    def run(command, *arguments, stdin=None):
        return subprocess.run(
            [str(tmp_path / "env" / "bin" / command), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=clean,
            cwd=tmp_path,
            timeout=120,
            check=False,
        )

    done = run("diplotone", "analyze", "-", "--format", "json", stdin="Quito bombed Lima's harbour at dawn.")
    assert done.returncode == 0, done.stderr
    analysis = json.loads(done.stdout)
    assert analysis["sentences"][0]["tone"]["label"] == "hostile"
    assert {m["code"] for m in analysis["sentences"][0]["mentions"]} == {"ECU", "PER"}

    installed = subprocess.run(
        [str(python), "-m", "pip", "list", "--format", "json"], capture_output=True, text=True, check=True
    )
    names = {package["name"].lower() for package in json.loads(installed.stdout)}
    assert not names & {"torch", "transformers", "gradio", "pandas", "scikit-learn"}

    for command, arguments, extra in (
        ("diplotone-train", ["fit"], "train"),
        ("diplotone-serve", [], "serve"),
    ):
        done = run(command, *arguments)
        assert done.returncode == 2
        assert f"pip install 'diplotone[{extra}]'" in done.stderr
        assert run(command, "--help").returncode == 0
