"""Names and literals in generated SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path


def identifier(name: str) -> str:
    """A quoted name.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted text.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of texts."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def files(paths: Iterable[str | Path]) -> str:
    """A list of file paths in which wildcards stand for themselves."""
    return texts(re.sub(r"[*?\[]", r"[\g<0>]", str(path)) for path in paths)
