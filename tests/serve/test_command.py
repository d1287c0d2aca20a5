"""diplotone-serve: its mistakes in one line."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from diplotone.serve.__main__ import main


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Take away the handler of the command, which would write to the standard error of a test that is over."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("diplotone-serve: ")
    return lines[0]


def test_a_taken_port_is_told(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 2
    assert f"127.0.0.1:{port}" in (line := one_line(capsys))
    assert "--port" in line


def test_a_missing_release_is_told(capsys, tmp_path):
    assert main(["--port", "0", "--release", str(tmp_path / "none")]) == 2
    assert "there is no such folder" in one_line(capsys)


def test_a_wrong_setting_is_told(capsys):
    assert main(["--set", "prot=1"]) == 2
    assert "known are" in one_line(capsys)


def test_too_little_memory_is_told_before_a_library_ends_the_process(capsys, monkeypatch):
    monkeypatch.setattr("resource.getrlimit", lambda _: (500_000_000, -1))
    assert main(["--port", "0"]) == 2
    assert "500,000,000 bytes of address space" in one_line(capsys)


def test_a_missing_extra_is_told(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "gradio" else object())
    assert main(["--port", "0"]) == 2
    assert "pip install 'diplotone[serve]'" in one_line(capsys)
