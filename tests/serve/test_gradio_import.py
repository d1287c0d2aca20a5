"""Gradio comes in whole, and writes nothing into its own folder."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import inspect, sys
before = inspect.getfile
written = []
sys.addaudithook(
    lambda event, arguments: written.append(arguments[0])
    if event == "open" and str(arguments[0]).endswith(".pyi") else None
)
from diplotone.serve.gradio_import import import_gradio
import_gradio()
import gradio
with gradio.Blocks() as page:
    box = gradio.Textbox()
    box.change(lambda text: text, box, box)
print(written, inspect.getfile is before, inspect.getfile(gradio.Textbox).endswith("textbox.py"), len(page.fns))
"""


@pytest.mark.slow
def test_components_work_and_no_stub_is_read_or_written():
    shown = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[] True True 1"
