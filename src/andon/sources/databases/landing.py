"""Landing: rows of a database as Parquet in the raw store, the same rows as the same bytes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
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


class Parcel:
    """Rows on their way into one landed file.

    Args:
        stage: gives a new path to write to.
    """

    def __init__(self, store: TableStore, staged: Path) -> None:
        self._store = store
        self._staged = staged
        self._writer: pq.ParquetWriter | None = None
        self.rows = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; the first batch gives the columns."""
        if self._writer is None:
            self._writer = open_writer(self._staged, batch.schema)
        if batch.num_rows:
            self._writer.write_batch(batch, GROUP_ROWS)
            self.rows += batch.num_rows

    def land(self) -> tuple[str, int]:
        """Keep what was written, durable; (SHA-256, length)."""
        assert self._writer is not None, "a parcel without columns"
        self._writer.close()
        return land_file(self._store, self._staged)

    def drop(self) -> None:
        """Give it up. Safe to repeat."""
        if self._writer is not None:
            self._writer.close()
        self._staged.unlink(missing_ok=True)


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer with settings that give the same bytes for the same rows."""
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, store_schema=False
    )


def land_file(store: TableStore, staged: Path) -> tuple[str, int]:
    """Keep the bytes of a staged file and take it away."""
    with staged.open("rb") as stream:
        kept = store.land(stream)
    staged.unlink()
    return kept


def ahead(make: Callable[[], Iterator[T]]) -> Iterator[T]:
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
        items = make()
        try:
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
