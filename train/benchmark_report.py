"""What the benchmark writes: the table, the figures as JSON, the README's table, the end of a model card."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..model.analyzer import Analyzer, load
from ..model.errors import ConfigError
from .auxiliary import auxiliary_records
from .baselines import Linear, Vader, fit_linear
from .benchmark import Row, as_json, as_table, benchmark, headline
from .card import BENCHMARK_HEADING
from .card_completion import check_not_in_use, complete_card
from .config import recipe_of
from .corpus import Corpus, find_mirror, load_corpus

TABLE = re.compile(r"\| data \| figure \| n \| value \|.*\n(?:\|.*\n)+")
"""The table of figures in a Markdown file."""


def report(
    folders: Sequence[Path] | None,
    mirror: Path | None,
    *,
    with_baselines: bool = True,
    out: Path | None = None,
    readme: Path | None = None,
    card: bool = False,
) -> str:
    """Measure a release, write what is asked for, and return notes and the table for people.

    Args:
        folders: The release, then others that differ from it in their seed; None takes the promoted, else the shipped
            one.
        mirror: Folder of the public data sets.
        with_baselines: Measure VADER and the linear model beside.
        out: Where the figures go as JSON.
        readme: A Markdown file whose table of figures is replaced.
        card: Complete the card of the release and seal it anew.

    Raises:
        ReleaseError: A release is damaged or, with `card`, in use.
        ConfigError: The Markdown file has no such table, or the releases have different labels.
    """
    mirror = find_mirror(mirror)
    analyzer, *seeds = [load(folder) for folder in folders or [None]]
    if any(other.codebook.digest != analyzer.codebook.digest for other in seeds):
        raise ConfigError(
            "--release: the releases have different codebooks; their figures cannot stand side by side"
        )
    if card:
        check_not_in_use(analyzer.release)
    page = _page_with_table(readme) if readme else ""
    corpus = load_corpus(analyzer.codebook, mirror=mirror)
    baselines = _baselines(analyzer, corpus, mirror) if with_baselines else []
    rows = benchmark(analyzer, mirror, corpus, seeds=seeds, baselines=baselines)
    if card:
        complete_card(analyzer.release, BENCHMARK_HEADING, "\n".join(_card_lines(rows)))
    labels = [one.release.label for one in (analyzer, *seeds)]
    if out:
        named = {"release": labels[0]} | ({"seeds": labels} if seeds else {})
        out.write_text(json.dumps(named | {"figures": as_json(rows)}, indent=1) + "\n", encoding="utf-8")
    if readme:
        table = as_table(headline(rows))
        readme.write_text(TABLE.sub(lambda _: f"{table}\n", page, count=1), encoding="utf-8")
    notes = [f"note: {note}" for note in corpus.notes]
    return "\n".join([*notes, f"{', '.join(labels)}\n", as_table(rows)])


def _baselines(analyzer: Analyzer, corpus: Corpus, mirror: Path | None) -> list[Vader | Linear]:
    """Both, the linear one trained on the sentences that the release's recipe takes."""
    recipe = recipe_of(analyzer.release)
    train = corpus.split("train")
    if recipe.auxiliary and mirror is not None:
        train += auxiliary_records(recipe.auxiliary, mirror, corpus.records)[0]
    linear = fit_linear(analyzer.codebook, recipe, train, corpus.split("dev"))
    return [Vader(analyzer.codebook), linear]


def _page_with_table(path: Path) -> str:
    try:
        page = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if not TABLE.search(page):
        raise ConfigError(
            f"{path}: has no table of figures to replace; it begins with | data | figure | n | value |"
        )
    return page


def _card_lines(rows: Sequence[Row]) -> Iterator[str]:
    seeds = (
        " of several seeds the mean and the standard deviation of releases that differ from this one in nothing else,"
        " itself among them;"
    )
    yield (
        "Measured by `diplotone-train benchmark`: 95 % bootstrap intervals over sentences. Beside stands"
        f"{seeds * any(row.seeds for row in rows)} what the most frequent answer, VADER and logistic regressions on the"
        " untrained encoder reach on the same items, in brackets the interval of what the release is above them."
    )
    yield ""
    yield as_table(rows)
    by_task = [row for row in rows if row.parts and row.source in ("robustness", "country swap")]
    tasks = list(dict.fromkeys(task for row in by_task for task, part in row.parts.items() if "n" in part))
    if tasks:
        yield ""
        yield f"| {' | '.join(['labels that flip', *tasks])} |"
        yield "|" + "---|" * (len(tasks) + 1)
        for row in by_task:
            cells = [
                f"{row.parts[task]['value']:.3f} (n {row.parts[task]['n']:,})" if task in row.parts else ""
                for task in tasks
            ]
            if any(cells):
                yield f"| {row.source}, {row.figure} | {' | '.join(cells)} |"
