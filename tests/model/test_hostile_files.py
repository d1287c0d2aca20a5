"""Files that no person wrote: each is refused in words of a readable length, and in no time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from diplotone.model.article.actors import Gazetteer
from diplotone.model.codebook import Codebook
from diplotone.model.encoding import Batch, SentenceEncoder
from diplotone.model.engine import _check_shapes
from diplotone.model.errors import CodebookError, ConfigError, RecordError, ReleaseError
from diplotone.model.reading import Reading
from diplotone.model.record_files import check_bytes, check_file
from diplotone.model.records import MOST_FAULTS
from diplotone.model.release import MANIFEST, open_release, shipped_release
from diplotone.model.settings import parse_toml

LONG = "a" * 400_000


def fault(codebook: Codebook, row: object) -> str:
    data = row if isinstance(row, bytes) else json.dumps(row).encode()
    (found,) = check_bytes("a.jsonl", data, codebook).faults
    assert len(str(found)) < 500
    return str(found)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (b'{"text": ' + b"1" * 5_000 + b"}", "a number has more than"),
        (
            b"{" + b"".join(b'"k%d": 0, ' % n for n in range(100_000)) + b'"k1": 0}',
            'the key "k1" stands more',
        ),
        ({"text": LONG, "pairs": [{"target": "a" * 200_000}]}, "stands more than 6 times"),
        ({"text": "Oslo.", "pairs": [{"target": LONG}]}, "does not stand in the text"),
        ({"text": "Oslo.", "tone": LONG}, "is not one of hostile"),
        ({"text": "Oslo.", LONG: 1}, "unknown key"),
        (b"[" * 100_000, "nested too deeply"),
    ],
    ids=["digits", "keys", "places", "target", "label", "key", "depth"],
)
def test_a_record_that_no_person_wrote_is_refused_in_few_words(codebook, row, words):
    assert words in fault(codebook, row)


def test_a_file_that_is_nothing_but_faults_is_not_read_to_its_end(codebook):
    report = check_bytes("a.jsonl", b"{}\n" * 100_000, codebook)
    assert len(report.faults) == MOST_FAULTS + 1
    assert "the rest is not looked at" in str(report.faults[-1])


def test_a_name_that_no_file_can_have_is_told(codebook):
    with pytest.raises(RecordError, match="cannot be read"):
        check_file("a\0.csv", codebook)


@pytest.mark.parametrize(
    "toml", ["a = 0x" + "f" * 9_000, "a = " + "1" * 9_000, "a = " + "[" * 20_000, "a = 99999999999999999999"]
)
def test_numbers_and_depths_that_toml_has_not_are_refused(toml):
    with pytest.raises(ValueError, match=r"digits|bits|deeply|Expected|Invalid") as raised:
        parse_toml(toml)
    assert len(str(raised.value)) < 300


@pytest.mark.parametrize(
    "toml",
    [
        'version = "1"\nsentiment = 3\ntone = 3\nstance = 3\nact = 3',
        'version = "1"\n[sentiment]\nlevel = "sentence"\nordinal = true\nquestion = "?"\nlabels = [1]\n'
        "[tone]\n[stance]\n[act]",
    ],
)
def test_a_codebook_of_other_shapes_is_refused(tmp_path, toml):
    path = tmp_path / "codebook.toml"
    path.write_text(toml)
    with pytest.raises(CodebookError, match="must be a table"):
        Codebook.load(path)


@pytest.mark.parametrize(
    "toml",
    [
        "states = 3",
        "leaders = 3\n[states.NOR]\nname = 'Norway'",
        "leaders = ['x']\n[states.NOR]\nname = 'Norway'",
        "[[leaders]]\ncode = ['NOR']\nnames = ['A']\nfrom = 1\n[states.NOR]\nname = 'Norway'",
        "[[leaders]]\ncode = 'NOR'\nnames = ['A']\nfrom = 'x'\n[states.NOR]\nname = 'Norway'",
        "[historical.SUN]\nname = 'Soviet Union'\nyears = 1922",
        "[not_actors]\nphrases = [1]\n[states.NOR]\nname = 'Norway'",
    ],
)
def test_actors_of_other_shapes_are_refused(tmp_path, toml):
    path = tmp_path / "actors.toml"
    path.write_text(toml)
    with pytest.raises(ConfigError, match=r"actors\.toml"):
        Gazetteer.load(path)


def test_half_a_character_is_read_as_one_that_is_unknown():
    encoder = SentenceEncoder.from_folder(shipped_release(), Reading(max_tokens=200))
    half, unknown = encoder.encode(
        ["Oslo \ud800 met Riga.", "Oslo \N{REPLACEMENT CHARACTER} met Riga."], [[], []]
    )
    assert half == unknown


@pytest.mark.parametrize("entry", [{}, {"bytes": 1}, 3, None, []])
def test_a_manifest_with_a_torn_entry_is_refused_in_one_line(tmp_path: Path, entry):
    for path in shipped_release().iterdir():
        if path.is_file():
            (tmp_path / path.name).symlink_to(path)
    manifest = json.loads((shipped_release() / MANIFEST).read_text())
    manifest["files"]["config.json"] = entry
    (tmp_path / MANIFEST).unlink()
    (tmp_path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ReleaseError, match="damaged") as raised:
        open_release(tmp_path)
    assert "\n" not in str(raised.value)


def test_the_outputs_of_another_batch_are_refused():
    batch = Batch(*(np.zeros(shape) for shape in ((2, 8), (2, 8), (2, 3, 8), (2, 3, 8))))
    _check_shapes({"tone": np.zeros((2, 5)), "act": np.zeros((2, 3, 17))}, batch)
    for stale in ({"tone": np.zeros((1, 5))}, {"act": np.zeros((2, 2, 17))}):
        with pytest.raises(MemoryError, match="is due"):
            _check_shapes(stale, batch)
