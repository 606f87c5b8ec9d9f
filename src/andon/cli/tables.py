"""Aligned tables as plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from andon.cli.text import cell, cut, printable, width

T = TypeVar("T")
_GAP = "  "
WIDEST = 60
"""Columns of the widest cell on a terminal; `-v`, csv and json show values in full."""


def table(
    header: Sequence[str],
    body: Sequence[Sequence[object]],
    *,
    widest: int | None = WIDEST,
    indent: str = "",
    right: Sequence[int] = (),
) -> Iterator[str]:
    """Lines of a table: header, rule, rows; numbers stand on the right.

    Args:
        header: names of the columns; no header and no rule are drawn if all are empty.
        body: values; each is written by `cell`, a text as it is.
        widest: longer cells are cut; None cuts nothing.
        indent: put before every line.
        right: columns of text that stand on the right too.
    """
    header = [printable(name) for name in header]
    texts = [[_text(value, widest) for value in row] for row in body]
    widths = [
        max([width(name), *(width(row[index]) for row in texts)])
        for index, name in enumerate(header)
    ]
    on_right = [
        index in right or _is_numeric([row[index] for row in body]) for index in range(len(header))
    ]
    if any(header):
        yield indent + _line(list(header), widths, on_right)
        yield indent + _GAP.join("-" * size for size in widths)
    for row in texts:
        yield indent + _line(row, widths, on_right)


def _text(value: object, widest: int | None) -> str:
    text = cell(value)
    return text if widest is None else cut(text, widest)


def _line(values: list[str], widths: list[int], sides: list[bool]) -> str:
    padded = [
        " " * (size - width(value)) + value if on_right else value + " " * (size - width(value))
        for value, size, on_right in zip(values, widths, sides, strict=True)
    ]
    return _GAP.join(padded).rstrip()


def _is_numeric(values: Sequence[object]) -> bool:
    """Whether a column holds numbers (Decimal included, without importing it) and nothing else."""
    known = [value for value in values if value is not None]
    return bool(known) and all(
        hasattr(value, "__trunc__") and not isinstance(value, bool) for value in known
    )


def shortened(items: Sequence[T], most: int, *, whole: bool) -> tuple[Sequence[T], str]:
    """The first `most` items, and the closing line ``12 more, -v`` ("" if nothing is left out)."""
    if whole or len(items) <= most:
        return items, ""
    return items[:most], f"{len(items) - most:,} more, -v"
