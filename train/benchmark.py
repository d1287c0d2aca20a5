"""A release on every evaluation source at hand, in one table.

Where a data set has labels of its own, this says how a prediction becomes one of them:

* PLV: NONE is left out and CONCEDE and RETREAT are added to YIELD; the root is the likeliest of the fifteen, the quad
  class and the side are the likeliest sums of their roots.
* NewsMTSC: the stance of the text toward the mention.
* DSE: both directions are scored; the direction and sign whose stance is likelier than neutral, else neutral.
* UN quad-class and cameo_class: the side of the likeliest tone.
* re3d: the likelier of opposed and supportive.
* Relations in bare sentences: nothing is marked; actors, pairs and acts must all be found.
* Country swap: see `fairness`.
* Contrast sets: the share of pairs of sentences in which both get what is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import Codebook, Task
from ..model.records import Record
from .contrast import load_contrasts, passes
from .corpus import Corpus
from .fairness import country_swap
from .metrics import Figure, accuracy, class_figures, confusion, interval, macro_f1, quadratic_kappa
from .public import (
    Item,
    read_cameo_class,
    read_dse,
    read_newsmtsc,
    read_plv,
    read_re3d,
    read_un_quadclass,
)
from .splits import prefix_key

YIELD = ("CONCEDE", "RETREAT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure."""

    source: str
    figure: str
    n: int
    value: float
    low: float | None
    high: float | None
    """95 % bootstrap interval; None where there is none."""
    anchor: str = ""
    """What others reach on the same data, with its source."""
    classes: Mapping[str, float] = field(default_factory=dict)
    """F1 of each class, where the figure is a mean of them."""


Answer = Callable[[Codebook, Prediction], str]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of one source."""

    source: str
    figure: str
    read: Callable[[Path], Iterable[Item]]
    needs: str
    """File of the mirror without which it is left out."""
    answer: Answer
    """From a prediction to an answer in the source's terms."""
    gold: Callable[[str], str] = str
    """From the source's own answer to the terms compared."""
    anchor: str = ""


def side(codebook: Codebook, act: str) -> str:
    """Return the quad class of an act, YIELD included."""
    return codebook["act"]["RETREAT" if act == "YIELD" else act].side or "none"


def _roots(codebook: Codebook, prediction: Prediction) -> dict[str, float]:
    """Probability of PLOVER's fifteen roots, NONE left out."""
    roots: dict[str, float] = {}
    for name, p in zip(codebook["act"].names, prediction.pairs[0]["act"], strict=True):
        if name != "NONE":
            root = "YIELD" if name in YIELD else name
            roots[root] = roots.get(root, 0.0) + float(p)
    return roots


def _root(codebook: Codebook, prediction: Prediction) -> str:
    return _likeliest(_roots(codebook, prediction))


def _quad(codebook: Codebook, prediction: Prediction) -> str:
    return _likeliest(_summed(_roots(codebook, prediction), lambda root: side(codebook, root)))


def _cooperation(codebook: Codebook, prediction: Prediction) -> str:
    roots = _roots(codebook, prediction)
    return _likeliest(_summed(roots, lambda root: side(codebook, root).split()[1]))


def _stance(codebook: Codebook, prediction: Prediction) -> str:
    return codebook["stance"].names[int(prediction.pairs[0]["stance"].argmax())]


def _sign(codebook: Codebook, prediction: Prediction) -> str:
    stance = _by_name(codebook["stance"], prediction.pairs[0]["stance"])
    return _likeliest({name: stance[name] for name in ("opposed", "supportive")})


def _direction(codebook: Codebook, prediction: Prediction) -> str:
    p_to_q, q_to_p = (_by_name(codebook["stance"], pair["stance"]) for pair in prediction.pairs)
    directed = {
        f"{sign} {direction}": stance[label]
        for direction, stance in (("p to q", p_to_q), ("q to p", q_to_p))
        for sign, label in (("+", "supportive"), ("-", "opposed"))
    }
    return _likeliest(directed | {"neutral": min(p_to_q["neutral"], q_to_p["neutral"])})


def _tone_side(codebook: Codebook, prediction: Prediction) -> str:
    score = codebook["tone"].scores[int(prediction.sentence["tone"].argmax())]
    return "neutral" if score == 0 else "cooperation" if score > 0 else "conflict"


def _likeliest(probabilities: Mapping[str, float]) -> str:
    return max(probabilities, key=lambda name: probabilities[name])


