"""Settings: file, overrides, and the words for what is wrong with them."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from itertools import pairwise

import pytest

from diplotone.model.errors import ConfigError
from diplotone.serve.config import ServeConfig, load_config


def test_the_shipped_file_is_the_defaults():
    assert load_config() == ServeConfig()


def test_a_later_source_wins(tmp_path):
    file = tmp_path / "serve.toml"
    file.write_text('port = 1\nhost = "::1"\nmax_waiting = 3\n')
    config = load_config(file, ["port=2", "max_waiting=4"], port=3, host=None)
    assert (config.port, config.max_waiting, config.host) == (3, 4, "::1")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["prot=1"], "prot is not known; known are host, port"),
        (["port"], 'there is no "="'),
        (["port=many"], "port is 'many'; it must be a int"),
        (["port=70000"], "port is 70,000; it must lie between 0 and 65,535"),
        (["deadline_s=0"], "deadline_s is 0.0; it must lie between"),
        (["allowed_hosts=x"], "must be a list of strings"),
        (["host="], "host is empty"),
        (["port=true"], "port is True"),
    ],
)
def test_a_mistake_is_told_in_words(overrides, words):
    with pytest.raises(ConfigError, match=words.replace("(", r"\(")):
        load_config(overrides=overrides)


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load_config(tmp_path / "none.toml")


def test_integers_are_taken_for_floats_and_lists_for_tuples():
    config = load_config(overrides=["deadline_s=3", 'allowed_hosts=["a.example"]'])
    assert (config.deadline_s, config.allowed_hosts) == (3.0, ("a.example",))


def test_every_field_says_what_it_is():
    body = ast.parse(inspect.getsource(ServeConfig)).body[0].body  # type: ignore[attr-defined]
    described = {
        field.target.id  # type: ignore[union-attr]
        for field, after in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr)
    }
    assert described == {field.name for field in dataclasses.fields(ServeConfig)}
