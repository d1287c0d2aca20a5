"""The lists of what Diplotone stands on agree with what is pinned and installed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / ".ci" / "inventory.py"


@pytest.fixture(scope="module")
def inventory():
    if not SCRIPT.exists():
        pytest.skip("needs a checkout: the script is not part of what is distributed")
    spec = importlib.util.spec_from_file_location("inventory", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pinned(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return {
        re.sub(r"[-_.]+", "-", name).lower(): version
        for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE)
    }


@pytest.mark.slow
def test_every_package_has_its_licence_in_the_list(inventory):
    listed = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").splitlines()
    missing = [row for row in inventory.licences_page().splitlines() if row not in listed]
    assert not missing, "run make licences"
    unstated = [row for row in listed if "| not stated |" in row]
    assert all(row.endswith("| dev |") for row in unstated)  # nothing of these is ever handed on


def test_every_package_is_pinned_as_it_is_installed(inventory):
    pins = pinned("constraints.txt")
    from importlib.metadata import version

    needed = inventory.purposes().keys() - {"setuptools"}  # is in the environment before anything is pinned
    installed = {name: version(name).partition("+")[0] for name in needed}
    assert {name: pins.get(name) for name in installed} == installed


@pytest.mark.slow
def test_the_bill_of_materials_names_all_and_only_itself(inventory):
    bill = inventory.bill_of_materials()
    references = {component["bom-ref"] for component in bill["components"]}
    assert len(references) == len(bill["components"]) == len(inventory.purposes())
    for node in bill["dependencies"]:
        assert set(node["dependsOn"]) <= references
    (own,) = [node for node in bill["dependencies"] if node["ref"].startswith("pkg:pypi/diplotone@")]
    assert any(reference.startswith("pkg:pypi/gradio@") for reference in own["dependsOn"])


def test_the_lock_of_the_service_is_whole_and_hashed(inventory):
    text = (ROOT / "serve.lock").read_text(encoding="utf-8")
    locked, pins = pinned("serve.lock"), pinned("constraints.txt")
    served = {name for name, needed in inventory.purposes().items() if needed & {"predict", "serve"}}
    assert served <= locked.keys()
    assert {name: pins[name] for name in served} == {name: locked[name] for name in served}
    assert "torch" not in locked
    for block in re.split(r"\n(?=[\w.-]+==)", text):
        if "==" in block.split("\n")[0]:
            assert "--hash=sha256:" in block, block.split("\n")[0]
    assert "://" not in text  # where it was found is nobody's business
