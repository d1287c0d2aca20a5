"""OpenVINO comes in without reaching for the network, whichever part of the project is first to need it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from diplotone.model.runtime import keep_few_kernels, kernel_settings

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


SHAPES = """
import numpy as np
from pathlib import Path
from diplotone.model.encoding import Batch
from diplotone.model.runtime import keep_few_kernels
if {few}:
    keep_few_kernels()
from diplotone.model.analyzer import load

engine = load().engine

def run(pairs):
    spans = np.full((1, pairs, 16), 1 / 16, np.float32)
    engine.run_and_embed(Batch(np.full((1, 16), 5), np.ones((1, 16), np.int64), spans, spans))

def megabytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

for pairs in (140, *range(1, 70)):
    run(pairs)
before = megabytes()
for pairs in range(70, 140):
    run(pairs)
print(megabytes() - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_every_shape_of_a_batch():
    """With the shipped network, since a tiny one has tiny kernels; the other run shows what is kept in check."""
    unbounded, bounded = (float(run(SHAPES.format(few=few))) for few in (False, True))
    assert bounded < max(unbounded / 3, 15)


def test_a_number_of_kernels_that_the_operator_has_set_stands(monkeypatch):
    monkeypatch.delenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", raising=False)
    assert kernel_settings() == {}
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "7")
    keep_few_kernels()
    assert kernel_settings() == {"CPU_RUNTIME_CACHE_CAPACITY": 7}
    monkeypatch.setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "many")
    assert kernel_settings() == {}


def test_the_watch_sees_a_name_being_looked_up():
    assert "socket.getaddrinfo" in run("import socket; socket.getaddrinfo('localhost', 80)")
