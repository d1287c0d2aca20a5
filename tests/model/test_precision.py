"""What the network computes in: the release's choice unless somebody asks for another, and told with each result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from diplotone.model.analyzer import load
from diplotone.model.encoding import EncodedSentence
from diplotone.model.engine import OPENVINO_FILE
from diplotone.model.errors import ConfigError
from diplotone.model.release import shipped_release
from diplotone.model.runtime import import_openvino
from diplotone.model.unpacked import unpack_weights

WRITTEN = Path(__file__).resolve().parents[2] / "train" / "data" / "written.jsonl"


def has_bf16() -> bool:
    import_openvino()
    import openvino as ov

    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def texts(n: int) -> list[str]:
    with WRITTEN.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line, _ in zip(lines, range(n), strict=False)]


def test_a_precision_that_is_none_is_refused():
    with pytest.raises(ConfigError, match='precision "f64" is not one of f32, bf16'):
        load(precision="f64")


def test_a_result_says_what_it_was_computed_in(tiny_release):
    assert load(tiny_release).analyze("Suva praised Apia.").provenance.precision == "f32"
    asked = load(tiny_release, precision="bf16")
    found = asked.analyze("Suva praised Apia.").provenance.precision
    assert found == asked.engine.precision == ("bf16" if has_bf16() else "f32")


def test_unpacked_weights_are_the_packed_ones():
    import_openvino()
    import openvino as ov

    core, analyzer = ov.Core(), load()
    path = shipped_release() / OPENVINO_FILE
    as_served = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}
    packed, unpacked = core.read_model(path), core.read_model(path)
    unpack_weights(core, unpacked)

    def products_with_plain_weights(model: ov.Model) -> int:
        return sum(
            op.get_type_name() == "MatMul" and op.input_value(1).get_node().get_type_name() == "Constant"
            for op in model.get_ops()
        )

    assert products_with_plain_weights(packed) == 0
    assert products_with_plain_weights(unpacked) >= 36  # six to each of six layers
    assert (
        max(
            constant.get_output_shape(0)[0]
            for constant in unpacked.get_ops()
            if constant.get_type_name() == "Constant"
            and constant.get_output_element_type(0) == ov.Type.f32
            and len(constant.get_output_shape(0)) == 2
        )
        <= 4 * 384
    ), "the embeddings, of 30,000 rows, are to stay packed"
    sentences = [s for s in analyzer.encoder.encode(texts(16), [()] * 16) if isinstance(s, EncodedSentence)]
    batch = analyzer.encoder.collate(sentences).as_dict()
    ours, theirs = (core.compile_model(model, "CPU", as_served)(batch) for model in (unpacked, packed))
    for place in range(len(packed.outputs)):
        np.testing.assert_allclose(ours[place], theirs[place], atol=5e-3)  # scales are of two bytes


@pytest.mark.slow
@pytest.mark.skipif(not has_bf16(), reason="this processor has no bf16")
def test_bf16_gives_nearly_all_labels_of_f32_and_the_same_numbers_alone_and_in_any_batch():
    exact, quick = load(), load(precision="bf16")
    rows = [{"text": text} for text in texts(2_000)]
    labels, others = exact.score(rows), quick.score(rows)
    for task in ("sentiment", "tone"):
        same = [
            max(one["predicted"][task]["probabilities"].items(), key=lambda item: item[1])[0]
            == max(other["predicted"][task]["probabilities"].items(), key=lambda item: item[1])[0]
            for one, other in zip(labels, others, strict=True)
        ]
        assert len(same) == 2_000
        assert np.mean(same) >= 0.99
    for number in range(0, 2_000, 40):
        assert quick.score([rows[number]])[0]["predicted"] == others[number]["predicted"]


@pytest.mark.slow
@pytest.mark.skipif(not has_bf16(), reason="this processor has no bf16")
def test_a_saved_result_is_verified_in_the_precision_of_its_own(tmp_path):
    from diplotone.model.report import as_json

    text = " ".join(texts(40))
    saved = tmp_path / "saved.json"
    saved.write_text(as_json(load(precision="bf16").analyze(text), text), encoding="utf-8")
    command = [sys.executable, "-m", "diplotone.model", "verify", str(saved), "--tolerance", "0.000001"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "the same" in done.stdout) == (0, True), done.stdout + done.stderr
