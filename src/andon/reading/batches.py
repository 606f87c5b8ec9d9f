"""Files that one statement reads together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(files: Iterable[T], shape: Callable[[T], Hashable], most: int) -> Iterator[list[T]]:
    """Files of one shape, at most so many at once; shapes in order of their first file.

    >>> list(batches([1, 2, 3, 5], lambda n: n % 2, most=2))
    [[1, 3], [5], [2]]
    """
    shaped: dict[Hashable, list[T]] = {}
    for file in files:
        shaped.setdefault(shape(file), []).append(file)
    for same in shaped.values():
        for start in range(0, len(same), most):
            yield same[start : start + most]
