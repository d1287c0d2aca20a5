"""Every test runs offline, in a home of its own, and may use a release that knows nothing."""

from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read when transformers is imported, so a fixture would come too late

from pathlib import Path

import pytest

from diplotone.model import compiled
from diplotone.model.codebook import Codebook
from diplotone.model.records import Record, check_rows

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
CACHE_FOLDER = compiled.cache_folder

SENTENCES = [
    ("Suva praised Apia for the ferry deal.", "positive", "cooperative", "supportive", "SUPPORT"),
    ("Quito bombed Lima at dawn on Friday.", "negative", "hostile", "opposed", "ASSAULT"),
    ("Oslo accused Riga of stealing the herring.", "negative", "critical", "opposed", "ACCUSE"),
    (
        "Accra freed the sailors that Lagos had asked for.",
        "positive",
        "conciliatory",
        "supportive",
        "CONCEDE",
    ),
    ("Minsk and Tunis both have a zoo.", "neutral", "neutral", "neutral", "NONE"),
    ("Rabat sent forty tonnes of seed to Bamako.", "positive", "cooperative", "supportive", "AID"),
    ("Doha gave Manama until noon to clear the strait.", "negative", "hostile", "opposed", "THREATEN"),
    ("Hanoi met Vientiane for talks about the bridge.", "neutral", "cooperative", "neutral", "CONSULT"),
]
ACTORS = ["Suva Apia", "Quito Lima", "Oslo Riga", "Accra Lagos", "Minsk Tunis", "Rabat Bamako"]
ACTORS += ["Doha Manama", "Hanoi Vientiane"]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("DIPLOTONE_HOME", str(home))
    monkeypatch.delenv("DIPLOTONE_MIRROR", raising=False)
    return home


@pytest.fixture(autouse=True)
def shared_model_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled models from test to test: in each home of its own every model would be compiled anew."""
    shared = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setattr(compiled, "cache_folder", lambda: shared)


@pytest.fixture
def own_model_cache(shared_model_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled models where everybody's are: here in the test's own home."""
    monkeypatch.setattr(compiled, "cache_folder", CACHE_FOLDER)


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return Codebook.load()


@pytest.fixture(scope="session")
def eight_rows() -> list[dict]:
    """Eight labelled sentences in record form, spans as substrings."""
    rows = []
    for (text, sentiment, tone, stance, act), actors in zip(SENTENCES, ACTORS, strict=True):
        source, target = actors.split()
        pair = {"source": source, "target": target, "stance": stance, "act": act}
        rows.append({"text": text, "sentiment": sentiment, "tone": tone, "pairs": [pair]})
    return rows


@pytest.fixture(scope="session")
def eight_records(eight_rows: list[dict], codebook: Codebook) -> tuple[Record, ...]:
    return check_rows(eight_rows, codebook).raise_for_faults()


@pytest.fixture(scope="session")
def tiny_release(
    tmp_path_factory: pytest.TempPathFactory, codebook: Codebook, eight_records: tuple[Record, ...]
) -> Path:
    """A real release folder of a random two-layer network: right in form, without knowledge."""
    from dataclasses import replace

    from diplotone.train.config import load_config
    from diplotone.train.corpus import Corpus
    from diplotone.train.fit import fit

    splits = ["train"] * 4 + ["dev"] * 2 + ["test"] * 2
    records = tuple(replace(r, split=split) for r, split in zip(eight_records, splits, strict=True))
    fitted = fit(
        Corpus(records, ()),
        codebook,
        load_config(ROOT / "configs" / "tiny.toml"),
        tmp_path_factory.mktemp("tiny"),
        progress=False,
    )
    assert fitted is not None
    return fitted.release.folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the public data sets in {SHARED_DATA}")
    return SHARED_DATA
