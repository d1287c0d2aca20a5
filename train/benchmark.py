"""A release on every evaluation source at hand, with simple methods beside it, in one table.

Where a data set has labels of its own, this says how a prediction becomes one of them:

* PLV: NONE is left out and CONCEDE and RETREAT are added to YIELD; the root is the likeliest of the fifteen, the quad
  class and the side are the likeliest sums of their roots.
* NewsMTSC: the stance of the text toward the mention.
* DSE: both directions are scored; the direction and sign whose stance is likelier than neutral, else neutral.
* UN quad-class and cameo_class: the side of the likeliest tone.
* re3d: the likelier of opposed and supportive.
* Relations in bare sentences: nothing is marked; actors, pairs and acts must all be found.
* Country swap and roles exchanged: see `fairness`.
* Robustness: see `robustness`.
* Calibration: see `calibration_rows`; on outside sets of the probabilities in those sets' own terms.
* Contrast sets: the share of pairs of sentences in which both get what is asked for.

Beside each figure stands what the most frequent answer reaches, and the `baselines`, on the same items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..model.analyzer import Analyzer, Prediction
from ..model.codebook import Codebook, Task
from ..model.records import Record
from .baselines import Linear, Vader
from .calibration_rows import OUTSIDE_ECE_AIM, calibration_rows, own_calibration
from .contrast import load_contrasts, passes
from .corpus import Corpus
from .fairness import country_swap, roles_exchanged
from .metrics import macro_f1, quadratic_kappa
from .predictor import Predictor, Reader
from .public import (
    Item,
    read_cameo_class,
    read_dse,
    read_newsmtsc,
    read_plv,
    read_re3d,
    read_un_quadclass,
)
from .relations import labelled_relations
from .robustness import robustness_rows
from .rows import (
    Row,
    as_json,
    as_table,
    beside_seeds,
    changes_rows,
    label_row,
    share_row,
    statistic_row,
    with_baselines,
)
from .splits import prefix_key

__all__ = ["Row", "as_json", "as_table", "benchmark", "headline", "measures", "own_figures", "public_figures"]

YIELD = ("CONCEDE", "RETREAT")


Answer = Callable[[Codebook, Prediction], str]

Spread = Callable[[Codebook, Prediction], Mapping[str, float]]


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
    task: str
    """The task whose probabilities the answer is made of."""
    gold: Callable[[str], str] = str
    """From the source's own answer to the terms compared."""
    anchor: str = ""
    spread: Spread | None = None
    """From a prediction to probabilities of the answers, where their calibration is measured."""


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


def _root_spread(codebook: Codebook, prediction: Prediction) -> dict[str, float]:
    roots = _roots(codebook, prediction)
    total = sum(roots.values())
    return {root: p / total for root, p in roots.items()}


def _stance_spread(codebook: Codebook, prediction: Prediction) -> dict[str, float]:
    return _by_name(codebook["stance"], prediction.pairs[0]["stance"])


def _side_spread(codebook: Codebook, prediction: Prediction) -> dict[str, float]:
    tone = codebook["tone"]
    by_name = _by_name(tone, prediction.sentence["tone"])
    return _summed(by_name, lambda name: _side_of_score(tone.scores[tone.index(name)]))


def _tone_side(codebook: Codebook, prediction: Prediction) -> str:
    return _side_of_score(codebook["tone"].scores[int(prediction.sentence["tone"].argmax())])


def _side_of_score(score: float) -> str:
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
    plv = partial(Measure, "PLV, train file", read=read_plv, needs="plv/train.tsv", task="act")
    zsp = "ZSP (roberta-large NLI, zero-shot, test file): {}; Hu et al. 2024"
    gru = "GRU-TSC (RoBERTa-base): {} on the test file; Hamborg and Donnay 2021"
    mtsc = partial(Measure, "NewsMTSC dev", answer=_stance, task="stance", spread=_stance_spread)
    return [
        plv(
            "cooperation/conflict",
            answer=_cooperation,
            gold=lambda r: side(codebook, r).split()[1],
            anchor=zsp.format(".964"),
        ),
        plv("quad class", answer=_quad, gold=lambda r: side(codebook, r), anchor=zsp.format(".896")),
        plv("15 roots", answer=_root, anchor=zsp.format(".824"), spread=_root_spread),
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
            "DSE valid",
            "direction and sign",
            partial(read_dse, name="valid"),
            "dse/valid.txt",
            _direction,
            "stance",
        ),
        Measure(
            "cameo_class",
            "side of the tone",
            read_cameo_class,
            "cameo_class/train.tsv",
            _tone_side,
            "tone",
            spread=_side_spread,
        ),
        Measure(
            "UN quad-class",
            "side of the tone",
            read_un_quadclass,
            "un_quadclass",
            _tone_side,
            "tone",
            spread=_side_spread,
        ),
        Measure("re3d", "sign of the stance", read_re3d, "re3d", _sign, "stance"),
    ]


