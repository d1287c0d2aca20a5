"""The model card: written by the trainer from what it measured, never by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..model.codebook import Codebook
from .export import Exported


def model_card(
    name: str,
    codebook: Codebook,
    figures: Mapping[str, Any],
    exported: Exported,
    provenance: Mapping[str, Any],
    *,
    n_precedents: int = 0,
) -> str:
    """Return the card of a release as Markdown."""
    return "\n".join(_lines(name, codebook, figures, exported, provenance, n_precedents)) + "\n"


def _lines(
    name: str,
    codebook: Codebook,
    figures: Mapping[str, Any],
    exported: Exported,
    provenance: Mapping[str, Any],
    n_precedents: int,
) -> Iterator[str]:
    data = provenance["data"]
    yield f"# {name}"
    yield ""
    yield (
        "Reads sentences of diplomatic news: sentiment and tone of the sentence, stance and act of ordered pairs"
        " of actors in it. English only. Written by `diplotone-train fit`."
    )
    yield ""
    yield "## Figures"
    yield ""
    yield (
        "On the project's own held-out test split, never trained on; near-duplicates, contrast pairs and the"
        " sentences of one document stay on one side. Intervals are 95 % bootstrap over sentences; one seed"
        f" ({provenance['seed']})."
    )
    yield ""
    if "test" in figures:
        yield from _figure_table(figures["test"])
    else:
        yield "No test split was given, so nothing is claimed."
    yield ""
    yield f"Served as {exported.form}. Labels that agree with fp32:"
    yield ""
    yield "| task | labels compared | agreement |"
    yield "|---|---|---|"
    for task, agreement in exported.agreement.items():
        yield f"| {task} | {exported.n[task]} | {agreement:.4f} |"
    yield ""
    yield "## Labels and how each is found"
    for task in codebook:
        yield ""
        yield f"**{task.name}**: {task.question}"
        yield ""
        yield "| label | means | n | precision | recall | F1 |"
        yield "|---|---|---|---|---|---|"
        classes = figures.get("test", {}).get("tasks", {}).get(task.name, {}).get("classes", {})
        for label in task.labels:
            row = classes.get(label.name)
            cells = (
                [f"{row['n']}", *(f"{row[k]:.2f}" for k in ("precision", "recall", "f1"))]
                if row
                else [""] * 4
            )
            yield f"| {label.name} | {label.definition} | {' | '.join(cells)} |"
    yield ""
    yield "## Data"
    yield ""
    yield (
        f"{data['train']:,} sentences to train, {data['dev']:,} to stop and calibrate on, {data['test']:,} to test;"
        f" digest `{data['digest'][:16]}`."
    )
    for note in data["notes"]:
        yield f"* {note}"
    yield ""
    if n_precedents:
        yield (
            f"The texts and labels of {n_precedents:,} sentences of the train split are in `precedents.json`, to be set"
            " beside the sentences of an article."
        )
        yield ""
    yield "## Recipe"
    yield ""
    yield (
        f"Encoder `{provenance['encoder']}`; seed {provenance['seed']}; learning rate {provenance['learning_rate']:g}"
        f" (heads {provenance['head_learning_rate']:g}); batches of {provenance['batch_size']}; at most"
        f" {provenance['epochs']:g} epochs. The whole recipe, with versions, is in `train.toml`."
    )
    yield ""
    yield "| epoch | loss on dev | score | sentiment F1 | tone kappa | stance F1 | act F1 |"
    yield "|---|---|---|---|---|---|---|"
    for row in provenance["made"]["evaluations"]:
        figures_of_epoch = " | ".join(
            f"{row[key]:.3f}" if key in row else ""
            for key in ("loss", "score", "sentiment", "tone", "stance", "act")
        )
        yield f"| {row['epoch']:g} | {figures_of_epoch} |"
    yield ""
    yield "## Licence and origin"
    yield ""
    yield (
        "Apache-2.0, like the project. The encoder all-MiniLM-L6-v2 is Apache-2.0 (sentence-transformers). Labels of"
        " real sentences point into their sources; none of that text is in this release."
    )


def _figure_table(figures: Mapping[str, Any]) -> Iterator[str]:
    yield "| task | n | macro-F1 | accuracy | quadratic kappa | ECE |"
    yield "|---|---|---|---|---|---|"
    for name, task in figures["tasks"].items():
        if not task["n"]:
            continue
        kappa = f"{task['kappa']:.3f} {_interval(task['kappa_interval'])}" if "kappa" in task else ""
        yield (
            f"| {name} | {task['n']} | {task['macro_f1']:.3f} {_interval(task['macro_f1_interval'])}"
            f" | {task['accuracy']:.3f} | {kappa} | {task['ece']:.3f} |"
        )


def _interval(bounds: tuple[float, float]) -> str:
    return f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"
