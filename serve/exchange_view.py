"""What an exchange of two actors changed, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from ..model.analysis import Dyad, Judgement, PairAnalysis, ToneIndex
from ..model.codebook import Codebook
from . import palette
from .exchange import BothDyads, ChangedPair, ChangedSentence, Ends, Exchange
from .markup import Child, arrow, element, join
from .reader import sentence_link
from .wording import NameOf, counted, signed


def render_exchange(found: Exchange, codebook: Codebook, name_of: NameOf) -> str:
    """Return the verdict, the index before and after, the sentences and the dyads that changed."""
    return str(
        element(
            "div",
            element("p", element("b", _verdict(found)), class_="exchange-verdict"),
            element(
                "p",
                f"{name_of(found.one)} and {name_of(found.other)} traded {counted(found.n_exchanged, 'place')};"
                " people who are named stayed."
                f" Tone of the article: {_index(found.before.tone)} before, {_index(found.after.tone)} after.",
            ),
            _sentences(found.changed or (), codebook, name_of),
            _dyads(found, codebook, name_of),
            element(
                "details",
                element("summary", "The text with the two exchanged"),
                element("p", found.text, class_="exchanged-text"),
            ),
        )
    )


def _verdict(found: Exchange) -> str:
    n_dyads = sum(dyad.is_changed for dyad in found.dyads)
    relations = counted(n_dyads, "relation") + " over the whole article"
    if found.changed is None:
        only = "The text falls into other sentences now, so only the whole can be compared"
        return f"{only}: {relations} changed." if n_dyads else f"{only}; no relation changed."
    sentences = counted(found.n_compared, "sentence")
    if found.changed:
        more = f", and {relations} changed" if n_dyads else ""
        return f"{len(found.changed)} of {sentences} got another label or relation{more}."
    if n_dyads:
        return f"No label changed in {sentences}, but {relations} did."
    return f"No label changed in {sentences}: the reading follows the words."


def _index(index: ToneIndex) -> str:
    return "no index" if index.value is None else f"{signed(index.value)} ({index.label})"


def _sentences(changed: tuple[ChangedSentence, ...], codebook: Codebook, name_of: NameOf) -> Markup | None:
    if not changed:
        return None
    items = (
        element(
            "li",
            sentence_link(sentence.id),
            " ",
            " ".join(sentence.text.split()),
            *(
                _line(f"{task}: ", palette.chip(codebook[task], old), palette.chip(codebook[task], new))
                for task, old, new in _both(sentence)
            ),
            *(_pair(pair, codebook, name_of) for pair in sentence.pairs),
        )
        for sentence in changed
    )
    return element("ol", *items, class_="changed-sentences")


def _both(sentence: ChangedSentence) -> Iterator[tuple[str, Judgement, Judgement]]:
    for task in sentence.before:
        yield task, sentence.before[task], sentence.after[task]


def _line(lead: Child, before: Markup, after: Markup) -> Markup:
    return element(
        "div",
        lead,
        before,
        element("span", " became ", class_="quiet"),
        after,
        class_="chips",
    )


def _pair(pair: ChangedPair, codebook: Codebook, name_of: NameOf) -> Markup:
    now = (pair.after.source.code, pair.after.target.code) if pair.after else pair.ends
    other_ends = join(_ends(now, name_of), ": ") if now != pair.ends else None
    return _line(
        join(_ends(pair.ends, name_of), ": "),
        _of_pair(pair.before, codebook),
        join(other_ends, _of_pair(pair.after, codebook)),
    )


def _ends(ends: Ends, name_of: NameOf) -> Markup:
    source, target = ends
    return arrow(name_of(source), name_of(target))


def _of_pair(pair: PairAnalysis | None, codebook: Codebook) -> Markup:
    if pair is None:
        return element("span", "no relation that is sure enough", class_="quiet")
    return join(palette.chip(codebook["stance"], pair.stance), " ", palette.chip(codebook["act"], pair.act))


def _dyads(found: Exchange, codebook: Codebook, name_of: NameOf) -> Markup | None:
    """The dyads that changed, and those between the two: what one showed the other, the other should show now."""
    two = {found.one, found.other}
    shown = [dyad for dyad in found.dyads if dyad.is_changed or set(dyad.ends) == two]
    if not shown:
        return None
    rows = (
        element(
            "tr",
            element("th", _ends(dyad.ends, name_of), scope="row"),
            element("td", _of_dyad(dyad.before, codebook)),
            element("td", _of_dyad(dyad.after, codebook)),
            element("td", _what_changed(dyad)),
        )
        for dyad in shown
    )
    heads = ("Relation", "As it stands", "With the two exchanged", "Changed")
    table = element(
        "table",
        element("caption", "The same relation before and after: whoever stands in its places then"),
        element("thead", element("tr", *(element("th", words, scope="col") for words in heads))),
        element("tbody", *rows),
        class_="exchanged-dyads",
    )
    rest = len(found.dyads) - len(shown)
    return join(
        element(
            "div",
            table,
            class_="scroll-x",
            tabindex=0,
            role="region",
            aria_label="The same relation before and after",
        ),
        element("p", f"{counted(rest, 'other relation')} kept stance and acts.", class_="quiet")
        if rest
        else None,
    )


def _of_dyad(dyad: Dyad | None, codebook: Codebook) -> Markup:
    if dyad is None:
        return element("span", "none found", class_="quiet")
    stance = codebook["stance"]
    acts = ", ".join(f"{name} × {n}" if n > 1 else name for name, n in dyad.acts.items())
    return join(
        palette.mark(stance, dyad.stance),
        f" {dyad.stance} ",
        element("span", signed(dyad.mean), class_="number"),
        f"; {acts}" if acts else None,
    )


def _what_changed(dyad: BothDyads) -> str:
    if dyad.before is None or dyad.after is None:
        return "found in one reading alone"
    changed = [
        name
        for name, differs in (
            ("stance", dyad.before.stance != dyad.after.stance),
            ("acts", dict(dyad.before.acts) != dict(dyad.after.acts)),
        )
        if differs
    ]
    return " and ".join(changed) or "no"
