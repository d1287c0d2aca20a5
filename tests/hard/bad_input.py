"""Bad input into everything that reads: nothing may fail but in words, nothing hang, nothing grow without bound.

    python -m tests.hard.bad_input TARGET COUNT SEED SIZE    one kind of input, in this process; JSON on standard output

Each kind of input has a process of its own, so that one that kills its process is found too; the input at hand lies
in a file then (`last`).
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .figures import Figure
from .mutation import bent, enormous_texts, odd_object, odd_text, odd_value

LONGEST_S = 5.0
"""Processor time that one input may take; not time on the wall, since others may use the machine."""

LONGEST_ENORMOUS_S = 30.0
"""The same for a megabyte of text, five times what the service takes."""

ENORMOUS_CHARS, MANY = 1_000_000, 10_000
"""Size of the enormous texts; a twentieth of that where fewer inputs than that are asked for."""

LONGEST_KIND_S = 3_600.0
"""On the wall, for all inputs of a kind: what waits for ever uses no processor."""

MEMORY_BYTES = 6_000_000_000
MOST_GROWTH_MB = 150
"""Between the first tenth of the inputs and the last."""

PLACE = re.compile(
    r"\b(?:line|row|record|task|label|pair|column|text|file)s?\b|:\d+: |--set|^\w+ is "
    r"|\.(?:toml|jsonl?|csv|parquet|docx|pdf|html|md|txt)\b",
    re.IGNORECASE,
)
"""A word in a refusal that says where."""

ROOT = Path(__file__).resolve().parents[2]


class Hangs(BaseException):
    """An input takes too long."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads."""

    make: Callable[[random.Random], Any]
    read: Callable[[Any], object]
    share: int
    """Of a hundred thousand inputs or so; fewer of what takes long."""
    enormous: Callable[[str], Any] | None = None
    """From an enormous text to an input, where there is a place for one."""


# ------------------------------------------------------------------------------------------ seeds


def jsonl_file() -> bytes:
    rows = [
        {"text": "Oslo accused Riga of theft.", "tone": "critical", "sentiment": "negative", "id": "a", "hard": False,
         "pairs": [{"source": "Oslo", "target": [13, 17], "stance": "opposed", "act": "ACCUSE", "source_code": "NOR"}]},
        {"text": "Rabat sent seed to Bamako.", "tone": "cooperative", "register": "wire", "split": "dev", "group": "g"},
        {"text": "NA is Namibia.", "date": "2024-05-01", "mine": {"a": [1, 2.5, None]}},
    ]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def csv_file() -> bytes:
    return (
        b"text,sentiment,tone,source,target,stance,act\n"
        b'"Oslo accused Riga, of theft.",negative,critical,Oslo,Riga,opposed,ACCUSE\n'
        b'"Suva ""praised"" Apia.",positive,cooperative,Suva,Apia,supportive,SUPPORT\n'
        b"'=Suva met Apia.,,neutral,,Apia,,\n"
    )


def label_studio_file() -> bytes:
    region = {"type": "labels", "id": "a", "value": {"start": 13, "end": 17, "labels": ["Actor"]}}
    other = {"type": "labels", "id": "b", "value": {"start": 0, "end": 4, "labels": ["Actor"]}}
    choice = {"type": "choices", "from_name": "tone", "to_name": "text", "value": {"choices": ["critical"]}}
    relation = {"type": "relation", "from_id": "b", "to_id": "a", "direction": "right", "labels": ["ACCUSE"]}
    task = {
        "data": {"text": "Oslo accused Riga of theft."},
        "annotations": [{"completed_by": {"email": "ada"}, "result": [region, other, choice, relation]}],
    }
    return json.dumps([task]).encode()


def parquet_file() -> bytes:
    import pyarrow
    import pyarrow.parquet

    rows = [{"text": f"Oslo met Riga {n}.", "date": f"2024-05-{n + 1:02}", "id": n} for n in range(20)]
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), out)
    return out.getvalue()


