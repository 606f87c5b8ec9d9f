"""Names, texts and paths in generated SQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from andon.sql.quote import identifier as identifier
from andon.sql.quote import literal as literal
from andon.sql.quote import path_pattern


def texts(values: Iterable[str]) -> str:
    """A list of texts."""
    return "[" + ", ".join(literal(value) for value in values) + "]"


def files(paths: Iterable[str | Path]) -> str:
    """A list of file paths in which wildcards stand for themselves."""
    return texts(path_pattern(str(path)) for path in paths)
