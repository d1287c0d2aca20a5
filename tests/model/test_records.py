from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplotone.model.codebook import Codebook
from diplotone.model.errors import RecordError
from diplotone.model.record_files import check_file, read_records, write_jsonl
from diplotone.model.records import check_rows, text_id

TEXT = "Seoul welcomed Pyongyang's offer."
CODEBOOK = Codebook.load()


def _write(tmp_path, content, name="labels.jsonl"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _faults(tmp_path, codebook, *rows, name="labels.jsonl"):
    content = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return [str(fault) for fault in check_file(_write(tmp_path, content, name), codebook).faults]


def test_reads_offsets_and_substrings_alike(tmp_path, codebook):
    by_offset = {"source": [0, 5], "target": [15, 24], "stance": "supportive", "act": "SUPPORT"}
    by_word = {"source": "Seoul", "target": "Pyongyang", "stance": "supportive", "act": "SUPPORT"}
    for pair in (by_offset, by_word):
        path = _write(tmp_path, json.dumps({"text": TEXT, "tone": "cooperative", "pairs": [pair]}))
        (record,) = read_records(path, codebook)
        assert record.pairs[0].source == (0, 5)
        assert TEXT[slice(*record.pairs[0].target)] == "Pyongyang"
        assert record.id == text_id(TEXT)
        assert record.sentiment is None


def test_what_is_written_is_read_back(tmp_path, codebook, eight_records):
    path = tmp_path / "out.jsonl"
    write_jsonl(eight_records, path)
    assert read_records(path, codebook) == eight_records


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": TEXT, "tone": "angry"}, 'tone "angry" is not one of hostile, critical, neutral'),
        ({"text": TEXT, "tone": "Hostile"}, 'did you mean "hostile"'),
        ({"text": TEXT, "sentiment": 1}, 'sentiment "1" is not one of negative, neutral, positive'),
        ({"text": TEXT, "mood": "bad"}, 'unknown key "mood"; known are id, text'),
        ({"text": TEXT, "sentimnt": "x"}, 'did you mean "sentiment"'),
        ({"text": "   "}, "text is empty"),
        ({"tone": "neutral"}, "text is missing; it must be a string"),
        ({"text": 7}, "text is 7; it must be a string"),
        ({"text": "half \ud800"}, "lone surrogate"),
        ({"text": TEXT, "pairs": {}}, "pairs is {}; it must be a list"),
        ({"text": TEXT, "pairs": [{"target": [30, 90]}]}, "outside the text, which has 0 to 33"),
        ({"text": TEXT, "pairs": [{"target": [5, 5]}]}, "target [5, 5] is outside"),
        ({"text": TEXT, "pairs": [{"target": [5, 6]}]}, "covers only white space"),
        ({"text": TEXT, "pairs": [{"target": [True, 6]}]}, "must be [start, end]"),
        ({"text": TEXT, "pairs": [{"target": "Tokyo"}]}, '"Tokyo" does not stand in the text'),
        ({"text": TEXT, "pairs": [{"target": "o"}]}, '"o" stands 4 times in the text'),
        ({"text": TEXT, "pairs": [{"source": "Seoul"}]}, "target is missing"),
        ({"text": TEXT, "pairs": [{"target": "Seoul", "act": "HUG"}]}, 'act "HUG" is not one of AGREE'),
        ({"text": TEXT, "pairs": [{"source": [0, 8], "target": [3, 9]}]}, "overlap"),
        ({"text": TEXT, "pairs": [{"target": "Seoul", "target_code": "kor"}]}, "not an actor code"),
        ({"text": TEXT, "pairs": [{"target": "Seoul"}, {"target": "Seoul"}]}, "stands twice; keep one"),
        ({"text": TEXT, "split": "valid"}, 'split "valid" is not one of train, dev, test'),
        ({"text": TEXT, "hard": "yes"}, 'hard is "yes"; it must be true or false'),
        ("[1, 2]", "holds [1, 2]; it must be an object in braces"),
        ('{"text": "a b", "text": "c d"}', 'the key "text" stands more than once'),
        ('{"text": "a b"', "not JSON at column"),
    ],
)
def test_a_fault_says_where_what_and_what_is_allowed(tmp_path, codebook, row, message):
    good = {"text": "A line without fault."}
    faults = _faults(tmp_path, codebook, good, row)
    assert len(faults) == 1
    assert f"{tmp_path / 'labels.jsonl'}:2: " in faults[0]
    assert message in faults[0]


