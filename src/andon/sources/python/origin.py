"""Python functions as an origin: what they yield is kept piece by piece."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from andon.acquisition.cursors import sequence
from andon.acquisition.cursors.position import decode
from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import Delivery
from andon.errors import AndonError, Problem, TaskFailed, Where
from andon.ports.origin import Batch
from andon.ports.python_runner import KnownPart, Piece, PythonRunner, SourceTask
from andon.ports.table_store import TableStore
from andon.sources.secrets import Secrets
from andon.spec.format import format_of
from andon.spec.origin import PythonOrigin
from andon.spec.source import SourceTable


class PythonFunctions:
    """Implements the port `Origin` for functions in files of the project.

    Args:
        root: folder of the project.
        store: keeps what they yield.
        runner: calls them, in processes of their own.
        timeout_s: longest wait for the next piece where a source names none.
    """

    def __init__(
        self,
        root: Path,
        store: TableStore,
        runner: Callable[[], PythonRunner],
        timeout_s: float,
    ) -> None:
        self._root = root
        self._store = store
        self._runner = runner
        self._timeout_s = timeout_s

    def look(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        last_run: datetime | None,  # noqa: ARG002  (only calling it tells)
    ) -> Arrivals:
        """Only calling the function tells."""
        origin = _origin(table)
        asks = f"calls `{origin.function}` in {origin.path}"
        if origin.cursor:
            start = decode(sequence.position(known)).next_from(is_ordered=origin.is_ordered)
            asks += f" from {origin.cursor} {start}" if start is not None else ""
        return Arrivals(table=table.name, is_open=True, asks=asks)

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,  # noqa: ARG002  (they are open)
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Keep what the function yields, piece by piece; see the port.

        Where all is read each time, the pieces are one batch at the end, and none if they are what
        there was before.

        Raises:
            TaskFailed: (PYA..., SRC...) the function or what it yields is at fault; (SRC064) a table
                without a row and without columns.
        """
        with self._told(table) as secrets, self._folder(run_id) as folder:
            task = self._task(table, known, secrets, folder, most_rows)
            pieces = self._runner().stream(task)
            with closing(cast("Generator[Piece]", pieces)):
                deliveries = self._deliveries(table, known, pieces, run_id, now)
                if _origin(table).mode != "full":
                    yield from (Batch(deliveries=(delivery,)) for delivery in deliveries)
                    return
                found = sequence.with_known(deliveries, known)
            before = [d.content for d in sorted(known, key=lambda d: d.number)]
            if [delivery.content for delivery in found] != before:
                yield Batch(deliveries=found, is_whole=True)

    def restore(self, table: SourceTable, load: Load) -> bool:  # noqa: ARG002
        """A function does not yield the same bytes again."""
        return False

    def close(self) -> None:
        """Nothing is held open: a function ends with its pieces."""

    def _deliveries(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        pieces: Iterator[Piece],
        run_id: str,
        now: datetime,
    ) -> Iterator[Delivery]:
        """Records of landed pieces; at the end the last one again, if its position has changed."""
        if _origin(table).mode == "full":
            known = ()
        number = sequence.next_number(known)
        last = max(known, key=lambda d: d.number, default=None)
        for piece in pieces:
            if piece.path is None:
                if last is None:
                    raise TaskFailed(_nothing(table))
                if piece.position and _is_further(last.position, piece.position):
                    yield replace(last, position=piece.position)
                return
            with piece.path.open("rb") as stream:
                kept = self._store.land(stream)
            piece.path.unlink()
            last = sequence.part(
                table,
                f"{table.name}.{piece.form}",
                number,
                kept,
                run_id,
                now,
                position=piece.position,
            )
            number += 1
            yield last

    def _task(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        secrets: Secrets,
        folder: Path,
        most_rows: int | None,
    ) -> SourceTask:
        origin = _origin(table)
        parts = () if origin.mode == "full" else sorted(known, key=lambda d: d.number)
        return SourceTask(
            asset=table.name,
            root=self._root,
            store_root=self._store.root,
            path=origin.path,
            function=origin.function,
            resource=origin.resource,
            settings=secrets.plain(origin.settings),
            takes_cursor=origin.takes_cursor,
            mode=origin.mode,
            cursor=origin.cursor,
            is_ordered=origin.is_ordered,
            key=table.key,
            position=sequence.position(known),
            known=tuple(
                KnownPart(
                    path=self._store.raw(part.content),
                    form="parquet" if format_of(part.path) == "parquet" else "jsonl",
                    position=part.position,
                )
                for part in parts
            ),
            folder=folder,
            most_rows=most_rows,
            memory_bytes=origin.memory_bytes,
            timeout_s=origin.timeout_s or self._timeout_s,
        )

    @contextmanager
    def _folder(self, run_id: str) -> Iterator[Path]:
        """A folder for pieces, which a crash leaves to the sweep of staging folders."""
        from shutil import rmtree

        folder = self._store.stage(run_id, f"pieces-{os.urandom(8).hex()}")
        folder.mkdir()
        try:
            yield folder
        finally:
            rmtree(folder, ignore_errors=True)

    @contextmanager
    def _told(self, table: SourceTable) -> Iterator[Secrets]:
        """Errors without the secrets that were handed to the function."""
        secrets = Secrets(self._root)
        try:
            yield secrets
        except AndonError as failure:
            scrub = secrets.scrub
            where = table.where
            problems = (
                replace(
                    p,
                    what=scrub(p.what),
                    why=scrub(p.why),
                    where=p.where or where,
                )
                for p in failure.problems
            )
            raise type(failure)(*problems) from None


def _is_further(before: str, now: str) -> bool:
    """Whether the end of a reading tells more than its last piece did."""
    known, ended = decode(before), decode(now)
    return (known.is_done, known.value, known.state) != (ended.is_done, ended.value, ended.state)


def _origin(table: SourceTable) -> PythonOrigin:
    assert isinstance(table.origin, PythonOrigin)
    return table.origin


def _nothing(table: SourceTable) -> Problem:
    origin = _origin(table)
    return Problem(
        code="SRC064",
        what=f"`{origin.function}` yielded no row for `{table.name}`",
        why="a table without a single row has no columns; what was there before stays",
        fix="look whether it asks for the right thing; where no rows are right, yield a table with "
        "columns and no rows",
        where=Where(path=origin.path),
    )
