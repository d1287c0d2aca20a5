"""The commands as people type them, in processes of their own."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ARTICLE = "Suva praised Apia for the new ferry deal on Monday. Quito bombed the harbour of Lima at dawn.\n"


def _run(part, *arguments, stdin=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", f"diplotone.{part}", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


def test_analyze_reads_a_file_and_standard_input_alike(tiny_release, tmp_path):
    (tmp_path / "article.txt").write_text(ARTICLE)
    from_file = _run(
        "model", "analyze", tmp_path / "article.txt", "--release", tiny_release, "--format", "json"
    )
    from_stdin = _run("model", "analyze", "-", "--release", tiny_release, "--format", "json", stdin=ARTICLE)
    analyses = [json.loads(done.stdout) for done in (from_file, from_stdin)]
    for analysis in analyses:
        analysis["provenance"].pop("date")
    assert analyses[0] == analyses[1]
    assert [s["text"] for s in analyses[0]["sentences"]] == ARTICLE.strip().replace(". ", ".|").split("|")


@pytest.mark.parametrize("form", ["text", "csv"])
def test_analyze_prints_every_sentence(tiny_release, form):
    done = _run("model", "analyze", "-", "--release", tiny_release, "--format", form, stdin=ARTICLE)
    assert done.returncode == 0
    assert "Suva praised Apia" in done.stdout
    assert "Quito bombed the harbour" in done.stdout


def test_many_articles_add_up_to_dyads_that_name_them(tmp_path):
    (tmp_path / "one.txt").write_text(
        "Suva praised Apia for the ferry deal. Apia condemned Suva for the arrests."
    )
    (tmp_path / "two.txt").write_text("Fiji thanked Samoa for its help.")
    files = [tmp_path / "one.txt", tmp_path / "two.txt"]
    told = json.loads(_run("model", "dyads", *files, "--format", "json").stdout)
    assert told["articles"] == 2
    there, back = told["dyads"]
    assert (there["source"], there["target"], there["stance"]) == ("FJI", "WSM", "supportive")
    assert [Path(one["article"]).name for one in there["evidence"]] == ["one.txt", "two.txt"]
    assert (there["n"], there["articles"], back["n"], back["articles"]) == (2, 2, 1, 1)
    assert there["asymmetry"]["difference"] == -back["asymmetry"]["difference"] > 1
    text, table = (_run("model", "dyads", *files, "--format", form).stdout for form in ("text", "csv"))
    assert "FJI -> WSM" in text
    assert "against the other direction" in text
    rows = list(csv.DictReader(table.splitlines()))
    assert [(row["source"], row["articles"]) for row in rows] == [("FJI", "2"), ("WSM", "1")]
    assert rows[0]["evidence"] == f"{files[0]} 0; {files[1]} 0"


def test_of_many_articles_the_faulty_one_is_named(tiny_release, tmp_path):
    (tmp_path / "sound.txt").write_text(ARTICLE)
    (tmp_path / "empty.txt").write_text(" ")
    done = _run("model", "dyads", tmp_path / "sound.txt", tmp_path / "empty.txt", "--release", tiny_release)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"diplotone: {tmp_path / 'empty.txt'}: the text is empty; paste an article or a statement\n"
    )


def test_a_brief_shows_markup_of_the_article_as_text():
    article = "<script>alert(1)</script> Oslo strongly condemned the bombing of Riga.\n"
    done = _run("model", "analyze", "-", "--format", "html", stdin=article)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!DOCTYPE html>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Oslo strongly condemned" in done.stdout
    assert "<script" not in done.stdout
    assert "strongly condemned: condemning" in done.stdout


def test_a_csv_of_sentences_runs_no_formula(tiny_release):
    done = _run(
        "model",
        "analyze",
        "-",
        "--release",
        tiny_release,
        "--format",
        "csv",
        stdin="=cmd|'/c calc' said Lima.\n",
    )
    assert "'=cmd" in done.stdout


def test_score_keeps_what_it_was_given(tiny_release, tmp_path, eight_rows):
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text("".join(json.dumps(row | {"outlet": "NA"}) + "\n" for row in eight_rows))
    done = _run("model", "score", source, "-o", out, "--release", tiny_release)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["text"] for row in rows] == [row["text"] for row in eight_rows]
    assert {row["outlet"] for row in rows} == {"NA"}
    assert all(row["predicted"]["pairs"] for row in rows)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["analyze", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["analyze", "-", "--release", "nowhere"], "nowhere: there is no such folder"),
        (["compare", "-", "-"], "only one of the two texts can come from standard input"),
        (["compare", "-", "nowhere.txt"], "nowhere.txt: cannot be read"),
        (["verify", "nowhere.json"], "nowhere.json: cannot be read"),
        (["score", "nowhere.jsonl", "-o", "out.jsonl"], "nowhere.jsonl: cannot be read"),
        (["score", "pyproject.toml", "-o", "out.jsonl"], 'ends in ".toml"; archives are read from'),
        (["score", "x.jsonl", "-o", "out.xlsx"], 'out.xlsx: ends in ".xlsx"; scored records are written as'),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tiny_release, tmp_path, arguments, message):
    if arguments[0] == "score":
        arguments = [*arguments, "--release", tiny_release]
    done = _run("model", *arguments, stdin="A text.")
    assert done.returncode == 2
    assert done.stderr.startswith("diplotone: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_compare_prints_what_changed(tiny_release, tmp_path):
    (tmp_path / "before.txt").write_text(
        "The Council met on Monday. Oslo expresses concern at the raid on Lima.\n"
    )
    after = "The Council met on Thursday. Oslo strongly condemns the raid on Lima.\n"
    command = ("model", "compare", tmp_path / "before.txt", "-", "--release", tiny_release)
    shown = _run(*command, stdin=after)
    assert shown.returncode == 0, shown.stderr
    assert '"Monday" -> "Thursday"' in shown.stdout
    assert "ladder: concerned -> condemning (3 down)" in shown.stdout
    assert "Phrases of register dropped: express concern (concerned, -2)\n" in shown.stdout
    assert "Phrases of register added: strongly condemn (condemning, -5)\n" in shown.stdout
    brief = _run(*command, "--format", "html", stdin=after).stdout
    assert "<del>Monday</del>" in brief
    assert "<ins>Thursday</ins>" in brief
    comparison = json.loads(_run(*command, "--format", "json", stdin=after).stdout)
    assert [(c["before"], c["after"], c["steps"]) for c in comparison["sentences"]] == [
        (0, 0, None),
        (1, 1, -3),
    ]


def test_verify_says_whether_a_result_can_be_had_again(tiny_release, tmp_path):
    article, result = tmp_path / "article.txt", tmp_path / "result.json"
    article.write_text(ARTICLE)
    result.write_text(_run("model", "analyze", article, "--release", tiny_release, "--format", "json").stdout)
    same = _run("model", "verify", result, "--release", tiny_release)
    assert (same.returncode, same.stderr) == (0, "")
    assert f"{result}: the same, by tiny@" in same.stdout

    saved = json.loads(result.read_text())
    saved["sentences"][0]["sentiment"]["label"] = "furious"
    del saved["text"]
    result.write_text(json.dumps(saved))
    without = _run("model", "verify", result, "--release", tiny_release)
    assert (without.returncode, without.stdout) == (2, "")
    assert (
        without.stderr == "diplotone: the result does not hold its article; name the file of it with --text\n"
    )
    differs = _run("model", "verify", result, "--text", article, "--release", tiny_release)
    assert differs.returncode == 1
    assert 'sentences[0].sentiment.label: saved "furious"' in differs.stdout
    assert f"{result}: 1 difference," in differs.stdout


def test_an_empty_text_is_refused(tiny_release):
    done = _run("model", "analyze", "-", "--release", tiny_release, stdin="  \n")
    assert (done.returncode, done.stderr) == (
        2,
        "diplotone: the text is empty; paste an article or a statement\n",
    )


def test_check_lists_faults_and_exits_with_1(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "a b", "tone": "angry"}\n{"text": "c d", "tone": "neutral"}\n')
    done = _run("train", "check", path)
    assert done.returncode == 1
    assert f'{path}:1: tone "angry" is not one of hostile' in done.stdout
    assert "1 sentences without fault" in done.stdout
    path.write_text('{"text": "c d", "tone": "neutral"}\n')
    assert _run("train", "check", path).returncode == 0


def test_evaluate_prints_figures(tiny_release, tmp_path, eight_rows):
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in eight_rows))
    done = _run("train", "evaluate", path, "--release", tiny_release)
    assert done.returncode == 0, done.stderr
    assert "tone: n 8, macro-F1" in done.stdout


def test_the_home_folder_is_not_touched_by_reading(tiny_release, own_home):
    _run("model", "analyze", "-", "--release", tiny_release, stdin=ARTICLE)
    # The compiled model may be kept for the next start; nothing else is.
    assert [path.name for path in Path(own_home).iterdir()] in ([], ["cache"])
