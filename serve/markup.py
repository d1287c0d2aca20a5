"""HTML in which text cannot turn into tags: everything that is not `Markup` already is escaped."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

from markupsafe import Markup, escape

Child: TypeAlias = "str | int | Markup | None"
"""What may stand in an element: markup as it is, anything else escaped, None as nothing."""

_VOID = frozenset({"br", "hr", "img", "input"})
"""HTML's own; in SVG every element is closed."""


def element(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """Return an element.

    An attribute of True stands alone, one of None or False is left out; a trailing underscore is dropped
    (`class_`), others become hyphens (`aria_label`). Names of elements and attributes come from the program
    and are taken as they are.

    Example: element("p", "a < b", class_="note") -> <p class="note">a &lt; b</p>
    """
    parts = ["<", name]
    for key, value in attributes.items():
        if value is True:
            parts += (" ", _attribute(key))
        elif value is not None and value is not False:
            parts += (" ", _attribute(key), '="', escape(value), '"')
    parts.append(">")
    if name not in _VOID:
        parts += _escaped(children)
        parts += ("</", name, ">")
    return Markup("".join(parts))


def join(*children: Child) -> Markup:
    """Return the children one after the other."""
    return Markup("".join(_escaped(children)))


def arrow(source: str, target: str) -> Markup:
    """Return "source → target", read aloud as "toward"."""
    return element(
        "span",
        source,
        element("span", " → ", aria_hidden="true"),
        element("span", " toward ", class_="only-heard"),
        target,
        class_="arrow",
    )


def _escaped(children: tuple[Child, ...]) -> list[Markup]:
    # escape() leaves markup alone too, but a long article has a hundred thousand of these calls.
    return [
        child if child.__class__ is Markup else escape(child)  # type: ignore[misc]
        for child in children
        if child is not None
    ]


@cache
def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")