def _summed(probabilities: Mapping[str, float], key: Callable[[str], str]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, p in probabilities.items():
        sums[key(name)] = sums.get(key(name), 0.0) + p
    return sums


def _by_name(task: Task, probabilities: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip(task.names, map(float, probabilities), strict=True))


def measures(codebook: Codebook) -> list[Measure]:
    """Return every figure on public data, in the order of the table."""
    plv = partial(Measure, "PLV, train file", read=read_plv, needs="plv/train.tsv")
    zsp = "ZSP (roberta-large NLI, zero-shot, test file): {}; Hu et al. 2024"
    gru = "GRU-TSC (RoBERTa-base): {} on the test file; Hamborg and Donnay 2021"
    mtsc = partial(Measure, "NewsMTSC dev", answer=_stance)
    return [
        plv(
            "cooperation/conflict",
            answer=_cooperation,
            gold=lambda r: side(codebook, r).split()[1],
            anchor=zsp.format(".964"),
        ),
        plv("quad class", answer=_quad, gold=lambda r: side(codebook, r), anchor=zsp.format(".896")),
        plv("15 roots", answer=_root, anchor=zsp.format(".824")),
        mtsc(
            "real-world",
            partial(read_newsmtsc, name="dev_rw"),
            "newsmtsc/dev_rw.jsonl",
            anchor=gru.format(".831"),
        ),
        mtsc(
            "multi-target",
            partial(read_newsmtsc, name="dev_mt"),
            "newsmtsc/dev_mt.jsonl",
            anchor=gru.format(".825"),
        ),
        Measure(
            "DSE valid", "direction and sign", partial(read_dse, name="valid"), "dse/valid.txt", _direction
        ),
        Measure("cameo_class", "side of the tone", read_cameo_class, "cameo_class/train.tsv", _tone_side),
        Measure("UN quad-class", "side of the tone", read_un_quadclass, "un_quadclass", _tone_side),
        Measure("re3d", "sign of the stance", read_re3d, "re3d", _sign),
    ]


def benchmark(analyzer: Analyzer, mirror: Path | None, corpus: Corpus) -> list[Row]:
    """Return every figure that the data at hand allows.

    Evaluation items that the corpus holds too (a few sentences stand in the train and the valid file of one data set)
    are left out: whatever is compared was never trained on.

    Args:
        analyzer: The release.
        mirror: Folder of the public data sets; None leaves them out.
        corpus: The project's labelled sentences, of which the test split is measured.
    """
    test = corpus.split("test")
    rows = list(own_figures(analyzer, corpus))
    rows += _relation_figures(analyzer, [record for record in test if record.register is None])
    rows += _contrast_figures(analyzer)
    rows += _swap_figures(analyzer, test)
    if mirror is not None:
        rows += public_figures(analyzer, mirror, corpus)
    return rows


def public_figures(analyzer: Analyzer, mirror: Path, corpus: Corpus, *, only: str = "") -> list[Row]:
    """Return the figures on the public sets at hand.

    Args:
        analyzer: The release.
        mirror: Folder of the public data sets.
        corpus: What may have been trained on, and is left out.
        only: Beginning of the names of the sources to measure.
    """
    at_hand = [m for m in measures(analyzer.codebook) if (mirror / m.needs).exists()]
    seen = {prefix_key(record.text) for record in corpus.records}
    return [
        _public_figure(analyzer, measure, mirror, seen)
        for measure in at_hand
        if measure.source.startswith(only)
    ]


def _public_figure(analyzer: Analyzer, measure: Measure, mirror: Path, seen: Set[str]) -> Row:
    items = [item for item in measure.read(mirror) if prefix_key(item.record.text) not in seen]
    predictions = analyzer.predict([item.record for item in items])
    scored = [(i, p) for i, p in zip(items, predictions, strict=True) if isinstance(p, Prediction)]
    answers = [measure.answer(analyzer.codebook, prediction) for _, prediction in scored]
    gold = [measure.gold(item.answer) for item, _ in scored]
    return _row(measure.source, f"{measure.figure}, macro-F1", gold, answers, anchor=measure.anchor)


def _row(
    source: str,
    figure: str,
    gold: Sequence[str],
    answers: Sequence[str],
    groups: Sequence[Any] | None = None,
    *,
    names: Sequence[str] | None = None,
    value: Figure = macro_f1,
    anchor: str = "",
) -> Row:
    names = list(names or sorted({*gold, *answers}))
    true, predicted = (np.array([names.index(label) for label in labels]) for labels in (gold, answers))
    groups = groups if groups is not None else range(len(true))
    low, high = interval(value, true, predicted, len(names), groups)
    counts = confusion(true, predicted, len(names))
    return Row(
        source=source,
        figure=figure,
        n=len(true),
        value=float(value(counts)),
        low=low,
        high=high,
        anchor=anchor,
        classes=dict(zip(names, map(float, class_figures(counts)[2]), strict=True))
        if value is macro_f1
        else {},
    )


def own_figures(analyzer: Analyzer, corpus: Corpus) -> Iterator[Row]:
    """Yield the figures on the project's own test split, written and real sentences apart."""
    records = corpus.split("test")
    predictions = analyzer.predict(records)
    scored = [(r, p) for r, p in zip(records, predictions, strict=True) if isinstance(p, Prediction)]
    kinds = {"written": lambda r: r.register is not None, "real": lambda r: r.register is None}
    for kind, belongs in kinds.items():
        members = [(r, p) for r, p in scored if belongs(r)]
        if not members:
            continue
        for task in analyzer.codebook:
            gold, answers, groups = _task_answers(task, members)
            figure, value = (
                ("quadratic kappa", quadratic_kappa) if task.name == "tone" else ("macro-F1", macro_f1)
            )
            yield _row(
                f"own test, {kind}",
                f"{task.name}, {figure}",
                gold,
                answers,
                groups,
                names=task.names,
                value=value,
            )


def _task_answers(
    task: Task, members: Sequence[tuple[Record, Prediction]]
) -> tuple[list[str], list[str], list[int]]:
    gold, answers, groups = [], [], []
    for n, (record, prediction) in enumerate(members):
        holders = [record] if task.level == "sentence" else record.pairs
        answered = [prediction.sentence] if task.level == "sentence" else prediction.pairs
        for holder, probabilities in zip(holders, answered, strict=True):
            if (label := getattr(holder, task.name)) is not None:
                gold.append(label)
                answers.append(task.names[int(probabilities[task.name].argmax())])
                groups.append(n)
    return gold, answers, groups


def _relation_figures(analyzer: Analyzer, records: Sequence[Record]) -> Iterator[Row]:
    """Who does something to whom, found in the bare sentence: actors, pairs and acts in one figure.

    A labelled relation is an ordered pair of coded actors with a side or an act. It is found where the analysis of the
    sentence reports a relation between the same codes.
    """
    reported: list[tuple[int, str]] = []
    labelled: list[tuple[int, str]] = []
    for n, record in enumerate(records):
        wanted = {
            (pair.source_code, pair.target_code)
            for pair in record.pairs
            if pair.source_code and pair.target_code and (pair.stance != "neutral" or pair.act != "NONE")
        }
        found = {
            (pair.source.code, pair.target.code)
            for sentence in analyzer.analyze(record.text).sentences
            for pair in sentence.pairs
        }
        reported += [(n, "yes" if pair in wanted else "no") for pair in found]
        labelled += [(n, "yes" if pair in found else "no") for pair in wanted]
    for figure, answers in (("precision", reported), ("recall", labelled)):
        if answers:
            groups, right = zip(*answers, strict=True)
            yield _row(
                "own test, real",
                f"relations found in bare sentences, {figure}",
                ["yes"] * len(right),
                right,
                groups,
                names=["no", "yes"],
                value=accuracy,
            )


def _contrast_figures(analyzer: Analyzer) -> Iterator[Row]:
    for name, contrasts in load_contrasts(analyzer.codebook).items():
        passed = ["yes" if passes(contrast, analyzer) else "no" for contrast in contrasts]
        wanted = ["yes"] * len(passed)
        yield _row("contrast", f"{name}, both right", wanted, passed, names=["no", "yes"], value=accuracy)


def _swap_figures(analyzer: Analyzer, records: Sequence[Record]) -> Iterator[Row]:
    found = country_swap(analyzer, records)
    if not found.labels:
        return
    low, high = found.flips_interval
    row = partial(Row, source="country swap")
    yield row(figure="labels that flip", n=found.labels, value=found.flips, low=low, high=high)
    yield row(figure="mean change of a probability", n=found.labels, value=found.mean_dp, low=None, high=None)
    yield row(
        figure=f"largest pull of a state, in sd ({found.largest_state})",
        n=found.states,
        value=found.largest_z,
        low=None,
        high=None,
    )


def as_table(rows: Sequence[Row]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| data | figure | n | value | 95 % | anchor |", "|---|---|---|---|---|---|"]
    for r in rows:
        interval = "" if r.low is None or r.high is None else f"{r.low:.3f}–{r.high:.3f}"
        lines.append(f"| {r.source} | {r.figure} | {r.n:,} | {r.value:.3f} | {interval} | {r.anchor} |")
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the figures as JSON-ready dicts."""
    return [asdict(row) for row in rows]
