"""What a candidate must not lose to be promoted: the numbers, apart from the judging."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.errors import ConfigError

DEFAULT_GATES: Mapping[str, float] = {
    "least_labels": 30.0,
    "least_class_labels": 20.0,
    "drop": 0.03,
    "class_drop": 0.15,
    "contrast_drop": 0.05,
    "calibration_rise": 0.03,
    "speed_ratio": 0.8,
    "fault_rise": 0.005,
}
"""The gates by name; `configs/retrain.toml` says what each is of. All are 0 or more; drops and rises are shares,
0..1."""


def check_gates(gates: Mapping[str, float]) -> None:
    """Check that every gate is there and makes sense.

    Raises:
        ConfigError: One is unknown, missing or below 0.
    """
    if set(gates) != set(DEFAULT_GATES):
        odd = sorted(set(gates) ^ set(DEFAULT_GATES))
        raise ConfigError(f"gates: {', '.join(odd)}; needed are exactly {', '.join(DEFAULT_GATES)}")
    for name, value in gates.items():
        if value < 0:
            raise ConfigError(f"gates.{name} is {value}; it must be 0 or more")