def benchmark(
    analyzer: Analyzer,
    mirror: Path | None,
    corpus: Corpus,
    *,
    seeds: Sequence[Analyzer] = (),
    baselines: Sequence[Vader | Linear] = (),
) -> list[Row]:
    """Return every figure that the data at hand allows.

    Evaluation items that the corpus holds too (a few sentences stand in the train and the valid file of one data set)
    are left out: whatever is compared was never trained on.

    Args:
        analyzer: The release.
        mirror: Folder of the public data sets; None leaves them out.
        corpus: The project's labelled sentences, of which the test split is measured.
        seeds: Releases that differ from it in their seed.
        baselines: What is measured beside.
    """
    rows = _release_figures(analyzer, mirror, corpus)
    rows = beside_seeds(rows, [_release_figures(other, mirror, corpus) for other in seeds])
    return with_baselines(
        rows, {baseline.name: _baseline_figures(baseline, mirror, corpus) for baseline in baselines}
    )


def _release_figures(analyzer: Analyzer, mirror: Path | None, corpus: Corpus) -> list[Row]:
    test = corpus.split("test")
    rows = list(own_figures(analyzer, corpus))
    for kind, written in (("written", True), ("real", False)):
        chosen = [record for record in test if (record.register is not None) == written]
        rows += _relation_figures(analyzer, f"own test, {kind}", chosen)
    rows += _contrast_figures(analyzer)
    rows += _swap_figures(analyzer, test)
    rows += robustness_rows(analyzer, test)
    if mirror is not None:
        rows += public_figures(analyzer, mirror, corpus, calibration=True)
    for split in ("dev", "test"):
        rows += own_calibration(analyzer, corpus.split(split), split)
    return rows


def _baseline_figures(baseline: Vader | Linear, mirror: Path | None, corpus: Corpus) -> list[Row]:
    rows = list(own_figures(baseline, corpus))
    if isinstance(baseline, Linear):
        rows += _contrast_figures(baseline)
    if mirror is not None:
        rows += public_figures(baseline, mirror, corpus)
    return rows


def headline(rows: Sequence[Row]) -> list[Row]:
    """Return the rows without those that only a closer look needs: the calibration of each task."""
    return [row for row in rows if not row.source.endswith("calibration")]


def public_figures(
    predictor: Predictor, mirror: Path, corpus: Corpus, *, only: str = "", calibration: bool = False
) -> list[Row]:
    """Return the figures on the public sets at hand.

    Args:
        predictor: The release or a baseline, which leaves out what it has no task for.
        mirror: Folder of the public data sets.
        corpus: What may have been trained on, and is left out.
        only: Beginning of the names of the sources to measure.
        calibration: Measure too how far the probabilities can be trusted there; these rows come last.
    """
    rows: list[Row] = []
    calibrated: list[Row] = []
    for measure in _at_hand(predictor.codebook, mirror):
        if measure.source.startswith(only) and _answers_task(predictor, measure.task):
            scored = _scored_items(predictor, measure, mirror, corpus)
            if not scored:
                continue
            gold = [measure.gold(item.answer) for item, _ in scored]
            answers = [measure.answer(predictor.codebook, prediction) for _, prediction in scored]
            texts = [item.record.text for item, _ in scored]
            figure = f"{measure.figure}, macro-F1"
            rows.append(label_row(measure.source, figure, gold, answers, texts, anchor=measure.anchor))
            if calibration and measure.spread is not None:
                spreads = [measure.spread(predictor.codebook, prediction) for _, prediction in scored]
                calibrated += _outside_calibration(measure, gold, spreads, texts)
    return rows + calibrated


