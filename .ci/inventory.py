"""What Diplotone stands on: every package that it needs, directly or not, with version and licence.

    python .ci/inventory.py licences    writes docs/licences.md
    python .ci/inventory.py sbom        writes sbom.json (CycloneDX 1.6)

Both say what is installed in the environment that runs this.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = {"predict": "", "serve": "serve", "parquet": "parquet", "mcp": "mcp", "train": "train", "dev": "dev"}
"""Purpose -> extra of pyproject.toml."""

CLASSIFIER = "License :: OSI Approved :: "
LONGEST_NAME = 80
"""Characters; some put the whole text of their licence where its name belongs."""


def purposes() -> dict[str, set[str]]:
    """Return every installed package by its name, with what it is needed for."""
    found: dict[str, set[str]] = {}
    for purpose, extra in EXTRAS.items():
        seen: set[tuple[str, str]] = set()
        _follow("diplotone", extra, seen)
        for name in {name for name, _ in seen} - {"diplotone"}:
            found.setdefault(name, set()).add(purpose)
    return dict(sorted(found.items()))


def _follow(name: str, extra: str, seen: set[tuple[str, str]]) -> None:
    if (name, extra) in seen:
        return
    try:
        requirements = list(_requirements(distribution(name), extra))
    except PackageNotFoundError:  # an extra that is not installed here
        return
    seen.add((name, extra))
    for requirement in requirements:
        for wanted in {"", *requirement.extras}:
            _follow(canonicalize_name(requirement.name), wanted, seen)


def _requirements(package: Distribution, extra: str) -> Iterator[Requirement]:
    for line in package.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def licence(package: Distribution) -> str:
    """Return the licence as the package states it, "not stated" where it does not."""
    said = package.metadata
    if said.get("License-Expression"):
        return said["License-Expression"]
    classified = [
        line.removeprefix(CLASSIFIER)
        for line in said.get_all("Classifier") or ()
        if line.startswith(CLASSIFIER)
    ]
    lines = (said.get("License") or "").strip().splitlines()
    if classified:
        return ", ".join(classified)
    return lines[0][:LONGEST_NAME] if lines else "not stated"


def licences_page() -> str:
    """Return docs/licences.md."""
    rows = [
        f"| {name} | {distribution(name).version.partition('+')[0]} | {licence(distribution(name))}"
        f" | {', '.join(purpose for purpose in EXTRAS if purpose in needed)} |"
        for name, needed in purposes().items()
    ]
    return "\n".join(
        (
            "# Licences of the packages that Diplotone needs",
            "",
            "Written by `make licences`, as each package states it itself. `predict` is all that reading a text",
            "takes; what stands under `dev` alone is never installed with Diplotone.",
            "",
            "| package | version | licence | for |",
            "|---|---|---|---|",
            *rows,
            "",
        )
    )


def bill_of_materials() -> dict[str, Any]:
    """Return all packages as a CycloneDX document."""
    names = purposes()
    own = distribution("diplotone")

    def reference(name: str) -> str:
        return f"pkg:pypi/{name}@{distribution(name).version}"

    def component(name: str, kind: str) -> dict[str, Any]:
        return {
            "type": kind,
            "bom-ref": reference(name),
            "name": name,
            "version": distribution(name).version,
            "purl": reference(name),
            "licenses": [{"license": {"name": licence(distribution(name))}}],
        }

    def needs(name: str, extras: tuple[str, ...]) -> dict[str, Any]:
        direct = {
            canonicalize_name(requirement.name)
            for extra in extras
            for requirement in _requirements(distribution(name), extra)
        }
        return {"ref": reference(name), "dependsOn": sorted(map(reference, direct & names.keys()))}

    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component(own.metadata["Name"], "application")},
        "components": [component(name, "library") for name in names],
        "dependencies": [needs("diplotone", tuple(EXTRAS.values())), *(needs(name, ("",)) for name in names)],
    }


def main(what: str) -> None:
    """Write one of the two."""
    if what == "licences":
        (ROOT / "docs" / "licences.md").write_text(licences_page(), encoding="utf-8")
    else:
        (ROOT / "sbom.json").write_text(json.dumps(bill_of_materials(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
