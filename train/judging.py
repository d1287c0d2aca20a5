"""Judge a candidate as the command line and a retraining do: on what there is to judge by, written beside its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from ..model.analyzer import load
from ..model.errors import ConfigError
from ..model.record_files import read_records
from ..model.release import Release
from .corpus import project_corpus
from .rescore import as_text as difference_as_text
from .rescore import difference
from .verdict import Verdict, judge
from .verdict_file import write_verdict
from .verdict_text import as_text


def judge_and_write(
    candidate: Release,
    current: Release,
    gates: Mapping[str, float],
    *,
    held_out: Path | None = None,
    sentences: Path | None = None,
    mirror: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Return the verdict on a candidate, told in words and written beside its files.

    Args:
        candidate: What might be promoted.
        current: What is in use.
        gates: See `gates`.
        held_out: File of corrections that the candidate was not trained on.
        sentences: File of records analysed before, to see which change.
        mirror: Folder with the texts of the real sentences; None does without them.
        tell: Is given the verdict in words, before anything is written.

    Raises:
        RecordError: A file is faulty.
        ConfigError: The verdict cannot be written.
    """
    codebook = candidate.codebook
    corrections = read_records(held_out, codebook) if held_out else ()
    analysed = read_records(sentences, codebook, keep_unknown=True) if sentences else ()
    new, old = load(candidate.folder), load(current.folder)
    verdict = judge(new, old, project_corpus(codebook, mirror=mirror), corrections, gates)
    text, figures = as_text(verdict), verdict.as_dict()
    if sentences:
        found = difference(new, old, analysed)
        text += f"\n\n{difference_as_text(found)}"
        figures["difference"] = asdict(found)
    tell(text)
    try:
        write_verdict(candidate.folder, figures, text)
    except OSError as error:
        raise ConfigError(
            f"{candidate.folder}: the verdict cannot be written: {error.strerror}; make room, or copy it from here"
        ) from error
    return verdict
