"""Bad input: texts nobody writes, and valid files with their bytes bent."""

from __future__ import annotations

import random
from collections.abc import Iterator

WORDS = (
    "Oslo accused Riga of theft. ",
    "“We will not,” said the Norwegian minister. ",
    "THE PRESIDENT: No. ",
    "U.S. ",
    "SEOUL (AP) — ",
    "the two Koreas ",
    "did not condemn ",
    "Oslo",
    "Riga's",
    "\n\n",
    "\r\n",
    "- ",
    "182. ",
    "By Jane Doe\n",
)
ODD = (
    "\0",
    "\ud800",
    "\udfff",
    "\u202e",
    "\u2066",
    "e\u0301\u0301\u0301",
    "\u0300" * 40,
    "\ufeff",
    "\u200b",
    "\x1c",
    "\x85",
    "\u2028",
    "😀",
    "👩‍👩‍👧",
    "ﷺ",
    "北京。",
    "Москва ",
    "القاهرة",
    "\x07\x1b[31m",
    "ſ",
    "İ",
    "ß",
    "½",
    "Ǆ",
    "'" * 9,
    '"' * 9,
    "((((",
    "....",
    "!?!?",
    "----",
    "<script>",
    "{{7*7}}",
    "%s%n",
    "\\u0000",
    "1e999",
    "\t",
    "\v",
    "\f",
    "\xa0",
)
TOKENS = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b'"',
    b"'",
    b",",
    b";",
    b"\n",
    b"\r",
    b"{",
    b"}",
    b"[" * 60,
    b"]",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"-1",
    b"9" * 30,
    b"9" * 5_000,
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"\\ud800",
    b"\\u0000",
    b"=",
    b"<",
    b">",
    b"&a;",
    b"/",
    b"%PDF",
    b"PK\x03\x04",
    b"obj",
    b"stream",
    b"a" * 5_000,
    b" " * 5_000,
)

ENORMOUS = {
    "one word": "un",
    "one letter": "a",
    "full stops": ".",
    "quotation marks": '"',
    "combining marks": "e\u0301\u0300\u0302\u0303",
    "line breaks and letters": "\na",
    "NUL": "\0",
    "one actor": "Oslo ",
    "brackets": "(",
    "initials": "A. ",
    "half characters": "\ud800",
    "right-to-left marks": "\u202eab ",
}
"""What a text may be made of and nothing else."""


def enormous_texts(size: int) -> Iterator[tuple[str, str]]:
    """Texts of so many characters, with what they are made of; and a word of 5,000 tokens."""
    yield "a word of 5,000 tokens", "un" * 5_000
    for name, unit in ENORMOUS.items():
        yield f"{size:,} characters of {name}", (unit * (size // len(unit) + 1))[:size]


def odd_text(chance: random.Random) -> str:
    """Sentences with what does not belong in them."""
    pieces = [chance.choice(WORDS if chance.random() < 0.6 else ODD) for _ in range(chance.randint(0, 30))]
    if chance.random() < 0.1:
        pieces.append(chr(chance.randrange(0x110000)) * chance.randint(1, 2_000))
    if chance.random() < 0.2:
        pieces.append("".join(chr(chance.randrange(0x110000)) for _ in range(chance.randint(1, 60))))
    chance.shuffle(pieces)
    return "".join(pieces)


def bent(data: bytes, chance: random.Random) -> bytes:
    """A file with some of its bytes changed, lost, doubled or put elsewhere."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8, 40))):
        at = chance.randrange(len(out) + 1)
        length = chance.choice((1, 1, 2, 5, 30, 300))
        kind = chance.randrange(6)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del out[at : at + length]
        elif kind == 2:
            out[at:at] = chance.choice(TOKENS)
        elif kind == 3:
            out[at : at + length] = chance.choice(TOKENS)
        elif kind == 4:
            source = chance.randrange(len(out) + 1)
            out[at:at] = out[source : source + length]
        elif chance.random() < 0.1:
            del out[at:]
        else:
            out[at : at + length] = chance.randbytes(length)
    return bytes(out)


def odd_value(chance: random.Random, depth: int = 0) -> object:
    """Anything that JSON can say, and some that only Python's reader takes."""
    kind = chance.randrange(10 if depth < 4 else 7)
    if kind == 0:
        return chance.choice(
            (None, True, False, 0, -1, 1, 2**63, -(2**70), 1e308, float("nan"), float("inf"), 0.5)
        )
    if kind in (1, 2):
        return odd_text(chance)[: chance.choice((3, 30, 3_000))]
    if kind == 3:
        return chance.choice(("Oslo", "Riga", "hostile", "opposed", "ACCUSE", "", " ", "text", "dev", "wire"))
    if kind == 4:
        return [chance.randint(-2, 60), chance.randint(-2, 60)]
    if kind in (5, 6):
        return chance.randint(-5, 90)
    if kind == 7:
        return [odd_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return odd_object(chance, depth + 1)


KEYS = (
    "text",
    "sentiment",
    "tone",
    "pairs",
    "source",
    "target",
    "stance",
    "act",
    "id",
    "hard",
    "group",
    "split",
    "register",
    "data",
    "annotations",
    "completed_by",
    "result",
    "type",
    "from_name",
    "value",
    "choices",
    "labels",
    "start",
    "end",
    "from_id",
    "to_id",
    "direction",
    "email",
    "was_cancelled",
    "mine",
    "\ud800",
    "",
    "source_code",
)


def odd_object(chance: random.Random, depth: int = 0) -> dict[str, object]:
    return {chance.choice(KEYS): odd_value(chance, depth) for _ in range(chance.randint(0, 6))}
