"""Chunks of a stream of batches, of so many rows each, read as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def chunks(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[Iterator[pa.RecordBatch]]:
    """Chunks of at most so many rows, each read to its end before the next one is asked for.

    Batches without rows are left out, but for the first: it tells the columns of a table that has
    no rows.
    """
    rest = _Rest(batches)
    while rest.has_more():
        yield rest.take(most)


class _Rest:
    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._next = next(batches, None)
        self._is_first = True

    def has_more(self) -> bool:
        while self._next is not None and not (self._next.num_rows or self._is_first):
            self._next = next(self._batches, None)
        return self._next is not None

    def take(self, most: int) -> Iterator[pa.RecordBatch]:
        while most > 0 and self.has_more() and self._next is not None:
            self._is_first = False
            batch, self._next = self._next.slice(0, most), self._next.slice(most)
            most -= batch.num_rows
            yield batch
