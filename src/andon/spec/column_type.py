"""Types of columns as they may be declared."""

from __future__ import annotations

import re
from collections.abc import Iterator

SIMPLE = frozenset(
    """
    BOOLEAN BOOL LOGICAL TINYINT SMALLINT INTEGER INT BIGINT HUGEINT UTINYINT USMALLINT UINTEGER
    UBIGINT UHUGEINT INT1 INT2 INT4 INT8 INT16 INT32 INT64 SHORT LONG SIGNED FLOAT REAL FLOAT4
    FLOAT8 DOUBLE DECIMAL NUMERIC DEC BIGNUM VARINT VARCHAR CHAR BPCHAR TEXT STRING BLOB BYTEA
    BINARY VARBINARY BIT BITSTRING DATE TIME TIMETZ TIME_NS TIMESTAMP DATETIME TIMESTAMPTZ
    TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_US TIMESTAMP_NS INTERVAL UUID GUID JSON GEOMETRY
    """.split()
)
NESTED = frozenset({"STRUCT", "MAP", "UNION", "ENUM", "ROW", "LIST"})

_TYPE = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    (?P<more>\s+with(?:out)?\s+time\s+zone|\s+precision|\s+varying)?
    (?P<arguments>\s*\([^;]*\))?
    (?:\s*\[\d*\])*\s*\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN_ARGUMENTS = re.compile(r"\s*\(\s*\d+\s*(,\s*\d+\s*)?\)\Z")
_NESTED_ARGUMENTS = re.compile(r"[\w\s(),\[\]\"']*\Z")

_SIGN = re.compile(r"""\"[^"]*\"|'[^']*'|(?P<sign>[(),\[\]"'])""")


def base_of(text: str) -> str | None:
    """Upper-case name of the type a declaration begins with, or None if it is none.

    >>> base_of("decimal(18, 2)"), base_of("varchar[]"), base_of("1x")
    ('DECIMAL', 'VARCHAR', None)
    """
    found = _TYPE.match(text.strip())
    return found["name"].upper() if found else None


def is_column_type(text: str) -> bool:
    """Whether `text` can be a type; the engine has the last word on nested ones.

    Nothing that passes can end a SQL expression, so it is safe to build a cast from.

    >>> is_column_type("DECIMAL(18,2)"), is_column_type("STRUCT(a INTEGER)[]"), is_column_type("INTEGR")
    (True, True, False)
    """
    found = _TYPE.match(text.strip())
    if found is None:
        return False
    name, arguments = found["name"].upper(), found["arguments"]
    if name in SIMPLE:
        return arguments is None or _PLAIN_ARGUMENTS.match(arguments) is not None
    if name not in NESTED or arguments is None or _NESTED_ARGUMENTS.match(arguments) is None:
        return False
    return _is_balanced(arguments)


def signs(text: str) -> Iterator[tuple[int, str, int]]:
    """Brackets and commas outside of quotes, and a quote that is never closed: each with its place
    and how deep in brackets the text is behind it.

    >>> [(sign, depth) for _, sign, depth in signs('a(b, "c,")')]
    [('(', 1), (',', 1), (')', 0)]
    """
    depth = 0
    for found in _SIGN.finditer(text):
        sign = found["sign"]
        if sign:
            depth += (sign in "([") - (sign in ")]")
            yield found.start(), sign, depth


def _is_balanced(text: str) -> bool:
    depth = 0
    for place, sign, depth in signs(text):
        ends_early = sign in ")]" and depth == 0 and place < len(text) - 1
        if depth < 0 or ends_early or sign in "\"'":
            return False
    return depth == 0
