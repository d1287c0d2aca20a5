"""Every test and every file that docs/hardening.md names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = (ROOT / "docs/hardening.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"(tests/[\w/]+\.py)::(\w+)", TABLE)))
FILES = sorted(
    {name.replace("\\", "") for name in re.findall(r"(?:model|serve|train|tests)/[\w\\/]+\.py", TABLE)}
)


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )


def test_every_test_that_is_named_exists():
    assert len(TESTS) > 80
    missing = [
        f"{path}::{name}"
        for path, name in TESTS
        if not (ROOT / path).is_file() or name not in functions_of(ROOT / path)
    ]
    assert not missing


def test_every_file_that_is_named_exists():
    assert [name for name in FILES if not (ROOT / name).is_file()] == []


def test_every_point_says_what_is_done_or_why_not():
    rows = [line for line in TABLE.splitlines() if line.startswith("| ")]
    for row in rows:
        point, done, _, shown = (cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1])
        assert point
        assert "::" in shown or "not done: " in done or shown == "shown by", row
