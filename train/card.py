"""The model card: written by the trainer from what it measured, completed by the benchmark, never by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model.codebook import Codebook
from .export import Exported
from .mistakes import Mistake
from .pictures import CURVES, confusion_file
from .sources import load_sources

BENCHMARK_HEADING = "## Benchmark"
ABLATION_HEADING = "## What was tried"


def model_card(
    name: str,
    codebook: Codebook,
    figures: Mapping[str, Any],
    exported: Exported,
    provenance: Mapping[str, Any],
    *,
    n_precedents: int = 0,
    mistakes: Sequence[Mistake] = (),
) -> str:
    """Return the card of a release as Markdown; its pictures are those that `draw_pictures` writes beside it."""
    lines = _lines(name, codebook, figures, exported, provenance, n_precedents, mistakes)
    return "\n".join(lines) + "\n"


def completed(card: str, heading: str, section: str) -> str:
    """Return a card with a further section, in the place of an earlier one of that heading, else at its end.

    Args:
        card: As `model_card` made it, completed before or not.
        heading: Of the section, with its two number signs.
        section: Markdown without headings of its own.
    """
    sections = re.split(r"^(?=## )", card.rstrip("\n") + "\n", flags=re.MULTILINE)
    new = f"{heading}\n\n{section}\n"
    places = [n for n, found in enumerate(sections) if found.startswith(f"{heading}\n")]
    if not places:
        return "".join(sections) + f"\n{new}"
    (place,) = places
    is_last = place == len(sections) - 1
    return "".join([*sections[:place], new if is_last else f"{new}\n", *sections[place + 1 :]])


def _lines(
    name: str,
    codebook: Codebook,
    figures: Mapping[str, Any],
    exported: Exported,
    provenance: Mapping[str, Any],
    n_precedents: int,
    mistakes: Sequence[Mistake],
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
        yield ""
        yield from _selection(figures["test"]["tasks"])
    else:
        yield "No test split was given, so nothing is claimed."
    yield ""
    if figures.get("fairness", {}).get("swap_labels"):
        yield from _fairness(figures)
    yield from _served(exported)
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
        if classes:
            yield ""
            yield f"![Which {task.name} was given for which]({confusion_file(task.name)})"
    yield ""
    if mistakes:
        yield from _mistakes(mistakes)
    yield "## Data"
    yield ""
    yield (
        f"{data['train']:,} sentences to train, {data['dev']:,} to stop and calibrate on, {data['test']:,} to test;"
        f" digest `{data['digest'][:16]}`."
    )
    for note in data["notes"]:
        yield f"* {note}"
    if again := provenance.get("recalibrated"):
        yield (
            f"* The weights are those of `{again['from']}`; calibrated and measured again on the dev and test splits of"
            f" the data with digest `{again['data'][:16]}`."
        )
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
        "Apache-2.0, like the project. The encoder all-MiniLM-L6-v2 is Apache-2.0 (sentence-transformers, on"
        " Microsoft's MiniLM, MIT); the recipe above names where it was taken from. Labels of real sentences point into"
        " their sources; none of that text is in this release."
    )
    yield from _sources(data.get("sources", ()))


def _served(exported: Exported) -> Iterator[str]:
    if exported.kept is None:
        yield (
            f"Served in fp32: {exported.untried}."
            if exported.untried
            else "Served in fp32: no smaller form kept its answers."
        )
        return
    yield (
        f"Served as {exported.form}. Beside fp32, on sentences that it was not quantised by (a fall below 0 is a rise):"
    )
    yield ""
    yield "| task | labels compared | the same | fall of macro-F1 | largest fall of a label's F1 |"
    yield "|---|---|---|---|---|"
    kept = exported.kept
    for task, agreement in kept.agreement.items():
        falls = kept.class_loss[task]
        most = max(falls, key=falls.__getitem__, default=None)
        largest = f"{most} {falls[most]:.3f}" if most else ""
        yield f"| {task} | {exported.n[task]} | {agreement:.4f} | {kept.f1_loss[task]:.4f} | {largest} |"


def _selection(tasks: Mapping[str, Any]) -> Iterator[str]:
    yield (
        "A label is given from a threshold of its probability on; below it the answer is that it is not sure. On the"
        " same split (AURC: mean share of wrong labels over all coverages, less is better; ECE with ten bins of equal"
        " count and of equal width):"
    )
    yield ""
    yield "| task | threshold | labels given | of these wrong | AURC | ECE, equal count | ECE, equal width |"
    yield "|---|---|---|---|---|---|---|"
    for name, task in tasks.items():
        if task["n"]:
            found = task["selection"]
            yield (
                f"| {name} | {found['threshold']:.3f} | {found['coverage']:.1%} | {found['risk']:.1%}"
                f" | {found['aurc']:.3f} | {task['ece']:.3f} | {task['ece_equal_width']:.3f} |"
            )
    yield ""
    yield f"![Share of wrong labels by the share of labels given]({CURVES})"


def _fairness(figures: Mapping[str, Any]) -> Iterator[str]:
    found = figures["fairness"]
    far = ", ".join(f"{state} ({z:+.1f})" for state, z in found["far_states"].items()) or "none"
    yield (
        f"Told of other states, the same sentences change {found['swap_flips']:.1%} of their labels"
        f" {_interval(found['swap_flips_interval'])} (n {found['swap_labels']:,}), and a probability by"
        f" {found['swap_dp']:.3f} on average. Of {found['states']} states, {far} pulled the tone further than three"
        " standard deviations."
    )
    if found["role_labels"]:
        yield (
            f"Where source and target change places, {found['role_flips']:.1%} of the labels of pairs do not follow"
            f" {_interval(found['role_flips_interval'])} (n {found['role_labels']:,})."
        )
    for broken in figures.get("broken_gates", ()):
        yield f"**Not fit for use by its recipe:** {broken}"
    yield ""


def _mistakes(mistakes: Sequence[Mistake]) -> Iterator[str]:
    yield "## What it gets wrong"
    yield ""
    yield "Its surest mistakes on sentences of the test split that were written for the project:"
    yield ""
    yield "| task | sentence | right | given | probability |"
    yield "|---|---|---|---|---|"
    for found in mistakes:
        of_whom = f" ({found.asked})" if found.asked else ""
        sentence = f"{found.text}{of_whom}".replace("|", "\\|")
        yield f"| {found.task} | {sentence} | {found.right} | {found.given} | {found.probability:.2f} |"
    yield ""


def _sources(names: Sequence[str]) -> Iterator[str]:
    """Where the real sentences come from, with their licences."""
    sources = load_sources()
    if known := [sources[name] for name in names if name in sources]:
        yield ""
        yield "| source of real sentences | from | licence |"
        yield "|---|---|---|"
        for source in known:
            yield f"| {source.title} | {source.repository} | {source.licence} |"


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


def _interval(bounds: Sequence[float]) -> str:
    return f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"
