from __future__ import annotations

import pytest

from diplotone.model.errors import ConfigError
from diplotone.train.config import TrainConfig, load_config


def test_overrides_reach_values_and_tables():
    config = load_config(None, ["seed=7", "learning_rate=2e-5", "loss_weights.act=2", "name=other"])
    assert (config.seed, config.learning_rate, config.name) == (7, 2e-5, "other")
    assert config.loss_weights["act"] == 2
    assert config.loss_weights["tone"] == 1.0


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sead=1", "sead is not known; known are name, encoder, seed"),
        ("seed", 'there is no "="'),
        ('seed="one"', "seed is 'one'; it must be a int"),
        ("epochs=0", "epochs is 0.0; it must be above 0"),
        ("label_smoothing=2", "must lie between 0 and 1"),
        ("bf16=maybe", "must be one of auto, yes, no"),
        ("thresholds.mood=1", "needed are sentiment, tone, stance, act"),
        ("precision=f16", "must be one of f32, bf16"),
    ],
)
def test_a_wrong_override_says_what_is_allowed(override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(None, [override])


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text("seed = ")
    with pytest.raises(ConfigError, match=r"broken\.toml: not valid TOML"):
        load_config(tmp_path / "broken.toml")


def test_defaults_stand_in_the_dataclass_alone(tmp_path):
    (tmp_path / "empty.toml").write_text("")
    assert load_config(tmp_path / "empty.toml") == TrainConfig()
