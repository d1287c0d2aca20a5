"""What a machine brings to the numbers beside input, release and options: rows of one output must have it in common."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.resources import files

from ..engine import computed_in


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What numbers are computed with."""

    diplotone: str
    precision: str
    """What is computed in, whatever was asked for."""
    openvino: str
    actors: str
    """Of the file of actors, which says what the network reads for a state: a SHA-256's first sixteen digits."""

    def differing(self, other: MadeWith) -> list[str]:
        """Return in words what another machine has otherwise."""
        mine, theirs = asdict(self), asdict(other)
        return [
            f"{name} is {theirs[name]} and was {mine[name]}" for name in mine if theirs[name] != mine[name]
        ]


def made_with(precision: str) -> MadeWith:
    """Return what this machine computes with where a precision is asked for."""
    actors = files("diplotone.configs").joinpath("actors.toml").read_bytes()
    return MadeWith(
        diplotone=version("diplotone"),
        precision=computed_in(precision),
        openvino=version("openvino"),
        actors=hashlib.sha256(actors).hexdigest()[:16],
    )