def docx_file() -> bytes:
    import docx

    document, out = docx.Document(), io.BytesIO()
    document.add_heading("Herring")
    document.add_paragraph("Norway accused Latvia of theft on Monday.")
    document.add_table(rows=1, cols=2)
    document.save(out)
    return out.getvalue()


def bent_docx(chance: random.Random) -> bytes:
    """Bent as a whole, or in one of its parts, which a checksum would else hide from the reader."""
    whole = docx_file_once()
    if chance.random() < 0.3:
        return bent(whole, chance)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as good, zipfile.ZipFile(out, "w") as bad:
        names = good.namelist()
        chosen = chance.choice(["word/document.xml", chance.choice(names)])
        for name in names:
            bad.writestr(name, bent(good.read(name), chance) if name == chosen else good.read(name))
    return out.getvalue()


docx_file_once = cache(docx_file)
parquet_file_once = cache(parquet_file)


def pdf_file() -> bytes:
    stream = "BT /F1 12 Tf 20 100 Td (Norway accused Latvia of theft.) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = "%PDF-1.4\n", []
    for number, value in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj{value}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (
        f"{out}xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\n"
        f"startxref\n{len(out)}\n%%EOF"
    ).encode()


HTML = (
    '<html><head><title>Herring</title><meta charset="utf-8"></head><body><nav><a href="/">Home</a></nav><article>'
    f"<h1>Quarrel</h1><p>Norway accused Latvia of theft. {'The talks went on in Suva for days. ' * 6}</p><ul><li>One"
    "</li></ul></article><script>alert(1)</script></body></html>"
).encode()
MARKDOWN = b"# Herring\n\nNorway accused **Latvia** of [theft](http://x.example).\n\n- One\n> Two\n"
CONFIG = (
    b'host = "127.0.0.1"\nport = 7860\nallowed_hosts = ["a", "b"]\ndeadline_s = 60.0\nmax_chars = 200_000\n'
)
ACTORS = b"""[states.NOR]
name = "Norway"
adjectives = ["Norwegian"]
seats = ["Oslo"]
[states.LVA]
name = "Latvia"
[historical.SUN]
name = "Soviet Union"
years = [1922, 1991]
[[leaders]]
code = "NOR"
names = ["Jane Doe"]
from = 2001
short = "Doe"
[[homographs]]
form = ["Georgia"]
usual = "NOR"
else = ""
cues = ["Atlanta"]
[[stand_ins]]
words = ["the bloc"]
codes = ["LVA"]
[roles]
nouns = "minister ministry"
"""


def _toml(shipped: str) -> bytes:
    return (ROOT / "configs" / shipped).read_bytes()


# ---------------------------------------------------------------------------------------- targets


@cache
def _analyzer() -> Any:
    from diplotone.model import load

    return load()


@cache
def _codebook() -> Any:
    from diplotone.model.codebook import Codebook

    return Codebook.load()


@cache
def _gazetteer() -> Any:
    from diplotone.model.article.actors import Gazetteer

    return Gazetteer.load()


def _read_article(text: str) -> None:
    """All of reading but the network: sentences, actors, voices; and what the splitter promises."""
    from diplotone.model.article.scope import reasons_unscored
    from diplotone.model.article.sentences import split
    from diplotone.model.article.voices import attribute

    sentences = split(text)
    position = 0
    for sentence in sentences:
        assert position <= sentence.start < sentence.end <= len(text), "sentences overlap or are empty"
        assert not text[position : sentence.start].strip(), "a character is lost between sentences"
        position = sentence.end
    assert not text[position:].strip(), "a character is lost at the end"
    mentions = _gazetteer().find(text, sentences)
    attribute(text, sentences, mentions)
    reasons_unscored(text, sentences)


def _score(row: object) -> None:
    for scored in _analyzer().score([row]):
        assert scored["predicted"]["tone"]["probabilities"] or scored["predicted"]["tone"]["reason"]


