"""Landing: rows of a database as Parquet in the raw store, the same rows as the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING, Any, TypeVar

from andon.ports.table_store import TableStore

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

T = TypeVar("T")

GROUP_ROWS = 122_880
"""Rows of a row group: what the embedded engine reads by one thread."""

_AHEAD = 2
_SAMPLE = 10_000
_WHOLE_DIGITS = 18


class Parcel:
    """Rows on their way into one landed file.

    Args:
        staged: a path to write to.
    """

    def __init__(self, store: TableStore, staged: Path) -> None:
        self._store = store
        self._staged = staged
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; the first batch gives the columns."""
        if self._writer is None:
            self._writer = open_writer(self._staged, batch)
        if batch.num_rows:
            self._writer.write_batch(batch, GROUP_ROWS)
            self.rows += batch.num_rows

    def close(self) -> None:
        """End writing, so that the staged file can be read."""
        assert self._writer is not None, "a parcel without columns"
        self._writer.close()

    def land(self) -> tuple[str, int]:
        """Keep what was written, durable; (SHA-256, length)."""
        self.close()
        return land_file(self._store, self._staged)

    def drop(self) -> None:
        """Give it up. Safe to repeat."""
        if self._writer is not None:
            self._writer.close()
        self._staged.unlink(missing_ok=True)


def open_writer(path: Path, first: pa.RecordBatch) -> pq.ParquetWriter:
    """A writer with settings that give the same bytes for the same rows.

    Numbers and moments are written by their differences and texts that repeat by number: that is
    quicker to write and to read than the writer's own choice, and half as large.

    Args:
        first: rows by which repeating texts are told.
    """
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        path,
        first.schema,
        compression="zstd",
        compression_level=1,
        store_schema=False,
        store_decimal_as_integer=True,
        use_dictionary=[name for name in first.schema.names if _repeats(first, name)],
        column_encoding={
            field.name: "DELTA_BINARY_PACKED" for field in first.schema if _is_whole(field.type)
        },
    )


def _is_whole(kind: pa.DataType) -> bool:
    """Whether values are stored as whole numbers."""
    from pyarrow import types

    return bool(
        types.is_integer(kind)
        or types.is_timestamp(kind)
        or types.is_date32(kind)
        or types.is_time(kind)
        or (types.is_decimal128(kind) and kind.precision <= _WHOLE_DIGITS)
    )


def _repeats(first: pa.RecordBatch, name: str) -> bool:
    """Whether a column holds texts of which there are few different ones; nested ones always."""
    import pyarrow.compute as pc
    from pyarrow import types

    column = first.column(name)
    if types.is_nested(column.type):
        return True
    if not (types.is_string(column.type) or types.is_binary(column.type)):
        return False
    sample = column.slice(0, _SAMPLE)
    return int(pc.count_distinct(sample).as_py()) * 5 <= len(sample)


def land_file(store: TableStore, staged: Path) -> tuple[str, int]:
    """Keep the bytes of a staged file and take it away."""
    with staged.open("rb") as stream:
        kept = store.land(stream)
    staged.unlink()
    return kept


def ahead(make: Callable[[], Generator[T]]) -> Generator[T]:
    """Items of an iterator that another thread runs a little ahead of its reader.

    Whatever it raises comes out here; it ends when the reader does.
    """
    queue: Queue[tuple[str, Any]] = Queue(_AHEAD)
    stop = threading.Event()

    def put(item: tuple[str, Any]) -> bool:
        while not stop.is_set():
            try:
                queue.put(item, timeout=0.1)
            except Full:
                continue
            return True
        return False

    def run() -> None:
        try:
            with closing(make()) as items:
                for item in items:
                    if not put(("item", item)):
                        return
        except BaseException as error:  # noqa: BLE001  (it is raised where the items are read)
            put(("error", error))
        else:
            put(("end", None))

    thread = threading.Thread(target=run, name="andon-ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                word, item = queue.get(timeout=1)
            except Empty:
                continue
            if word == "end":
                return
            if word == "error":
                raise item
            yield item
    finally:
        stop.set()
        thread.join()
