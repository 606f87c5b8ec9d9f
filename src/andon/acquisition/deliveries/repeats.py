"""Records of a delivery that arrived before: their numbers, as text and as spans."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]
"""First and last number, both included."""


def numbers_text(numbers: Iterable[int]) -> str:
    """Numbers of records, from 1, as text; equal sets give equal text.

    >>> numbers_text([7, 1, 2, 3]), numbers_text([])
    ('1-3,7', '')
    """
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in spans)


def spans_of(text: str) -> tuple[Span, ...]:
    """Spans of numbers in a text; see `numbers_text`.

    >>> spans_of("1-3,7")
    ((1, 3), (7, 7))
    """
    found = []
    for word in text.split(",") if text else ():
        low, _, high = word.partition("-")
        found.append((int(low), int(high or low)))
    return tuple(found)


def count_of(text: str) -> int:
    """How many numbers a text holds.

    >>> count_of("1-3,7"), count_of("")
    (4, 0)
    """
    return sum(high - low + 1 for low, high in spans_of(text))