def test_all_faults_are_listed_at_once(tmp_path, codebook):
    faults = _faults(
        tmp_path,
        codebook,
        {"text": "One thing.", "tone": "angry", "sentiment": "sad"},
        {"text": "Another thing."},
        "not json",
        {"text": "Third thing.", "pairs": [{"target": "X"}, {"target": "Y"}]},
    )
    assert [fault.split(":")[1] for fault in faults] == ["1", "1", "3", "4", "4"]


def test_reading_a_faulty_file_raises_with_every_fault(tmp_path, codebook):
    path = _write(tmp_path, '{"text": "a b", "tone": "x"}\n{"text": "c d", "tone": "y"}')
    with pytest.raises(RecordError) as raised:
        read_records(path, codebook)
    assert "2 faults" in str(raised.value)
    assert ":1:" in str(raised.value)
    assert ":2:" in str(raised.value)


def test_one_text_with_two_answers_is_a_fault(tmp_path, codebook):
    pair = {"source": "Seoul", "target": "Pyongyang"}
    faults = _faults(
        tmp_path,
        codebook,
        {"text": TEXT, "tone": "critical", "pairs": [pair | {"stance": "opposed"}]},
        {
            "text": TEXT.upper().replace("PYONGYANG'S", "Pyongyang's").replace("SEOUL", "Seoul"),
            "tone": "neutral",
        },
        {"text": f"  {TEXT}", "pairs": [{"source": [2, 7], "target": [17, 26], "stance": "neutral"}]},
        {"text": TEXT, "pairs": [pair | {"stance": "supportive"}]},
    )
    assert len(faults) == 3
    assert 'tone "neutral" contradicts "critical" in line 1, which has the same text' in faults[0]
    assert 'stance "neutral" contradicts "opposed" in line 1' in faults[1], (
        "the same pair, two characters further"
    )
    assert 'stance "supportive" contradicts "opposed" in line 1' in faults[2]


def test_a_contradiction_is_found_whichever_line_the_first_answer_stands_in(tmp_path, codebook):
    rows = [
        {"text": TEXT},
        {"text": f"{TEXT} ", "tone": "critical"},
        {"text": TEXT.upper(), "tone": "neutral"},
    ]
    (fault,) = _faults(tmp_path, codebook, *rows)
    assert 'labels.jsonl:3: tone "neutral" contradicts "critical" in line 2' in fault


def test_spans_at_one_place_of_two_texts_with_other_words_before_are_two_pairs():
    rows = [
        {"text": "Oslo  met Riga.", "pairs": [{"target": [10, 14], "stance": "opposed"}]},
        {"text": "Oslo met Riga.", "pairs": [{"target": [9, 13], "stance": "opposed"}]},
        {"text": "Oslo met Riga.", "pairs": [{"target": [10, 14], "stance": "neutral"}]},
    ]
    assert not check_rows(rows, CODEBOOK).faults


def test_a_repeated_text_without_contradiction_is_a_note(tmp_path, codebook):
    report = check_file(_write(tmp_path, '{"text": "a b", "tone": "neutral"}\n{"text": "A  b"}'), codebook)
    assert not report.faults
    assert "repeats the text of line 1" in str(report.notes[0])


def test_ids_are_unique(tmp_path, codebook):
    rows = [{"id": "x", "text": "One."}, {"id": "x", "text": "Two."}]
    assert 'id "x" stands in line 1 already' in _faults(tmp_path, codebook, *rows)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "caf\xe9"}'.encode("latin-1"), "byte 0xe9 at column 14 is not UTF-8"),
        ("text".encode("utf-16"), "the file is UTF-16; save it as UTF-8"),
    ],
)
def test_a_wrong_encoding_is_named(tmp_path, codebook, content, message):
    (fault,) = check_file(_write(tmp_path, content), codebook).faults
    assert message in str(fault)


def test_a_byte_order_mark_is_no_fault(tmp_path, codebook):
    assert check_file(_write(tmp_path, b'\xef\xbb\xbf{"text": "a b"}'), codebook).records[0].text == "a b"


