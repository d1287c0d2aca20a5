"""The public data sets: where they come from, and how their rows become records."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import threading

import pytest

from diplotone.model.errors import ConfigError
from diplotone.train import public
from diplotone.train.sources import Source, SourceFile, fault, get, load_sources, pick
from diplotone.train.standoff import FILES

CONTENT = b"one line of a data set\n"


def _source(content=CONTENT, **fields):
    file = SourceFile(
        path="set/file.txt", sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), **fields
    )
    return Source(
        name="set",
        title="",
        repository="o/r",
        licence="MIT",
        use="train",
        maps_to="",
        traps=(),
        files=(file,),
    )


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A real HTTP server on loopback that stands for the place the files are fetched from."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/file.txt"
    monkeypatch.setattr(SourceFile, "url", lambda self, repository: address)
    yield folder / "file.txt"
    server.shutdown()
    server.server_close()


def test_every_source_says_what_a_user_must_know():
    sources = load_sources()
    assert {"newsmtsc", "un_quadclass", "dse", "re3d", "plv", "cameo_class", "wikinews_2019"} <= set(sources)
    for source in sources.values():
        assert source.title
        assert source.licence
        assert source.maps_to
        assert source.traps
        for file in source.files:
            assert len(file.sha256) == 64
            assert file.bytes > 0
            if (url := file.url(source.repository)) is not None:
                assert url.startswith(f"https://raw.githubusercontent.com/{source.repository}/")
                assert " " not in url


def test_what_has_no_licence_is_never_trained_on():
    sources = load_sources()
    assert sources["plv"].use == sources["cameo_class"].use == "evaluate"
    assert not any("BBC" in file.path for file in sources["re3d"].files)


def test_every_source_of_real_sentences_is_named():
    assert {"wikinews_2019", "us_milestones", "us_press_briefings"} <= set(load_sources())
    paths = [file.path for source in load_sources().values() for file in source.files]
    for place in FILES.values():
        assert any(path.startswith(place) for path in paths) or place == "newsmtsc/train.jsonl"


def test_a_mirror_is_taken_first_and_checked(tmp_path):
    mirror, into = tmp_path / "mirror", tmp_path / "into"
    (mirror / "set").mkdir(parents=True)
    (mirror / "set/file.txt").write_bytes(CONTENT)
    source = _source()
    assert get(source, source.files[0], into, mirror) == f"copied from {mirror}"
    assert (into / "set/file.txt").read_bytes() == CONTENT
    assert get(source, source.files[0], into, mirror) == "there already"


def test_without_a_mirror_the_file_is_fetched(tmp_path, served):
    served.write_bytes(CONTENT)
    source = _source(commit="c", url_path="file.txt")
    assert get(source, source.files[0], tmp_path / "into").startswith("fetched from")
    assert fault(source.files[0], tmp_path / "into") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT.upper(), "sha256 is"),
        (CONTENT * 2, "more than the 23 bytes expected came"),
        (b"", "sha256 is"),
    ],
)
def test_what_is_not_what_was_meant_is_not_kept(tmp_path, served, content, message):
    served.write_bytes(content)
    source = _source(commit="c", url_path="file.txt")
    with pytest.raises(ConfigError, match=message):
        get(source, source.files[0], tmp_path / "into")
    assert [path for path in (tmp_path / "into").rglob("*") if path.is_file()] == []


def test_an_unreachable_url_says_what_to_do(tmp_path, served):
    source = _source(commit="c", url_path="file.txt")
    with pytest.raises(ConfigError, match=r"cannot be fetched: .*404.*name its folder with --mirror"):
        get(source, source.files[0], tmp_path / "into")


def test_a_converted_file_has_no_url(tmp_path):
    source = _source()
    with pytest.raises(ConfigError, match="no url has these bytes"):
        get(source, source.files[0], tmp_path)


def test_a_damaged_mirror_is_noticed(tmp_path):
    (tmp_path / "set").mkdir()
    source = _source()
    assert fault(source.files[0], tmp_path) == "is not there"
    (tmp_path / "set/file.txt").write_bytes(CONTENT[:-1])
    assert "22 bytes, expected are 23" in (fault(source.files[0], tmp_path) or "")
    (tmp_path / "set/file.txt").write_bytes(CONTENT.upper())
    assert "another sha256" in (fault(source.files[0], tmp_path) or "")


def test_an_unknown_source_is_answered_with_the_known():
    with pytest.raises(ConfigError, match='"plw" is not one of the sources newsmtsc'):
        list(pick(load_sources(), ["plw"]))


def test_a_source_that_misstates_itself_is_named(tmp_path):
    (tmp_path / "s.toml").write_text('[x]\ntitle = "t"\nfiles = []\ntraps = []\n')
    with pytest.raises(ConfigError, match="x lacks or misstates"):
        load_sources(tmp_path / "s.toml")


# ------------------------------------------------------------------------------ rows to records


def _write(tmp_path, name, *lines):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _ends(item, number=0):
    pair = item.record.pairs[number]
    text = item.record.text
    return text[slice(*pair.source)] if pair.source else None, text[slice(*pair.target)]


def test_dse_entities_reach_to_the_end_of_their_word(tmp_path):
    _write(
        tmp_path, "dse/valid.txt", "[the United State]s blamed [Quito]’s navy.\tthe United State\tQuito\t4"
    )
    (item,) = public.read_dse(tmp_path, "valid")
    assert item.record.text == "the United States blamed Quito’s navy."
    assert _ends(item) == ("the United States", "Quito")
    assert _ends(item, 1) == ("Quito", "the United States")
    assert item.answer == "- q to p"


def test_plv_marks_become_spans(tmp_path):
    header = "\tsentence\tmarked_sentence\tsource\ttarget\tgold_root"
    row = "1\tQuito thanked Lima.\t<s>Quito</s> thanked <t>Lima</t>.\tQuito\tLima\tSUPPORT"
    nested = "2\tA's army hit B.\t<s><t>A</t>'s army</s> hit B.\tA's army\tB\tASSAULT"
    _write(tmp_path, "plv/train.tsv", header, row, nested)
    first, second = public.read_plv(tmp_path)
    assert _ends(first) == ("Quito", "Lima")
    assert _ends(second) == ("A's army", "B")


def test_newsmtsc_asks_how_the_text_treats_the_mention(tmp_path):
    row = {"sentence": "He praised Lima.", "from": 11, "to": 15, "polarity": 1, "mention": "Lima", "id": "x"}
    _write(tmp_path, "newsmtsc/dev_rw.jsonl", json.dumps(row))
    (item,) = public.read_newsmtsc(tmp_path, "dev_rw")
    assert (_ends(item), item.answer) == ((None, "Lima"), "supportive")


def test_un_codes_are_the_true_ones_not_the_readmes(tmp_path):
    _write(
        tmp_path,
        "un_quadclass/en_annotations_quad_multiclass.tsv",
        "en\tQuadClass",
        '"a ""quoted"" raid"\t1',
        "aid\t2",
        "blame\t3",
        "talks\t4",
        "agenda\t0",
    )
    items = list(public.read_un_quadclass(tmp_path))
    assert items[0].record.text == 'a "quoted" raid'
    assert [i.answer for i in items] == ["conflict", "cooperation", "conflict", "cooperation", "neutral"]


def test_re3d_relations_are_cut_to_their_sentence(tmp_path):
    text = "Before this. The UK backs Oman in all. After."
    relation = {"type": "Likes", "confidence": 1, "documentId": "d", "sourceBegin": 17, "sourceEnd": 19}
    relation |= {"targetBegin": 26, "targetEnd": 30}
    weak, other = relation | {"confidence": 0.2}, relation | {"type": "CoLocated"}
    for folder in ("UK Government", "BBC Online"):
        _write(tmp_path, f"re3d/{folder}/documents.json", json.dumps({"_id": "d", "text": text}))
        _write(tmp_path, f"re3d/{folder}/relations.json", *map(json.dumps, (relation, weak, other)))
    (item,) = public.read_re3d(tmp_path)
    assert item.record.text == "The UK backs Oman in all."
    assert (_ends(item), item.answer) == (("UK", "Oman"), "supportive")


def test_the_real_files_are_read_whole(shared_data):
    counts = {
        "plv": (len(list(public.read_plv(shared_data))), 1_000),
        "rw": (len(list(public.read_newsmtsc(shared_data, "dev_rw"))), 343),
        "mt": (len(list(public.read_newsmtsc(shared_data, "dev_mt"))), 442),
        "dse": (len(list(public.read_dse(shared_data, "valid"))), 1_440),
        "un": (len(list(public.read_un_quadclass(shared_data))), 5_979),
        "re3d": (len(list(public.read_re3d(shared_data))), 280),
    }
    for name, (found, least) in counts.items():
        assert found >= least, name
