"""Names and values as SQL text."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

Value = None | bool | int | float | str | datetime | date


def identifier(name: str) -> str:
    """A name in double quotes, safe for any characters.

    >>> identifier("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str) -> str:
    """A dotted name, each part quoted.

    >>> qualified("marts.customers")
    '"marts"."customers"'
    """
    return ".".join(identifier(part) for part in name.split("."))


def path_pattern(path: str) -> str:
    """A path for SQL that takes patterns of files, in which its own wildcards mean themselves.

    >>> path_pattern("a[1]*.csv")
    'a[[]1][*].csv'
    """
    return re.sub(r"[*?\[]", r"[\g<0>]", path)


def literal(value: Value) -> str:
    """A value as a typed SQL literal that reads back as the same value.

    A float keeps all digits; a datetime with a zone becomes TIMESTAMPTZ, without one TIMESTAMP.

    >>> literal("it's"), literal(None), literal(1.5)
    ("'it''s'", 'NULL', "'1.5'::DOUBLE")
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value) if value >= 0 else f"({value})"
        case float():
            return f"'{_digits(value)}'::DOUBLE"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
            return f"'{value.isoformat(sep=' ')}'::{kind}"
        case date():
            return f"'{value.isoformat()}'::DATE"


def _digits(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return repr(value)
