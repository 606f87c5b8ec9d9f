"""Words of SQL that somebody took for the name of a column."""

from __future__ import annotations

import re
from typing import Final

from andon.errors import Where

RESERVED: Final = frozenset(
    """
    analyse analyze anti any array asof asymmetric at authorization binary both cast check collate
    collation column columns concurrently constraint create cross default deferrable desc describe do
    end false fetch for foreign freeze full generated glob group initially inner into isnull lambda
    lateral leading left map natural notnull null only order outer overlaps pivot placing positional
    primary qualify references returning right semi show similar some summarize symmetric table
    tablesample to trailing true try_cast unique unpack unpivot variadic verbose window
    """.split()
)
"""Words that DuckDB takes for no column, but those of which a query mostly consists (`from`, `and`)."""

_BEFORE: Final = re.compile(r"(?<![\w.\"$])([A-Za-z_]+)\s*\Z")
_AT: Final = re.compile(r"[A-Za-z_]+\b")


def misread(query: str, place: Where | None) -> str:
    """The reserved word at which, or right behind which, a query is not understood; else empty."""
    if place is None or place.line is None or place.column is None:
        return ""
    lines = query.split("\n")
    line = lines[place.line - 1]
    before = "\n".join([*lines[: place.line - 1], line[: place.column - 1]])
    for found in (_BEFORE.search(before), _AT.match(line, place.column - 1)):
        word = found[found.lastindex or 0] if found else ""
        if word.lower() in RESERVED:
            return word
    return ""
