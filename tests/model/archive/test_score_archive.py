"""A scored archive: every row once, in its order, with the analyzer's own answers, in each form."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from diplotone.model.analyzer import load
from diplotone.model.archive import local, made_with, run
from diplotone.model.archive.shards import DONE, LOCK
from diplotone.model.errors import ConfigError, MissingExtra, RecordError


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def table_of(path: Path) -> list[dict]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def largest_difference(left: dict, right: dict) -> float:
    """Of two probabilities; anything else must be equal."""
    if not isinstance(left, dict):
        if isinstance(left, float):
            return abs(left - right)
        if isinstance(left, list):
            return max((largest_difference(*two) for two in zip(left, right, strict=True)), default=0.0)
        assert left == right
        return 0.0
    assert left.keys() == right.keys()
    return max((largest_difference(left[key], right[key]) for key in left), default=0.0)


def test_rows_come_out_as_the_analyzer_has_them(archive, tmp_path, score, tiny_release, load_once):
    outcome = score(archive, tmp_path / "out.jsonl")
    given, found = rows_of(archive), rows_of(tmp_path / "out.jsonl")
    assert (outcome.scored, outcome.rejected, outcome.rejects) == (40, 0, None)
    assert [row["n"] for row in found] == list(range(40))
    analyzer = load_once(tiny_release)
    for row, alone in zip(found, (analyzer.score([row])[0] for row in given), strict=True):
        assert largest_difference(row, alone) < 1e-4
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == ["out.jsonl"]


def test_a_row_without_id_is_known_by_its_text(archive, tmp_path, score):
    score(archive, tmp_path / "out.jsonl")
    found = rows_of(tmp_path / "out.jsonl")
    assert [row["id"] for row in found[1::2]] == [f"r{n}" for n in range(1, 40, 2)]
    by_text = {row["text"]: row["id"] for row in found[::2]}
    assert len(set(by_text.values())) == len(by_text)
    assert all(len(name) == 16 for name in by_text.values())


def test_bad_rows_go_to_the_rejects_with_line_reason_and_row(archive, tmp_path, score):
    lines = archive.read_text().splitlines()
    lines[3] = "{no json"
    lines[20] = json.dumps({"text": " ", "n": 20})
    lines[21] = json.dumps(
        {"text": "Oslo met Riga.", "pairs": [{"source": "Oslo", "target": "Lima"}], "n": 21}
    )
    lines[22] = json.dumps({"text": "Oslo met Riga.", "tone": "angry"})
    archive.write_text("\n".join(lines))
    outcome = score(archive, tmp_path / "out.jsonl")
    assert (outcome.scored, outcome.rejected) == (36, 4)
    assert outcome.rejects == tmp_path / "out.rejects.jsonl"
    rejects = rows_of(outcome.rejects)
    assert [row["line"] for row in rejects] == [4, 21, 22, 23]
    assert rejects[0]["row"] == "{no json"
    assert rejects[1]["row"] == {"text": " ", "n": 20}
    reasons = ["not JSON", "text is empty", '"Lima" does not stand in the text', 'tone "angry" is not one of']
    assert all(words in row["reason"] for words, row in zip(reasons, rejects, strict=True))
    kept = [n for n in range(40) if n not in (3, 20, 21, 22)]
    assert [row["n"] for row in rows_of(tmp_path / "out.jsonl")] == kept

    archive.write_text(
        json.dumps({"text": "Oslo met Riga."})
    )  # scored anew, nothing is left of the old rejects
    assert score(archive, tmp_path / "out.jsonl").rejects is None
    assert not (tmp_path / "out.rejects.jsonl").exists()


@pytest.mark.parametrize(
    "kinds", [("jsonl", "csv", "parquet"), ("parquet", "jsonl", "csv"), ("csv", "parquet", "csv")]
)
def test_labels_survive_every_form(archive, tmp_path, score, kinds):
    """Scored from one form into the next, and that again; the first answers stand in the last file."""
    pytest.importorskip("pyarrow")
    score(archive, tmp_path / "expected.jsonl")
    path = archive
    for n, kind in enumerate(kinds):
        path, before = tmp_path / f"{n}.{kind}", path
        assert score(before, path).scored == 40
    score(path, tmp_path / "last.jsonl")
    expected, last = rows_of(tmp_path / "expected.jsonl"), rows_of(tmp_path / "last.jsonl")
    for row, again in zip(expected, last, strict=True):
        assert (row["id"], row["text"], row["pairs"]) == (again["id"], again["text"], again["pairs"])
        assert largest_difference(row["predicted"], again["predicted"]) < 1e-4


def test_a_table_keeps_its_rows_and_gains_columns(tmp_path, score):
    (tmp_path / "in.csv").write_text(
        "id;Outlet;text;source;target;lat\n"
        "7;NA;Quito bombed Lima at dawn.;Quito;Lima;-12.5\n"
        "8;=x;Quito bombed Lima at dawn.;Lima;Quito;1\n"
        "9;;Quito told Quito off.;;[11, 16];\n"
    )
    score(tmp_path / "in.csv", tmp_path / "out.csv")
    rows = table_of(tmp_path / "out.csv")
    assert [(row["id"], row["Outlet"], row["source"], row["target"], row["lat"]) for row in rows] == [
        ("7", "NA", "Quito", "Lima", "-12.5"),
        ("8", "'=x", "Lima", "Quito", "1"),  # no spreadsheet runs it
        ("9", "", "", "[11, 16]", ""),
    ]
    for row in rows:
        assert row["predicted_tone"] or row["predicted_tone_unscored"]
        assert 0 < float(row["predicted_stance_probability"]) <= 1


def test_parquet_keeps_the_types_of_the_users_own_columns(tmp_path, score):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from datetime import date

    table = pyarrow.table(
        {
            "id": [1, 2],
            "text": ["Quito bombed Lima.", "Oslo met Riga."],
            "day": [date(2024, 2, 29), None],
            "weight": pyarrow.array([0.5, float("nan")], pyarrow.float32()),
            "outlet": pyarrow.array(["NA", "NO"]).dictionary_encode(),
            "tags": [["a"], []],
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    score(tmp_path / "in.parquet", tmp_path / "out.parquet")
    out = parquet.read_table(tmp_path / "out.parquet")
    assert out.column("id").to_pylist() == ["1", "2"]
    assert out.select(["day", "weight", "tags"]).schema.equals(table.select(["day", "weight", "tags"]).schema)
    assert out.column("day").to_pylist() == [date(2024, 2, 29), None]
    assert out.column("outlet").to_pylist() == ["NA", "NO"]
    score(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    first, second = rows_of(tmp_path / "out.jsonl")
    assert (first["day"], first["tags"]) == ("2024-02-29", ["a"])
    assert "NaN" not in json.dumps(second)


def test_half_a_character_in_a_key_of_the_users_own_does_no_harm(tmp_path, score):
    (tmp_path / "in.jsonl").write_text('{"text": "Oslo met Riga.", "note": "\\ud800"}\n')
    for kind in ("jsonl", "csv"):
        assert score(tmp_path / "in.jsonl", tmp_path / f"out.{kind}").scored == 1
    assert rows_of(tmp_path / "out.jsonl")[0]["note"] == "\ud800"


# ------------------------------------------------------------------------------------- going on


class Stopped(Exception):
    pass


@pytest.fixture
def stop_after(monkeypatch):
    """Lets so many shards be made, then fails; with None no more."""

    def stop_after(shards: int | None):
        def score_some(job, tasks, workers, tell):
            for n, done in enumerate(local.score_locally(job, tasks, workers, tell)):
                if n == shards:
                    raise Stopped
                yield done

        monkeypatch.setattr(run, "score_locally", score_some)

    return stop_after


def test_a_second_run_goes_on_and_ends_the_same(archive, tmp_path, score, stop_after):
    score(archive, tmp_path / "whole.jsonl")
    stop_after(2)
    with pytest.raises(Stopped):
        score(archive, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    with (tmp_path / "out.jsonl.shards" / DONE).open("a") as file:
        file.write('{"shard": 5, "sco')  # torn by a loss of power
    stop_after(None)
    outcome = score(archive, tmp_path / "out.jsonl")
    assert (outcome.resumed, outcome.shards, outcome.scored) == (2, 6, 40)
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_without_room_one_line_says_so_and_it_goes_on_where_it_was(archive, tmp_path, score, kind):
    """The shards have room, the file that they are joined in has not, as on a disk that is nearly full."""
    if kind == "parquet":
        pytest.importorskip("pyarrow", reason="needs the parquet extra")
    resource = pytest.importorskip("resource", reason="files are limited by a means of Unix")
    score(archive, tmp_path / f"whole.{kind}")
    out, whole = tmp_path / f"out.{kind}", (tmp_path / f"whole.{kind}").read_bytes()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) * 3 // 4, before[1]))
    try:
        with pytest.raises(
            RecordError, match=r"File too large.*; mend that and run the same command"
        ) as told:
            score(archive, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(told.value)
    assert not out.exists()
    assert not list(tmp_path.rglob("*.half-*"))
    assert score(archive, out).resumed > 0
    assert out.read_bytes() == whole


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by a means of Linux")
@pytest.mark.parametrize(
    ("megabytes", "words"), [(200, "may have 200,000,000 bytes"), (400, "not enough memory")]
)
def test_without_memory_one_line_says_so(archive, tmp_path, megabytes, words):
    import resource

    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "diplotone.model",
            "score",
            archive,
            "-o",
            tmp_path / "out.jsonl",
            "--workers",
            "1",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2),
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"once": True}, "once was false and is now true"),
        ({"rows_per_shard": 8}, "rows_per_shard was 7 and is now 8"),
        ({"release": "other"}, "release was "),
        ({"append": '{"text": "One more."}\n'}, "input was "),
    ],
)
def test_what_was_begun_otherwise_is_refused(
    archive, tmp_path, score, stop_after, tiny_release, change, words
):
    stop_after(1)
    with pytest.raises(Stopped):
        score(archive, tmp_path / "out.jsonl")
    stop_after(None)
    options = dict(change)
    with archive.open("a") as file:
        file.write(options.pop("append", ""))
    if "release" in options:
        from diplotone.model.release import MANIFEST, seal

        options["release"] = Path(shutil.copytree(tiny_release, tmp_path / "other"))
        (options["release"] / MANIFEST).unlink()
        seal(options["release"], "other")
    with pytest.raises(RecordError, match=f"was begun otherwise: {words}.*--fresh"):
        score(archive, tmp_path / "out.jsonl", **options)
    assert score(archive, tmp_path / "out.jsonl", fresh=True, **options).resumed == 0


@pytest.fixture
def machine(monkeypatch):
    """Makes this machine one with or without bf16, with another OpenVINO or other actors."""

    def machine(*, bf16: bool = True, openvino: str | None = None, actors: str | None = None):
        monkeypatch.setattr("diplotone.model.engine._has_bf16", lambda _: bf16)
        found = made_with.made_with

        def elsewhere(precision):
            here = found(precision)
            return replace(here, openvino=openvino or here.openvino, actors=actors or here.actors)

        monkeypatch.setattr(run, "made_with", elsewhere)

    return machine


def test_what_was_begun_without_bf16_is_not_gone_on_with_in_it(
    archive, tmp_path, score, stop_after, machine, monkeypatch
):
    """Asked for it was both times; where the processor has none, f32 is what rows were computed in."""
    monkeypatch.setattr("diplotone.model.analyzer.load", load)  # none that was loaded on the other machine
    machine(bf16=False)
    stop_after(1)
    with pytest.raises(Stopped):
        score(archive, tmp_path / "out.jsonl", precision="bf16")
    stop_after(None)
    machine(bf16=True)
    with pytest.raises(
        RecordError, match=r'was begun otherwise: precision was "f32" and is now "bf16".*--fresh'
    ):
        score(archive, tmp_path / "out.jsonl", precision="bf16")
    machine(bf16=False)
    assert score(archive, tmp_path / "out.jsonl", precision="bf16").resumed == 1
    assert score(archive, tmp_path / "plain.jsonl").scored == 40
    assert (tmp_path / "plain.jsonl").read_bytes() == (tmp_path / "out.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("elsewhere", "words"),
    [
        ({"openvino": "2030.1.0"}, 'openvino was ".*" and is now "2030.1.0"'),
        ({"actors": "0123456789abcdef"}, 'actors was ".*" and is now "0123456789abcdef"'),
    ],
)
def test_what_was_begun_with_other_means_is_refused(
    archive, tmp_path, score, stop_after, machine, elsewhere, words
):
    stop_after(1)
    with pytest.raises(Stopped):
        score(archive, tmp_path / "out.jsonl")
    stop_after(None)
    machine(**elsewhere)
    with pytest.raises(RecordError, match=f"was begun otherwise: {words}.*--fresh"):
        score(archive, tmp_path / "out.jsonl")


def test_a_machine_of_a_cluster_that_computes_otherwise_is_refused(archive, tmp_path, score, machine):
    machine(openvino="2030.1.0")  # as the one that hands the work out has it
    with pytest.raises(RecordError, match=r"openvino is .* and was 2030\.1\.0; leave that machine out"):
        score(archive, tmp_path / "out.jsonl")


def test_a_precision_that_is_none_is_refused(archive, tmp_path, score):
    with pytest.raises(ConfigError, match='precision "f64" is not one of f32, bf16'):
        score(archive, tmp_path / "out.jsonl", precision="f64")


def test_two_processes_do_not_work_in_one_folder(archive, tmp_path, score):
    import fcntl

    folder = tmp_path / "out.jsonl.shards"
    folder.mkdir()
    with (folder / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RecordError, match="another process is at work here"):
            score(archive, tmp_path / "out.jsonl")


def test_a_folder_gets_a_file_per_shard(archive, tmp_path, score):
    score(archive, tmp_path / "whole.csv")
    outcome = score(archive, tmp_path / "out", kind="csv")
    parts = sorted((tmp_path / "out").glob("part-*.csv"))
    assert len(parts) == outcome.shards == 6
    assert [row for part in parts for row in table_of(part)] == table_of(tmp_path / "whole.csv")
    again = score(archive, tmp_path / "out", kind="csv")
    assert (again.resumed, again.scored) == (6, 40)


def test_a_folder_of_somebody_elses_is_left_alone(archive, tmp_path, score):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    for fresh in (False, True):
        with pytest.raises(RecordError, match=r"holds thesis\.txt, which is none of ours"):
            score(archive, tmp_path / "mine", fresh=fresh)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"


@pytest.mark.parametrize(
    ("out", "options", "words"),
    [
        ("in.jsonl", {}, "is the input itself"),
        ("out.xlsx", {}, 'ends in ".xlsx"; scored records are written as'),
        ("out.csv", {"kind": "parquet"}, "says another form than parquet"),
        ("nowhere/out.jsonl", {}, "nowhere.*: No such file or directory"),
    ],
)
def test_an_output_of_no_use_is_refused(archive, tmp_path, score, out, options, words):
    before = archive.read_bytes()
    with pytest.raises(RecordError, match=words):
        score(archive, tmp_path / out, **options)
    assert archive.read_bytes() == before


def test_without_ray_one_line_says_how_to_get_it(archive, tmp_path, score, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(MissingExtra, match=r"^this needs ray, .*pip install 'diplotone\[ray\]'$"):
        score(archive, tmp_path / "out.jsonl", engine="ray")
    assert not (tmp_path / "out.jsonl.shards").exists()


def test_an_empty_archive_is_an_empty_output(tmp_path, score):
    (tmp_path / "in.jsonl").write_text("\n")
    assert score(tmp_path / "in.jsonl", tmp_path / "out.jsonl").scored == 0
    assert (tmp_path / "out.jsonl").read_bytes() == b""
