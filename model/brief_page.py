"""What all briefs have in common: one HTML page that needs nothing else, to be read, printed or filed.

There is no script on it, and a policy in its head forbids any. Whoever fills the page escapes what enters it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from .codebook import Task

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")

_STYLE = """
body{font:11pt/1.45 Georgia,"Times New Roman",serif;color:#1a1a1a;background:#fff;max-width:46em;margin:2em auto;
padding:0 1em}
h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.15em;margin:1.6em 0 .4em;border-bottom:1px solid #bbb}
.index{font-size:1.9em;margin:.2em 0}.quiet{color:#555;font-size:.9em}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25em .6em .25em 0;
border-bottom:1px solid #ddd}td.number{text-align:right;white-space:nowrap}
blockquote{margin:.3em 0 .3em 1em;padding-left:.7em;border-left:3px solid #bbb}
li,blockquote,tr{break-inside:avoid;overflow-wrap:anywhere}h2{break-after:avoid}
@page{margin:18mm}@media print{body{margin:0;max-width:none;font-size:10pt}}
"""


def page(title: str, parts: Iterable[str], style: str = "") -> str:
    """Return a whole page.

    Args:
        title: Of the window; escaped here.
        parts: The body's HTML, escaped where it holds anything from outside.
        style: Rules beside those of every brief.
    """
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def label(task: Task, name: str | None) -> str:
    """Return a label with its sign in its colour; the name is there too, so the brief prints well in black."""
    if name is None:
        return "unscored"
    found = task[name]
    colour = found.light if _COLOUR.match(found.light) else "#000000"
    return f"<span style='color:{colour}'>{escape(found.mark)}</span>&nbsp;{escape(name)}"


def provenance_table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Return names and values, escaped, as a table."""
    yield "<table><tbody>"
    yield from (f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    yield "</tbody></table>"