def _outside_calibration(
    measure: Measure, gold: Sequence[str], spreads: Sequence[Mapping[str, float]], texts: Sequence[str]
) -> Iterator[Row]:
    """The calibration on a set from outside, in its own terms."""
    names = sorted({*gold, *(name for spread in spreads for name in spread)})
    return calibration_rows(
        f"{measure.source}, calibration",
        measure.figure,
        np.array([names.index(label) for label in gold]),
        np.array([[spread.get(name, 0.0) for name in names] for spread in spreads], np.float32),
        texts,
        OUTSIDE_ECE_AIM,
    )


def _at_hand(codebook: Codebook, mirror: Path) -> list[Measure]:
    return [measure for measure in measures(codebook) if (mirror / measure.needs).exists()]


def _answers_task(predictor: Predictor, task: str) -> bool:
    return not isinstance(predictor, Vader) or task in predictor.tasks


def _scored_items(
    predictor: Predictor, measure: Measure, mirror: Path, corpus: Corpus
) -> list[tuple[Item, Prediction]]:
    """The items of a source that the corpus does not hold and that are not too long, with their predictions."""
    seen: Set[str] = {prefix_key(record.text) for record in corpus.records}
    items = [item for item in measure.read(mirror) if prefix_key(item.record.text) not in seen]
    predictions = zip(items, predictor.predict([item.record for item in items]), strict=True)
    return [(item, answer) for item, answer in predictions if isinstance(answer, Prediction)]


def own_figures(predictor: Predictor, corpus: Corpus) -> Iterator[Row]:
    """Yield the figures on the project's own test split, written and real sentences apart."""
    records = corpus.split("test")
    predictions = predictor.predict(records)
    scored = [(r, p) for r, p in zip(records, predictions, strict=True) if isinstance(p, Prediction)]
    kinds = {"written": lambda r: r.register is not None, "real": lambda r: r.register is None}
    for kind, belongs in kinds.items():
        members = [(r, p) for r, p in scored if belongs(r)]
        for task in predictor.codebook:
            if not members or not _answers_task(predictor, task.name):
                continue
            gold, answers, groups = _task_answers(task, members)
            if not gold:
                continue
            figure, value = (
                ("quadratic kappa", quadratic_kappa) if task.name == "tone" else ("macro-F1", macro_f1)
            )
            yield label_row(
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


def _relation_figures(analyzer: Analyzer, source: str, records: Sequence[Record]) -> Iterator[Row]:
    """Who does something to whom, found in the bare sentence: actors, pairs and acts in one figure.

    A labelled relation is found where the analysis of the sentence reports one between the same codes.
    """
    reported: list[tuple[int, bool]] = []
    labelled: list[tuple[int, bool]] = []
    for n, record in enumerate(records):
        wanted = labelled_relations(record)
        found = {
            (pair.source.code, pair.target.code)
            for sentence in analyzer.analyze(record.text, precedents=0).sentences
            for pair in sentence.pairs
        }
        reported += [(n, pair in wanted) for pair in found]
        labelled += [(n, pair in found) for pair in wanted]
    for figure, answers in (("precision", reported), ("recall", labelled)):
        if answers:
            groups, right = zip(*answers, strict=True)
            yield share_row(source, f"relations found in bare sentences, {figure}", list(right), groups)


def _contrast_figures(predictor: Reader) -> Iterator[Row]:
    for name, contrasts in load_contrasts(predictor.codebook).items():
        passed = [passes(contrast, predictor) for contrast in contrasts]
        yield share_row("contrast", f"{name}, both right", passed, range(len(passed)))


def _swap_figures(analyzer: Analyzer, records: Sequence[Record]) -> Iterator[Row]:
    found = country_swap(analyzer, records)
    yield from changes_rows("country swap", "labels that flip", found.changes, "at most .01")
    moves, sentence_of = np.array(found.changes.all.moves), found.changes.all.sentence_of
    if len(moves):
        yield statistic_row(
            "country swap",
            "mean change of a probability",
            sentence_of,
            lambda rows: float(moves[rows].mean()),
            aim="at most .02",
        )
    if found.states:
        yield Row(
            source="country swap",
            figure="largest pull of a state, in sd",
            n=found.states,
            value=found.largest_z,
            low=None,
            high=None,
            aim="at most 3",
            parts={state: {"value": z} for state, z in found.z.items()},
        )
    figure = "labels of a pair that do not follow when its states change places"
    yield from changes_rows("roles exchanged", figure, roles_exchanged(analyzer, records), "")
