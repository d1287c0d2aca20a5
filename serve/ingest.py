"""From a file that somebody drops to the text in it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import PurePath

from ..model.errors import TextError, require_extra

TIMEOUT_S = 30.0

KINDS = {
    ".txt": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".docx": "docx",
    ".pdf": "pdf",
}
"""Ending -> how it is read."""

_NEEDED = {"md": "markdown_it", "html": "trafilatura", "docx": "docx", "pdf": "pypdf"}
_STARTS = {"docx": b"PK\x03\x04", "pdf": b"%PDF-"}
"""How such a file begins; what calls itself one and begins otherwise is refused unread."""

_TEXTS = ("txt", "md", "html")
_NO_TEXT_STARTS = (
    *_STARTS.values(),
    b"{\\rtf",
    b"\xd0\xcf\x11\xe0",  # Word before 2007
    b"\x1f\x8b",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"\x7fELF",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """The text of a file."""

    text: str
    notes: tuple[str, ...]
    """What the reader should know of how it was read."""


def ingest(name: str, data: bytes, *, max_bytes: int, max_chars: int) -> Ingested:
    """Return the text of a file; it is read in a process with limited memory and time (see `extract`).

    Raises:
        TextError: It is of another kind, too large, damaged, hostile, or holds no text.
        MissingExtra: The package for this kind is not installed.
    """
    shown = PurePath(name.replace("\\", "/")).name or "the file"
    kind = KINDS.get(PurePath(shown).suffix.lower())
    if kind is None:
        raise TextError(f"{shown}: is of no kind that is read here; those are {', '.join(KINDS)}")
    if len(data) > max_bytes:
        raise TextError(f"{shown}: has {len(data):,} bytes; at most {max_bytes:,} are taken")
    if kind in _STARTS and not data.startswith(_STARTS[kind]):
        raise TextError(f"{shown}: is not what its ending says; open it in its program and save it anew")
    if kind in _TEXTS and data.startswith(_NO_TEXT_STARTS):
        raise TextError(f"{shown}: is not the text that its ending says; give it its right ending")
    if kind in _NEEDED:
        require_extra("serve", _NEEDED[kind])
    try:
        found = extracted(kind, data, max_chars)
    except TextError as error:
        raise TextError(f"{shown}: {error}") from error
    if not found.text.strip():
        raise TextError(f"{shown}: holds no text")
    if len(found.text) > max_chars:
        raise TextError(f"{shown}: its text has more than {max_chars:,} characters; split it into parts")
    return found


def extracted(kind: str, data: bytes, most: int) -> Ingested:
    """Return what is in a file of a kind that `extract` knows, read in a process with limited memory and time.

    Args:
        kind: One of `extract.READERS`.
        data: The file.
        most: Characters, of Parquet rows, beyond which there is no need to read on.

    Raises:
        TextError: It cannot be read; the text says why and does not name the file.
    """
    command = [sys.executable, "-P", "-m", "diplotone.serve.extract", kind, str(most)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise TextError(f"cannot be read within {TIMEOUT_S:g} seconds") from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise TextError("cannot be read with the memory and time that one file gets") from None
    if "error" in answer:
        raise TextError(answer["error"])
    text = answer["text"].encode("utf-8", "replace").decode()  # a PDF can hold halves of characters
    return Ingested(text=text, notes=tuple(answer["notes"]))
