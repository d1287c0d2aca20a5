"""The links that take a result away."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from .exports import available
from .markup import element

NAMES = {"html": "Brief", "json": "JSON", "csv": "CSV", "parquet": "Parquet"}


def download_links(address: str) -> Iterator[Markup]:
    """Yield a link for each form that this service can write.

    Args:
        address: Of the result, without the form.
    """
    for form in ("html", *available()):
        yield element(
            "a",
            NAMES[form],
            href=f"{address}/{form}",
            download=True,
            class_="download",
            title="One HTML page to read, print or file" if form == "html" else None,
        )
