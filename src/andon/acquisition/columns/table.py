"""Columns of a raw table from the facts of all its deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from andon.acquisition.columns.evidence import Seen, text_type
from andon.acquisition.columns.facts import Facts
from andon.acquisition.columns.shape import grown
from andon.acquisition.columns.types import least_common, settle
from andon.schema import Column

ORIGIN_COLUMNS = (Column(name="_file", type="VARCHAR"), Column(name="_row", type="BIGINT"))
"""What every raw row carries: the origin path and the record's number in that file, from 1."""


def columns_of(
    facts: Sequence[Facts],
    declared: Iterable[tuple[str, str]],
    *,
    first: Sequence[str] = (),
    only: frozenset[str] | None = None,
) -> tuple[Column, ...]:
    """Union of the columns by name, without case, in the order of files by path.

    Declared types win; fields that are found within one are added to it, unless only some names are
    taken in. A column that a file does not have is null in its rows. A column without
    a value in any file is VARCHAR.

    Args:
        first: columns that there are in any case, before all others.
        only: names, in lower case, that are taken in; None is all.
    """
    wanted = {name.casefold(): kind for name, kind in declared}
    names: dict[str, str] = {name.casefold(): name for name in first}
    seen: dict[str, Seen] = {}
    types: dict[str, set[str]] = {}
    # Of many files most have the same columns with the same evidence, which adds nothing.
    for found in dict.fromkeys(one.columns for one in facts):
        for name, evidence in found:
            folded = name.casefold()
            if only is not None and folded not in only:
                continue
            names.setdefault(folded, name)
            if isinstance(evidence, int):
                seen[folded] = seen.get(folded, Seen.NOTHING) | Seen(evidence)
            else:
                types.setdefault(folded, set()).update(evidence)
    columns = []
    for folded, name in names.items():
        if folded in wanted:
            is_open = only is None and folded in types
            kind = grown(wanted[folded], least_common(types[folded])) if is_open else wanted[folded]
        elif folded in types:
            texts = {text_type(seen[folded])} if seen.get(folded) else set()
            kind = settle(least_common(types[folded] | texts))
        else:
            kind = text_type(seen.get(folded, Seen.NOTHING))
        columns.append(Column(name=name, type=kind))
    return tuple(columns)