def _row(chance: random.Random) -> dict[str, object]:
    good = json.loads(jsonl_file().split(b"\n")[0])
    for _ in range(chance.randint(1, 3)):
        place: Any = (
            good["pairs"][0]
            if chance.random() < 0.4 and isinstance(good.get("pairs"), list) and good["pairs"]
            else good
        )
        if isinstance(place, dict):
            place[chance.choice((*list(place), "text", "pairs", "tone", "x"))] = odd_value(chance)
    return good if chance.random() < 0.9 else odd_object(chance)


def _json_lines(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return bent(jsonl_file(), chance)
    return "\n".join(json.dumps(_row(chance)) for _ in range(chance.randint(1, 4))).encode()


def _check(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        from diplotone.model.record_files import check_bytes

        report = check_bytes(name, data, _codebook(), keep_unknown=len(data) % 2 == 0)
        report.raise_for_faults()
        for record in report.records:
            json.dumps(record.as_dict())

    return read


def _import(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        from diplotone.serve.label_files import import_file
        from diplotone.serve.labels import LabelStore

        import_file(LabelStore.at_home(_codebook()), name, data, annotator="ada")

    return read


def _label_studio(chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return bent(label_studio_file(), chance)
    tasks = json.loads(label_studio_file())
    annotation = tasks[0]["annotations"][0]
    for _ in range(chance.randint(1, 3)):
        result = annotation["result"] if isinstance(annotation.get("result"), list) else []
        places = [tasks[0], annotation, *(r for r in result if isinstance(r, dict))]
        places += [r["value"] for r in result if isinstance(r, dict) and isinstance(r.get("value"), dict)]
        place = chance.choice(places)
        place[chance.choice([*place, "result", "value", "data"])] = odd_value(chance)
    return json.dumps(tasks).encode()


def _archive(name: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        from diplotone.serve.archive_file import read_archive

        for text in read_archive(name, data, max_rows=1_000, max_chars=200_000):
            json.dumps([text.id, text.text, text.date_found], ensure_ascii=False).encode()

    return read


def _settings(data: bytes) -> None:
    from diplotone.serve.config import load_config

    path = _file("serve.toml", data)
    load_config(path)


def _override(text: str) -> None:
    from diplotone.serve.config import load_config

    load_config(None, [text])


def _odd_override(chance: random.Random) -> str:
    name = chance.choice(
        ("port", "host", "deadline_s", "max_chars", "allowed_hosts", "x", "a.b", "", "port.x")
    )
    digits = chance.choice(("1", "9")) * chance.choice((1, 5, 400, 5_000))
    values = (
        digits,
        f"0x{digits}",
        "nan",
        "inf",
        "[" * 2_000,
        '"a"',
        "{a=1}",
        odd_text(chance),
        "1979-05-27",
    )
    return f"{name}{chance.choice(('=', '', '=='))}{chance.choice(values)}"


def _load(what: str) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        path = _file(f"{what}.toml", data)
        if what == "codebook":
            from diplotone.model.codebook import Codebook

            Codebook.load(path)
        elif what == "ladder":
            from diplotone.model.article.ladder_file import read_ladder_file

            read_ladder_file(path)
        else:
            from diplotone.model.article.actors import Gazetteer

            Gazetteer.load(path).find("Oslo met Doe.", ())

    return read


def _result(data: bytes) -> None:
    from diplotone.model.verify import read_result, text_of

    text_of(read_result(_file("result.json", data)))


def _file(name: str, data: bytes) -> Path:
    path = Path(tempfile.gettempdir()) / name
    path.write_bytes(data)
    return path


def _extract(kind: str) -> Callable[[bytes], None]:
    """A reader in this process, with the refusals that its own process turns into words."""

    def read(data: bytes) -> None:
        from diplotone.model.errors import TextError
        from diplotone.serve.extract import READERS

        try:
            text, notes = READERS[kind](data, 200_000)
            assert isinstance(text, str)
            assert isinstance(notes, list)
        except (Hangs, MemoryError, AssertionError):
            raise
        except Exception as error:  # extract.main tells every one of them as "damaged"
            raise TextError(f"a.{kind}: is damaged") from error

    return read


def _ingest(file: tuple[str, bytes]) -> None:
    from diplotone.serve.ingest import ingest

    found = ingest(*file, max_bytes=10_000_000, max_chars=200_000)
    found.text.encode()


def _odd_file(chance: random.Random) -> tuple[str, bytes]:
    files = {
        "a.docx": bent_docx, "a.pdf": lambda c: bent(pdf_file(), c), "a.html": lambda c: bent(HTML, c),
        "a.md": lambda c: bent(MARKDOWN, c), "a.txt": lambda c: odd_text(c).encode("utf-16", "surrogatepass"),
    }  # fmt: skip
    name = chance.choice(list(files))
    return (name if chance.random() < 0.9 else odd_text(chance)[:40] + name), files[name](chance)


def _as_jsonl(text: str) -> bytes:
    return json.dumps({"text": text, "pairs": [{"target": text[:1]}]}).encode()


def _as_csv(text: str) -> bytes:
    return f"text,target\n{text},a".encode("utf-8", "replace")


def _bend(data: Callable[[], bytes]) -> Callable[[random.Random], bytes]:
    return lambda chance: bent(data(), chance)


TARGETS: dict[str, Target] = {
    "sentences, actors, voices": Target(odd_text, _read_article, 4_000, str),
    "Analyzer.analyze": Target(odd_text, lambda text: _analyzer().analyze(text).as_dict(), 800, str),
    "Analyzer.score": Target(_row, _score, 1_500, lambda text: {"text": text, "pairs": [{"target": text[:1]}]}),
    "records, JSONL": Target(_json_lines, _check("a.jsonl"), 30_000, _as_jsonl),
    "records, CSV": Target(_bend(csv_file), _check("a.csv"), 30_000, _as_csv),
    "label import, JSONL": Target(_json_lines, _import("a.jsonl"), 1_000),
    "label import, CSV": Target(_bend(csv_file), _import("a.csv"), 1_000),
    "label import, Label Studio": Target(_label_studio, _import("a.json"), 4_000),
    "archive, JSONL": Target(_json_lines, _archive("a.jsonl"), 10_000, _as_jsonl),
    "archive, CSV": Target(_bend(csv_file), _archive("a.csv"), 10_000),
    "archive, Parquet": Target(lambda chance: bent(parquet_file_once(), chance), _archive("a.parquet"), 20),
    "settings, TOML": Target(_bend(lambda: CONFIG), _settings, 6_000),
    "settings, --set": Target(_odd_override, _override, 3_000),
    "codebook, TOML": Target(_bend(lambda: _toml("codebook.toml")), _load("codebook"), 400),
    "actors, TOML": Target(_bend(lambda: ACTORS), _load("actors"), 4_000),
    "ladder, TOML": Target(_bend(lambda: _toml("ladder.toml")), _load("ladder"), 60),
    "saved results, JSON": Target(_json_lines, _result, 1_000),
    "docx": Target(bent_docx, _extract("docx"), 600),
    "pdf": Target(_bend(pdf_file), _extract("pdf"), 1_000),
    "html": Target(_bend(lambda: HTML), _extract("html"), 300),
    "markdown": Target(_bend(lambda: MARKDOWN), _extract("md"), 1_000, lambda text: text.encode("utf-8", "replace")),
    "files through their own process": Target(_odd_file, _ingest, 20),
}  # fmt: skip


# --------------------------------------------------------------------------------------- one process


def fuzz(name: str, count: int, seed: int, size: int, last: Path) -> dict[str, Any]:
    """Try inputs of one kind; return counts, the slowest, the memory, and every fault with its input."""
    from diplotone.model.errors import DiplotoneError

    target, chance = TARGETS[name], random.Random(seed)
    found: dict[str, Any] = {"inputs": 0, "taken": 0, "refused": 0, "faults": [], "slowest_s": 0.0}
    signal.signal(signal.SIGPROF, _hang)

    def inputs() -> Iterator[tuple[str, Any, float]]:
        yield "the first", target.make(chance), 60.0  # it loads everything
        for called, text in enormous_texts(size) if target.enormous else ():
            yield called, target.enormous(text), LONGEST_ENORMOUS_S  # type: ignore[misc]
        for number in range(count):
            yield f"number {number} of seed {seed}", target.make(chance), LONGEST_S

    sizes: list[float] = []
    for called, given, seconds in inputs():
        last.write_text(called)
        begun = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            target.read(given)
            found["taken"] += 1
        except DiplotoneError as error:
            found["refused"] += 1
            if not PLACE.search(str(error)):
                found["faults"].append([called, f"a refusal without a place: {str(error)[:200]!r}"])
            if len(str(error)) > 3_000_000:
                found["faults"].append([called, f"a refusal of {len(str(error)):,} characters"])
        except Hangs:
            found["faults"].append([called, f"takes more than {seconds:g} s"])
        except BaseException as error:
            found["faults"].append([called, f"{type(error).__name__}: {str(error)[:200]}"])
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        if found["inputs"]:
            found["slowest_s"] = max(found["slowest_s"], time.process_time() - begun)
        found["inputs"] += 1
        if found["inputs"] % max(1, count // 20) == 0:
            sizes.append(_resident_mb())
    found["growth_mb"] = round(sizes[-1] - sizes[min(2, len(sizes) - 1)], 1) if sizes else 0.0
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024
    return found


def _hang(*_: object) -> None:
    raise Hangs


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# --------------------------------------------------------------------------------------- all of them


def run(count: int, seed: int = 1, only: str = "") -> list[Figure]:
    """Try about `count` inputs over all kinds.

    Args:
        count: Inputs in all; each kind has its share, and the enormous texts besides.
        seed: Of the draws; the same one draws the same inputs.
        only: Kinds whose name holds this.
    """
    figures: list[Figure] = []
    total = 0
    for name, target in TARGETS.items():
        if only not in name:
            continue
        n = max(3, round(count * target.share / sum(t.share for t in TARGETS.values())))
        figure, inputs = _one(name, n, seed, ENORMOUS_CHARS if count >= MANY else ENORMOUS_CHARS // 20)
        print(figure.what, figure.found, file=sys.stderr, flush=True)
        figures.append(figure)
        total += inputs
    figures.append(Figure("bad input", "all kinds", f"{total:,} inputs, seed {seed}"))
    return figures


def _one(name: str, count: int, seed: int, size: int) -> tuple[Figure, int]:
    with tempfile.TemporaryDirectory() as folder:
        last = Path(folder, "last")
        last.write_text("its start")
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.hard.bad_input", name, str(count), str(seed), str(size)],
                cwd=ROOT, capture_output=True, text=True, check=True, timeout=LONGEST_KIND_S,
                env=os.environ | {"TMPDIR": folder, "DIPLOTONE_HOME": folder, "HF_HUB_OFFLINE": "1"},
            )  # fmt: skip
        except subprocess.SubprocessError as error:
            message = f"{error} at {last.read_text()}: {str(error.stderr)[-300:]}"  # type: ignore[attr-defined]
            return Figure("bad input", name, message, "no process dies or hangs", False), 0
    found = json.loads(done.stdout)
    told = (
        f"{found['inputs']:,} inputs: {found['taken']:,} taken, {found['refused']:,} refused;"
        f" slowest {found['slowest_s']:.2f} s; peak {found['peak_mb']:,} MB, growth {found['growth_mb']:+.0f} MB"
    )
    kept = not found["faults"] and found["growth_mb"] <= MOST_GROWTH_MB
    if found["faults"]:
        told += f"; {len(found['faults']):,} faults, such as {found['faults'][0]}"
        for fault in found["faults"][:20]:
            print(name, *fault, file=sys.stderr)
    promise = (
        f"refused in words with the place, within {LONGEST_S:g} s (enormous ones {LONGEST_ENORMOUS_S:g} s), growth to"
        f" {MOST_GROWTH_MB} MB"
    )
    return Figure("bad input", name, told, promise, kept), found["inputs"]


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    kind, *numbers = sys.argv[1:]
    result = fuzz(kind, *map(int, numbers), Path(tempfile.gettempdir()) / "last")
    json.dump(result, sys.stdout)
