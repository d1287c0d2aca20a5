"""Files in, text out: every kind that is taken, and what is refused in words."""

from __future__ import annotations

import functools
import io
import zipfile
import zlib

import pytest

from diplotone.model.errors import TextError
from diplotone.serve import ingest as module
from diplotone.serve.ingest import ingest

WORDS = "Norway accused Latvia of theft on Monday."
LIMITS = {"max_bytes": 2_000_000, "max_chars": 50_000}


def docx_file(*paragraphs: str) -> bytes:
    docx = pytest.importorskip("docx")
    document, out = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(out)
    return out.getvalue()


def pdf_file(words: str) -> bytes:
    """The smallest file that shows a line of text."""
    return pdf_around(f"BT /F1 12 Tf 20 100 Td ({words}) Tj ET".encode())


def pdf_around(stream: bytes, entries: str = "", n_pages: int = 1) -> bytes:
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>>>>>"
    kids = " ".join(f"{5 + n} 0 R" for n in range(n_pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {n_pages}>>".encode(),
        f"<</Length {len(stream)}{entries}>>stream\n".encode() + stream + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *[page.encode()] * n_pages,
    ]
    out, places = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj".encode() + value + b"endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode()


def pdf_of_pages(n: int) -> bytes:
    return pdf_around(b"BT ET", n_pages=n)


def pdf_bomb() -> bytes:
    """A megabyte that unpacks to a gigabyte."""
    megabyte, n = b" " * 1_000_000, 1_000
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    # What ends in a full flush stands by itself, so that it can be repeated.
    block = packer.compress(megabyte) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = functools.reduce(lambda sum_, _: zlib.adler32(megabyte, sum_), range(n), 1)
    packed = b"\x78\xda" + block * n + packer.flush() + checksum.to_bytes(4)
    return pdf_around(packed, "/Filter/FlateDecode")


HTML = f"""<html><head><title>Herring</title></head><body><nav><a href="/">Home</a> <a href="/x">Subscribe</a></nav>
<article><h1>Norway and Latvia quarrel</h1><p>{WORDS} {"The talks went on in Suva for days. " * 6}</p>
<p>Latvia denied it. {"Ministers met again and again. " * 6}</p></article><script>alert(1)</script></body></html>"""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", f"\ufeff{WORDS}".encode()),
        ("a.TXT", f"{WORDS} Caf\u00e9".encode("cp1252")),
        ("a.md", f"# Herring\n\n{WORDS} **Latvia** [denied](http://x.example) it.\n\n- They met.".encode()),
        ("a.html", HTML.encode()),
        ("a.docx", docx_file("Herring", WORDS)),
        ("a.pdf", pdf_file(WORDS)),
    ],
    ids=["utf-8", "windows", "markdown", "html", "docx", "pdf"],
)
def test_the_words_of_a_file_are_read(name, data):
    found = ingest(name, data, **LIMITS)
    assert WORDS in found.text
    for junk in ("Subscribe", "alert", "**", "http", "<p>", "\ufeff"):
        assert junk not in found.text


def bomb(unpacked: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b" " * unpacked)
    return out.getvalue()


ENTITIES = (
    '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12))
    + "]><d>&m;</d>"
)


def entity_docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx_file(WORDS))) as good, zipfile.ZipFile(out, "w") as bad:
        for part in good.infolist():
            bad.writestr(part, ENTITIES if part.filename == "word/document.xml" else good.read(part))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"MZ", "is of no kind that is read here; those are .txt"),
        ("a", b"x", "is of no kind"),
        ("a.txt", b"x" * 2_000_001, "at most 2,000,000 are taken"),
        ("a.txt", b"word " * 11_000, "more than 50,000 characters"),
        ("a.txt", b" \n ", "holds no text"),
        ("a.txt", b"\x00\x81\x00", "is no text"),
        ("a.txt", b"words\0 and more", "is no text"),
        ("a.txt", pdf_file(WORDS), "not the text that its ending says"),
        ("a.html", docx_file(WORDS), "not the text that its ending says"),
        ("a.md", b"\x1f\x8b\x08" + b"x" * 50, "not the text that its ending says"),
        ("a.pdf", docx_file(WORDS), "not what its ending says"),
        ("a.pdf", b"MZ not a pdf", "not what its ending says"),
        ("a.pdf", pdf_file(WORDS) + b"1 0 obj\n" * 100_001, "more than 100,000 objects"),
        ("a.pdf", pdf_of_pages(501), "has 501 pages; at most 500"),
        ("a.pdf", pdf_bomb(), "damaged|memory and time|too much|no text"),
        ("a.pdf", b"%PDF-1.4\ngarbage", "damaged"),
        ("a.docx", b"PK\x03\x04 broken", "damaged or no Word document"),
        ("a.docx", bomb(70_000_000), "unpacks to 70,000,008 bytes"),
        ("a.docx", entity_docx(), "damaged|needs too much|holds no text|memory and time"),
        ("../../etc/passwd", b"x", "^passwd: "),
    ],
    ids=[
        "kind", "no-ending", "bytes", "chars", "empty", "binary", "nul", "pdf-as-text", "docx-as-html", "gzip-as-md",
        "docx-as-pdf", "false-pdf", "objects", "pages", "pdf-bomb", "broken-pdf", "broken-docx",
        "bomb", "entities", "path",
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_in_words(name, data, words):
    with pytest.raises(TextError, match=words):
        ingest(name, data, **LIMITS)


def test_a_file_that_takes_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.01)
    with pytest.raises(TextError, match=r"within 0\.01 seconds"):
        ingest("a.txt", b"x", **LIMITS)
