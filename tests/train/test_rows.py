"""Rows of the benchmark: differences to simple methods, figures of other seeds, tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from diplotone.train.metrics import accuracy, resampled_statistic
from diplotone.train.rows import (
    MAJORITY,
    Row,
    as_table,
    beside_seeds,
    label_row,
    share_row,
    with_baselines,
)

GOLD = ["a", "a", "b", "b", "c"] * 40
GROUPS = [n // 2 for n in range(200)]


def _row(answers, **options):
    return label_row("set", "figure", GOLD, answers, GROUPS, **options)


def test_the_most_frequent_answer_stands_beside():
    row = _row(GOLD, value=accuracy)
    assert row.value == row.low == row.high == 1
    assert row.baselines[MAJORITY]["value"] == pytest.approx(0.4)
    assert 0.5 < row.baselines[MAJORITY]["low"] < 0.6 < row.baselines[MAJORITY]["high"] < 0.7


def test_a_difference_is_paired():
    """Both err on the same hard items, so the difference is surer than either figure."""
    rng = np.random.default_rng(0)
    hard = rng.random(200) < 0.4
    release = ["b" if h else g for h, g in zip(hard, GOLD, strict=True)]
    method = ["b" if h or n % 10 == 0 else g for n, (h, g) in enumerate(zip(hard, GOLD, strict=True))]
    (row,) = with_baselines([_row(release)], {"method": [_row(method)], "other": []})
    assert set(row.baselines) == {MAJORITY, "method"}
    found = row.baselines["method"]
    assert 0 < found["low"] < row.value - found["value"] < found["high"]
    assert found["high"] - found["low"] < row.high - row.low


def test_a_method_on_other_items_has_no_difference():
    (row,) = with_baselines([_row(GOLD)], {"method": [label_row("set", "figure", ["a"], ["a"], [0])]})
    assert set(row.baselines["method"]) == {"value"}


def test_a_figure_of_a_release_stands_beside_those_of_other_seeds():
    first, second = _row(GOLD), _row(["a"] * 200)
    alone = Row(source="s", figure="f", n=1, value=0.5, low=None, high=None)
    rows = beside_seeds([first, alone], [[second], [second, alone]])
    assert rows[0] == replace(first, seeds=[first.value, second.value, second.value])
    assert rows[1] == alone
    assert beside_seeds([first], []) == [first]
    header, _, line, other = as_table(rows).splitlines()
    assert header == "| data | figure | n | value | 95 % | 3 seeds | majority | anchor |"
    mean = (1 + 2 * second.value) / 3
    assert f"| 1.000 | 1.000–1.000 | {mean:.3f} ± {(1 - second.value) / 3**0.5:.3f} |" in line
    assert "±" not in other


def test_a_column_that_nobody_fills_is_left_out():
    plain = Row(source="s", figure="f", n=1000, value=0.5, low=0.4, high=0.6, anchor="X: .6")
    assert as_table([plain]).splitlines()[0] == "| data | figure | n | value | 95 % | anchor |"
    assert as_table([plain]).splitlines()[2] == "| s | f | 1,000 | 0.500 | 0.400–0.600 | X: .6 |"
    header, _, first, _ = as_table([_row(GOLD), plain]).splitlines()
    assert header == "| data | figure | n | value | 95 % | majority | anchor |"
    assert "(+0." in first


def test_shares_and_means_are_drawn_by_groups():
    """Two labels that always go together are as one: the interval is wider than of independent ones."""
    happened = [n % 4 < 2 for n in range(200)]
    together, apart = share_row("s", "f", happened, GROUPS), share_row("s", "f", happened, range(200))
    assert together.value == apart.value == 0.5
    assert together.high - together.low > 1.2 * (apart.high - apart.low)
    values = np.array(happened, float)
    drawn = resampled_statistic(lambda rows: float(values[rows].mean()), GROUPS)
    assert np.std(drawn) == pytest.approx(np.std(together.draws), rel=0.15)
