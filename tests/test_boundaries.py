"""Which part may import which, and what importing may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "transformers", "datasets", "gradio", "openvino", "sklearn", "pandas")


def _imported_parts(part: str) -> set[tuple[str, str]]:
    """(file, part) for every import of another top folder."""
    found = set()
    for path in (ROOT / part).rglob("*.py"):
        depth = len(path.relative_to(ROOT).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == depth and node.module:
                found.add((path.name, node.module.split(".")[0]))
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("diplotone."):
                found.add((path.name, node.module.split(".")[1]))
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.startswith("diplotone.")]
                found |= {(path.name, name.split(".")[1]) for name in names}
    return found


@pytest.mark.parametrize(
    ("part", "allowed"),
    [("model", {"configs"}), ("train", {"model", "configs"}), ("serve", {"model", "configs"})],
)
def test_a_part_imports_only_what_it_may(part, allowed):
    wrong = {(file, other) for file, other in _imported_parts(part) if other not in allowed | {part}}
    assert not wrong


def test_the_check_sees_imports_at_all():
    assert any(other == "model" for _, other in _imported_parts("train"))


@pytest.mark.parametrize("part", ["model", "train", "serve"])
def test_importing_a_part_loads_nothing_heavy(part):
    code = f"import sys, diplotone.{part}; print([m for m in {HEAVY!r} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_predicting_loads_neither_torch_nor_transformers(tiny_release):
    code = (
        "import sys; from diplotone.model import load;"
        f"load({str(tiny_release)!r}).analyze('Quito bombed Lima at dawn on Friday.');"
        f"print([m for m in {('torch', 'transformers', 'sklearn', 'gradio')!r} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


@pytest.mark.parametrize("part", ["model", "train", "serve"])
def test_help_loads_nothing_heavy(part):
    code = (
        "import sys, atexit;"
        f"atexit.register(lambda: print([m for m in {HEAVY!r} if m in sys.modules]));"
        f"from diplotone.{part}.__main__ import main; main(['--help'])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().endswith("[]")
    assert "usage:" in shown.stdout


@pytest.mark.parametrize(
    "then", ["", pytest.param("import diplotone.train.export, nncf", marks=pytest.mark.slow)]
)
def test_nothing_is_reported_to_anybody_when_openvino_and_nncf_are_imported(then):
    """Both call an analytics service as soon as they are imported, unless they find no package to do it with."""
    code = (
        "import sys, threading\n"
        "asked = []\n"
        "sys.addaudithook(lambda event, given: asked.append(given[0]) if event == 'socket.getaddrinfo' else None)\n"
        "from diplotone.model.engine import OpenVinoEngine\n"
        "from diplotone.model.release import shipped_release\n"
        "OpenVinoEngine(shipped_release())\n"
        f"{then}\n"
        "[thread.join(5) for thread in threading.enumerate() if thread is not threading.main_thread()]\n"
        "print(asked)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
