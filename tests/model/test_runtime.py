"""OpenVINO comes in without reaching for the network, whichever part of the project is first to need it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

WATCH = """
import sys
def told(event, arguments):
    if event in ("os.fork", "socket.connect", "socket.getaddrinfo") or event.startswith("urllib."):
        print("reached out:", event, arguments, flush=True)
sys.addaudithook(told)
"""


def run(code: str) -> str:
    shown = subprocess.run([sys.executable, "-c", WATCH + code], capture_output=True, text=True, check=True)
    return shown.stdout.strip()


def test_reading_an_article_tells_nobody(tiny_release):
    shown = run(
        f"from diplotone.model import load; load({str(tiny_release)!r}).analyze('Quito bombed Lima at dawn.');"
        "print([m for m in ('openvino.tools', 'urllib.request', 'openvino_telemetry') if sys.modules.get(m)])"
    )
    assert shown == "[]"


@pytest.mark.slow
def test_exporting_tells_nobody_and_has_the_converter_after_all():
    shown = run(
        "from diplotone.model.runtime import import_openvino; import_openvino(); import nncf;"
        "from openvino.tools.ovc import convert_model; print(convert_model.__name__)"
    )
    assert shown == "convert_model"


def test_whoever_imports_openvino_or_nncf_takes_care_of_that_first():
    careless = [
        path.name
        for part in ("model", "train", "serve")
        for path in (ROOT / part).rglob("*.py")
        for text in [path.read_text(encoding="utf-8")]
        if re.search(r"^ *(import|from) (openvino|nncf)", text, re.MULTILINE)
        and "import_openvino" not in text
    ]
    assert careless == ["compiled.py"]  # is handed the core of one who did


def test_the_watch_sees_a_name_being_looked_up():
    assert "socket.getaddrinfo" in run("import socket; socket.getaddrinfo('localhost', 80)")
