"""Query of the rows of loads: each part of a sequence by itself, without what counts elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from andon.acquisition.deliveries import repeats
from andon.acquisition.deliveries.choose import Load
from andon.reading.quoting import literal


def rows_of(loads: Sequence[Load], select: Callable[[Sequence[Load]], str]) -> str:
    """Query of all rows of loads; "" if there are none.

    Rows know their origin by the bytes they lie in, so equal parts are not read in one query.

    Args:
        select: query of the good rows of loads whose bytes differ, "" if there are none.
    """
    selected = (select(some) for some in _each_content_once(loads))
    return without_repeats("\nunion all\n".join(one for one in selected if one), loads)


def without_repeats(query: str, loads: Sequence[Load]) -> str:
    """The rows of a query without those of records that arrived before or that repairs replace; "" stays ""."""
    spans = [
        f"({literal(load.path)}, {low}, {high})"
        for load in loads
        for low, high in repeats.spans_of(load.left_out)
    ]
    if not query or not spans:
        return query
    return (
        f"select * from ({query}) r where not exists (from (values {', '.join(spans)}) "
        "s(origin, low, high) where s.origin = r._file and r._row between s.low and s.high)"
    )


def without_repaired(query: str, load: Load, *, has_rows: bool) -> str:
    """Set-aside records of one load without those that a repair replaces."""
    tests = [f"_line between {low} and {high}" for low, high in repeats.spans_of(load.lines)]
    if has_rows:
        tests += [f"_row between {low} and {high}" for low, high in repeats.spans_of(load.rows)]
    if not tests:
        return query
    return f"select * from ({query}) where not coalesce({' or '.join(tests)}, false)"


def _each_content_once(loads: Sequence[Load]) -> Iterator[list[Load]]:
    """Loads parted so that no bytes come twice in one part; mostly there is one part."""
    left = list(loads)
    while left:
        first = {load.content: load for load in reversed(left)}
        taken = [load for load in left if first[load.content] is load]
        yield taken
        left = [load for load in left if first[load.content] is not load]
