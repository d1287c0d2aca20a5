"""Takes the text out of one file, in a process of its own that may neither grow nor last.

    python -m diplotone.serve.extract KIND MOST < file

MOST are the characters, of a table its rows, beyond which there is no need to read on.

Answers one JSON object: the text with notes for the reader, or an error in words. Whatever a hostile file
does to a parser, it does it here: memory and time are limited, and the service only sees the answer.
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1_500_000_000
CPU_S = 20

MOST_UNPACKED_BYTES = 60_000_000
"""Of a document or a table."""
MOST_PARTS = 2_000
MOST_PAGES = 500
MOST_OBJECTS = 100_000


class Unreadable(Exception):
    """The file cannot be read; the text says why."""


def main() -> int:
    """Read a file from standard input and answer on standard output."""
    kind, most = sys.argv[1], int(sys.argv[2])
    _limit_resources()
    data = sys.stdin.buffer.read()
    try:
        text, notes = READERS[kind](data, most)
        answer: dict[str, Any] = {"text": text, "notes": notes}
    except Unreadable as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "it needs too much memory to be read"}
    except Exception as error:
        answer = {"error": f"it is damaged or not what its name says ({type(error).__name__})"}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    return 0


def _limit_resources() -> None:
    try:
        import resource
    except ImportError:  # not on Windows; there the time limit of the caller is what is left
        return
    with contextlib.suppress(OSError):  # where Linux must end a process for want of memory, it is this one
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),  # nothing is written
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:  # the service itself may have less
            most = min(most, hard)
        resource.setrlimit(kind, (most, most))


def _plain(data: bytes, _: int) -> tuple[str, list[str]]:
    return _decoded(data)


def _decoded(data: bytes) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16"), []
    if b"\0" in data:
        raise Unreadable("it is no text")
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), ["The file is not UTF-8; it was read as Windows-1252."]


def _markdown(data: bytes, _: int) -> tuple[str, list[str]]:
    """Markdown by the text of its blocks; quotes, lists and headings keep their lines."""
    from markdown_it import MarkdownIt

    text, notes = _decoded(data)
    blocks = []
    for token in MarkdownIt().parse(text):
        if token.type == "inline":
            blocks.append("".join(_inline(child) for child in token.children or ()))
    return "\n\n".join(filter(None, blocks)), notes


def _inline(token: Any) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline") else ""


def _html(data: bytes, _: int) -> tuple[str, list[str]]:
    """The article of a page, without its menus; of a page without one, all its text."""
    import trafilatura

    document, notes = _decoded(data)
    text = trafilatura.extract(document, include_comments=False, include_tables=False, favor_recall=True)
    if not text:
        text = trafilatura.html2txt(document)
        notes.append("No article was found in the page; this is all its text.")
    title = trafilatura.extract_metadata(document)
    headline = title.title if title is not None else None
    if headline and text and headline not in text[:300]:
        text = f"{headline}\n\n{text}"
    # Paragraphs come as lines; an empty line between them is what the reader of articles knows.
    return "\n\n".join(line for line in (text or "").splitlines() if line.strip()), notes


def _docx(data: bytes, _: int) -> tuple[str, list[str]]:
    _check_zip(data)
    import docx

    document = docx.Document(io.BytesIO(data))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    n_tables = len(document.tables)
    return (
        "\n\n".join(filter(str.strip, paragraphs)),
        [f"Tables were left out ({n_tables})."] if n_tables else [],
    )


def _check_zip(data: bytes) -> None:
    """Refuse an archive that unpacks to more than a document does, before anything is unpacked.

    What a directory says of a part's size binds the reader: no more than that is unpacked.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except zipfile.BadZipFile as error:
        raise Unreadable("it is damaged or no Word document") from error
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED_BYTES:
        raise Unreadable(
            f"it unpacks to {unpacked:,} bytes in {len(parts):,} parts; at most {MOST_UNPACKED_BYTES:,} bytes"
            f" in {MOST_PARTS:,} parts are taken"
        )
    if not any(part.filename == "word/document.xml" for part in parts):
        raise Unreadable("it is no Word document")


def _pdf(data: bytes, max_chars: int) -> tuple[str, list[str]]:
    if data.count(b" obj") > MOST_OBJECTS:
        raise Unreadable(f"it has more than {MOST_OBJECTS:,} objects; save it anew, or as text")
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("it is locked with a password; save it without one")
    n_pages = len(reader.pages)
    if n_pages > MOST_PAGES:
        raise Unreadable(f"it has {n_pages:,} pages; at most {MOST_PAGES} are read, split it")
    texts = []
    for page in reader.pages:
        texts.append(_joined_lines(page.extract_text()))
        if sum(map(len, texts)) > max_chars:
            break  # the caller says that it is too long
    text = "\n\n".join(filter(None, texts))
    if not text.strip():
        raise Unreadable("no text is in it; it may be a scan, which needs character recognition first")
    return text, ["Text of a PDF can hold page numbers and broken lines; look it over before you analyze it."]


def _joined_lines(text: str) -> str:
    """The lines of a page as paragraphs: a full line goes on in the next, hyphenated words are made whole."""
    lines = [line.strip() for line in text.splitlines()]
    longest = max(map(len, lines), default=0)
    out = ""
    for line in lines:
        if not line:
            out = out.rstrip() + "\n\n"
        elif out.endswith("-") and line[0].islower():
            out = out[:-1] + line
        else:
            out += line
        if line and len(line) < 0.6 * longest and line.endswith((".", "!", "?", "”", '"')):
            out += "\n\n"
        elif line and not out.endswith("-"):
            out += " "
    return out.strip()


def _parquet(data: bytes, max_rows: int) -> tuple[str, list[str]]:
    """The rows of a table as JSONL, its dates as ISO 8601."""
    import pyarrow
    import pyarrow.parquet

    from .archive_file import DATE_KEYS, ID_KEYS

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # the others set more aside than there is
    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        n_rows, names = file.metadata.num_rows, file.schema_arrow.names
    except (pyarrow.ArrowException, OSError) as error:
        raise Unreadable(f"is damaged or no Parquet file: {error}") from error
    if n_rows > max_rows:
        raise Unreadable(f"has {n_rows:,} rows; at most {max_rows:,} are taken, split it")
    if "text" not in names:
        raise Unreadable(f'has no column "text"; found {", ".join(names)[:200] or "nothing"}')
    lines: list[str] = []
    n_chars = 0
    wanted = [name for name in ("text", *DATE_KEYS, *ID_KEYS) if name in names]
    for batch in file.iter_batches(batch_size=50, columns=wanted, use_threads=False):
        for row in batch.to_pylist():
            lines.append(json.dumps(row, default=_in_json))
            n_chars += len(lines[-1])
        if n_chars > MOST_UNPACKED_BYTES:
            raise Unreadable(f"unpacks to more than {MOST_UNPACKED_BYTES:,} characters; split it")
    return "\n".join(lines), []


def _in_json(value: Any) -> str | None:
    """A date as it is written; of what else JSON does not know, nothing."""
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else None


READERS: dict[str, Callable[[bytes, int], tuple[str, list[str]]]] = {
    "txt": _plain,
    "md": _markdown,
    "html": _html,
    "docx": _docx,
    "pdf": _pdf,
    "parquet": _parquet,
}

if __name__ == "__main__":
    sys.exit(main())