def test_unknown_keys_can_be_kept(tmp_path, codebook):
    path = _write(tmp_path, json.dumps({"text": "a b", "outlet": "Daily", "n": 3}))
    (record,) = read_records(path, codebook, keep_unknown=True)
    assert record.as_dict()["outlet"] == "Daily"
    assert record.as_dict()["n"] == 3


def test_an_unreadable_or_strange_file_is_refused(tmp_path, codebook):
    with pytest.raises(RecordError, match="cannot be read"):
        check_file(tmp_path / "none.jsonl", codebook)
    with pytest.raises(RecordError, match=r"read from \.jsonl and \.csv"):
        check_file(tmp_path / "labels.xlsx", codebook)


# ------------------------------------------------------------------------------------------- CSV


def test_csv_rows_of_one_text_are_one_record(tmp_path, codebook):
    content = (
        "text,sentiment,tone,source,target,stance,act\n"
        "Accra thanked Lagos and scolded Lome.,neutral,neutral,Accra,Lagos,supportive,SUPPORT\n"
        "Accra thanked Lagos and scolded Lome.,,,Accra,Lome,opposed,ACCUSE\n"
        "Praise for Quito.,positive,,,Quito,supportive,\n"
    )
    first, second = read_records(_write(tmp_path, content, "labels.csv"), codebook)
    assert [pair.act for pair in first.pairs] == ["SUPPORT", "ACCUSE"]
    assert first.sentiment == "neutral"
    assert second.pairs[0].source is None
    assert second.pairs[0].act is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_na_is_namibia_and_no_is_norway(tmp_path, codebook, delimiter):
    rows = [
        ["text", "source", "target", "source_code", "target_code", "outlet"],
        ["NO met NA on trade.", "NO", "NA", "NOR", "NAM", "NA"],
    ]
    content = "\n".join(delimiter.join(row) for row in rows)
    (record,) = read_records(_write(tmp_path, content, "x.csv"), codebook, keep_unknown=True)
    assert record.text[slice(*record.pairs[0].target)] == "NA"
    assert record.pairs[0].source_code == "NOR"
    assert record.extra["outlet"] == "NA"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("satz,tone\na b,neutral\n", 'no column "text"; found satz, tone'),
        ("text,tone\na, b,neutral\n", "has 3 cells; the header has 2"),
        ("text,tone,tone\n", 'the column "tone" stands more than once'),
        ("text,tone\na b,neutral\na b,hostile\n", 'tone "hostile" contradicts "neutral" in line 2'),
        ("text,stance\na b,neutral\n", "has stance but no target"),
        ('text,tone\n"a b,neutral\n', "not CSV"),
        ("text,tone\na b,angry\n", 'tone "angry" is not one of'),
    ],
)
def test_csv_faults_name_their_line(tmp_path, codebook, content, message):
    faults = [str(f) for f in check_file(_write(tmp_path, content, "labels.csv"), codebook).faults]
    assert len(faults) == 1
    assert message in faults[0]


# ------------------------------------------------------------------------------- whatever comes in

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ROW = st.dictionaries(
    st.sampled_from(["id", "text", "sentiment", "tone", "pairs", "hard", "group", "other"]), JSON, max_size=6
)


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(ROW | JSON, max_size=5))
def test_any_rows_are_checked_without_a_crash(rows):
    report = check_rows(rows, CODEBOOK, keep_unknown=False)
    for record in report.records:
        assert record.text.strip()
        for pair in record.pairs:
            assert 0 <= pair.target[0] < pair.target[1] <= len(record.text)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=300), ending=st.sampled_from([".jsonl", ".csv"]))
def test_any_bytes_are_read_without_a_crash(tmp_path_factory, data, ending):
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(data)
    check_file(path, CODEBOOK)


@settings(max_examples=200, deadline=None)
@given(text=st.text(min_size=1, max_size=60), data=st.data())
def test_offsets_survive_the_way_through_a_file(tmp_path_factory, text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    report = check_rows([{"text": text, "pairs": [{"target": [start, end]}]}], CODEBOOK)
    if report.faults:
        assert not text.strip() or not text[start:end].strip()
        return
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    write_jsonl(report.records, path)
    assert read_records(path, CODEBOOK) == report.records
