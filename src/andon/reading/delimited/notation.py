"""Numbers and dates as a file writes them, as SQL that writes them the usual way."""

from __future__ import annotations

from andon.reading.quoting import literal
from andon.spec.source import CsvDialect

_HOURS = ("%H", "%I", "%-H", "%-I")


def usual(column: str, dialect: CsvDialect) -> str:
    """A text, or what it is in the usual way of writing numbers and dates if it is one as declared.

    What is a number only in the usual way is none where another is declared: ``1.5`` may be
    fifteen hundred or one and a half, so it is kept from being either.
    """
    cases = []
    if dialect.decimal:
        point, group = (r"\.", ",") if dialect.decimal == "." else (",", r"\.")
        number = (
            rf"[+-]?([0-9]{{1,3}}({group}[0-9]{{3}})+|[0-9]+)({point}[0-9]*)?([eE][+-]?[0-9]+)?"
        )
        bare = f"replace({column}, {literal(group[-1])}, '')"
        cases.append(
            f"when regexp_full_match({column}, {literal(number)}) "
            f"then replace({bare}, {literal(dialect.decimal)}, '.')"
        )
        if dialect.decimal != ".":
            cases.append(f"when try_cast({column} as double) is not null then '=' || {column}")
    for pattern in dialect.dates:
        kind = "timestamp" if any(hour in pattern for hour in _HOURS) else "date"
        moment = f"try_strptime({column}, {literal(pattern)})"
        cases.append(f"when {moment} is not null then cast(cast({moment} as {kind}) as varchar)")
    return f"(case {' '.join(cases)} else {column} end)" if cases else column
