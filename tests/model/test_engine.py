from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from diplotone.model.cores import usable_cores
from diplotone.model.encoding import SentenceEncoder
from diplotone.model.engine import OpenVinoEngine, TorchEngine
from diplotone.model.errors import ReleaseError
from diplotone.model.reading import Reading
from diplotone.model.records import Pair
from diplotone.model.release import home
from diplotone.model.runtime import import_openvino


@pytest.fixture(scope="module")
def batch(tiny_release, eight_records):
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=256))
    return encoder.collate(encoder.encode([r.text for r in eight_records], [r.pairs for r in eight_records]))


def test_openvino_and_torch_give_the_same_logits(tiny_release, batch, tmp_path):
    from diplotone.train.export import _saved_engine, convert

    torch_engine = TorchEngine(tiny_release)
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=256))
    fp32 = _saved_engine(convert(torch_engine._network, encoder), tmp_path, "f32")
    ours, theirs = fp32.run(batch), torch_engine.run(batch)
    assert set(ours) == set(theirs) == {"sentiment", "tone", "stance", "act"}
    for task in ours:
        assert ours[task].shape == theirs[task].shape
        np.testing.assert_allclose(ours[task], theirs[task], atol=1e-4)


def test_both_engines_give_the_same_embeddings_beside_the_logits(tiny_release, batch):
    served, trained = OpenVinoEngine(tiny_release), TorchEngine(tiny_release)
    (logits, ours), (_, theirs) = served.run_and_embed(batch), trained.run_and_embed(batch)
    assert ours is not None
    assert theirs is not None
    assert ours.shape == (len(batch.input_ids), 32)
    np.testing.assert_allclose(ours, theirs, atol=0.05)
    for task, values in served.run(batch).items():
        np.testing.assert_array_equal(values, logits[task])


@pytest.mark.parametrize(("n_sentences", "n_words"), [(1, 1), (3, 120), (40, 6)])
def test_parity_holds_at_any_shape(tiny_release, tmp_path, n_sentences, n_words):
    from diplotone.train.export import _saved_engine, convert

    torch_engine = TorchEngine(tiny_release)
    encoder = SentenceEncoder.from_folder(tiny_release, Reading(max_tokens=256))
    fp32 = _saved_engine(convert(torch_engine._network, encoder), tmp_path, "f32")
    pair = Pair(source=(0, 1), target=(1, 2))
    texts = ["ab " * max(1, n_words - n % 3) for n in range(n_sentences)]
    batch = encoder.collate(encoder.encode(texts, [[pair] * (n % 4) for n in range(n_sentences)]))
    ours, theirs = fp32.run(batch), torch_engine.run(batch)
    for task in ours:
        np.testing.assert_allclose(ours[task], theirs[task], atol=1e-4)


def test_the_served_model_is_near_the_trained_one(tiny_release, batch):
    served, trained = OpenVinoEngine(tiny_release).run(batch), TorchEngine(tiny_release).run(batch)
    for task in served:
        np.testing.assert_allclose(served[task], trained[task], atol=0.05)


@pytest.mark.usefixtures("own_model_cache")
@pytest.mark.parametrize("threads", [1, None])
def test_openvino_runs_with_what_it_was_told(tiny_release, batch, threads):
    """As OpenVINO itself has it, compiled anew and as it was kept."""
    import_openvino()
    from openvino import Type

    for _ in ("compiled", "kept"):
        engine = OpenVinoEngine(tiny_release, threads=threads, digest="a digest")
        engine.run(batch)
        model = engine._request.get_compiled_model()
        found = {
            name: model.get_property(name)
            for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS", "ENABLE_CPU_PINNING", "PERFORMANCE_HINT")
        }
        assert found == {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": threads or usable_cores(),
            "ENABLE_CPU_PINNING": False,
            "PERFORMANCE_HINT": "LATENCY",
        }
        assert model.get_property("DYNAMIC_QUANTIZATION_GROUP_SIZE") == 0
        assert model.get_property("INFERENCE_PRECISION_HINT") == Type.f32
    assert len(list((home() / "cache").glob("*.blob"))) == 1


def test_a_folder_without_a_model_is_a_clear_error(tmp_path):
    with pytest.raises(ReleaseError, match=r"openvino_model\.xml: cannot be loaded"):
        OpenVinoEngine(tmp_path)


RUNS_OUT = """
import resource, sys
from pathlib import Path
import numpy as np
from diplotone.model.encoding import Batch
from diplotone.model.engine import OpenVinoEngine

def batch(n_sentences, n_tokens):
    shapes = ((n_sentences, n_tokens), (n_sentences, n_tokens), *((n_sentences, 1, n_tokens),) * 2)
    return Batch(*(np.ones(shape, kind) for shape, kind in zip(shapes, (np.int64, np.int64, np.float32, np.float32))))

engine, small, large = OpenVinoEngine(Path(sys.argv[1]), digest="x"), batch(2, 8), batch(2_000, 256)
before = engine.run(small)
size = int(Path("/proc/self/status").read_text().split("VmSize:")[1].split()[0]) * 1_024
resource.setrlimit(resource.RLIMIT_AS, (size + 5_000_000, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        engine.run(large)
        print("it was enough")
    except MemoryError:
        print("not enough")
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
after = engine.run(small)
print("the same" if all((after[task] == before[task]).all() for task in before) else "another answer")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by a means of Linux")
def test_after_a_batch_too_large_for_memory_the_engine_goes_on_as_before(tiny_release):
    done = subprocess.run(
        [sys.executable, "-c", RUNS_OUT, tiny_release],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.split("\n")[:3] == ["not enough", "not enough", "the same"], done.stderr
