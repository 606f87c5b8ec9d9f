"""What a source's function yields, as pieces on disk; runs in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from andon.acquisition.cursors.position import Value, decode, encode, value_at
from andon.engines.duckdb.engine import DuckDBEngine
from andon.engines.duckdb.frames import is_bare, is_table
from andon.errors import Problem, TaskFailed, Where
from andon.ports.python_runner import KnownPart, Piece, SourceTask
from andon.reading.quoting import files, identifier
from andon.schema import Schema
from andon.sources.python.lines import NotJson, line_of
from andon.sources.python.progress import Progress

State = dict[str, Any]
MOST_ROWS = 10_000
MOST_BYTES = 8 << 20
LONGEST_S = 5.0
"""Rows yielded one by one are written together, up to so many, so large, or so old."""


class Stream:
    """Pieces of one reading.

    Args:
        engine: reads and writes data frames.
        state: what a dlt resource keeps now; None for other functions.
    """

    def __init__(
        self,
        task: SourceTask,
        engine: Callable[[], DuckDBEngine],
        state: Callable[[], State | None] = lambda: None,
    ) -> None:
        self._task = task
        self._engine = engine
        self._state = state
        self.progress = Progress(task, self._read_columns)
        self._form: Literal["jsonl", "parquet"] | None = next((k.form for k in task.known), None)
        self._lines: list[bytes] = []
        self._size = 0
        self._began = 0.0
        self._count = 0
        self._number = 0

    def pieces(self, items: Iterator[object]) -> Iterator[Piece]:
        """Pieces, then the last position. An item is asked for when the piece before was taken.

        Raises:
            TaskFailed: what the function raised, after what it yielded before.
        """
        try:
            for item in items:
                yield from self._take(item)
                if self._task.most_rows is not None and self._rows >= self._task.most_rows:
                    break
        except TaskFailed:
            if self._task.mode != "full":
                yield from self._flush()
            raise
        yield from self._flush()
        yield Piece(path=None, position=self._text(self.progress.end(self._state())))

    def _begun(self) -> State | None:
        """State that pieces carry: until the end of a reading dlt goes on from its beginning."""
        return None if self._state() is None else begun_with(self._task) or {}

    @property
    def _rows(self) -> int:
        return self._count + len(self._lines)

    def _take(self, item: object) -> Iterator[Piece]:
        if item is None:
            return
        if isinstance(item, Mapping):
            self._add(item)
            is_old = self._task.mode != "full" and time.monotonic() - self._began > LONGEST_S
            if is_old or self._is_full():
                yield from self._flush()
        elif is_table(item):
            yield from self._flush()
            if not is_bare(item):
                yield from self._write(item)
        elif isinstance(item, list | tuple):
            yield from self._take_list(item)
        else:
            raise self._refused(
                f"a value of type `{type(item).__name__}`", "yield dicts, lists of dicts or tables"
            )

    def _take_list(self, items: Sequence[object]) -> Iterator[Piece]:
        """A list is kept before the function goes on."""
        for item in items:
            if isinstance(item, Mapping):
                self._add(item)
                if self._is_full():
                    yield from self._flush()
            else:
                yield from self._take(item)
        if self._task.mode != "full":
            yield from self._flush()

    def _add(self, row: Mapping[str, Any]) -> None:
        self._is_of("jsonl")
        cursor = self._task.cursor
        try:
            line = line_of(row)
        except NotJson as error:
            raise self._refused(str(error), "turn it into text, a number or a table") from None
        if cursor:
            if not self.progress.admit(value_at(row, cursor), row):
                return
        elif self._state() is not None and self.progress.is_again(row):
            return
        if not self._lines:
            self._began = time.monotonic()
        self._lines.append(line)
        self._size += len(line) + 1

    def _is_full(self) -> bool:
        return len(self._lines) >= MOST_ROWS or self._size >= MOST_BYTES

    def _flush(self) -> Iterator[Piece]:
        if not self._lines:
            return
        path = self._place("jsonl")
        path.write_bytes(b"\n".join(self._lines) + b"\n")
        rows = len(self._lines)
        self._lines, self._size = [], 0
        yield self._piece(path, rows)

    def _write(self, table: object) -> Iterator[Piece]:
        """A data frame as Parquet; one without rows counts where all is read, for its columns."""
        self._is_of("parquet")
        path = self._place("parquet")
        _, written = self._engine().write_table(table, (), path)
        rows = written.rows
        if rows and self._task.cursor:
            path, rows = self._without_repeats(path, rows)
        elif rows and self._state() is not None:
            path, rows = self._without_again(path, rows)
        if rows or self._task.mode == "full":
            yield self._piece(path, rows)

    def _without_repeats(self, path: Path, rows: int) -> tuple[Path, int]:
        """The file without rows that came before, and how many are left."""
        engine, progress = self._engine(), self.progress
        source, cursor = f"read_parquet({files([path])})", self._task.cursor
        schema = engine.describe(f"select * from {source}", {})
        column = _comparable(schema, cursor)
        if column is None:
            progress.judged(None)
        query = f"select count({column}), min({column}), max({column}) from {source}"
        ((count, low, high),) = engine.rows(query)
        if count < rows:
            progress.judged(None)
        low, high = progress.judged(low), progress.judged(high)
        if not progress.may_repeat(low):
            progress.note(low, high)
            return path, rows
        query = f"select file_row_number, {column}, * from {source} where {column} <= $top"
        suspects = engine.rows(query, {"top": progress.start.value})  # type: ignore[dict-item]  # the engine binds these too
        gone = [
            str(number)
            for number, value, *values in suspects
            if not progress.admit(value, dict(zip(schema.names, values, strict=True)))
        ]
        if len(gone) == rows:
            return path, 0
        progress.note(high, high)
        return self._left(path, rows, gone)

    def _without_again(self, path: Path, rows: int) -> tuple[Path, int]:
        """The same where there is a state and no cursor."""
        source = f"read_parquet({files([path])})"
        schema = self._engine().describe(f"select * from {source}", {})
        if not self.progress.has_unfinished:
            return path, rows
        gone = [
            str(number)
            for number, *values in self._engine().rows(f"select file_row_number, * from {source}")
            if self.progress.is_again(dict(zip(schema.names, values, strict=True)))
        ]
        return self._left(path, rows, gone)

    def _left(self, path: Path, rows: int, gone: Sequence[str]) -> tuple[Path, int]:
        """The file without the rows of these numbers."""
        if not gone:
            return path, rows
        source, kept = f"read_parquet({files([path])})", self._place("parquet")
        query = f"select * from {source} where file_row_number not in ({', '.join(gone)})"
        schema = self._engine().describe(query, {})
        left = self._engine().write(query, {}, schema, kept).rows
        path.unlink()
        return kept, left

    def _read_columns(
        self, part: KnownPart, cursor: str, low: Value | None
    ) -> Iterator[Mapping[str, Any]]:
        engine, source = self._engine(), f"read_parquet({files([part.path])})"
        schema = engine.describe(f"select * from {source}", {})
        column = _comparable(schema, cursor)
        if column is None:
            return
        query = f"select * from {source}" + (f" where {column} >= $low" if low is not None else "")
        for values in engine.rows(query, {} if low is None else {"low": low}):  # type: ignore[dict-item]  # the engine binds these too
            yield dict(zip(schema.names, values, strict=True))

    def _place(self, form: str) -> Path:
        self._number += 1
        return self._task.folder / f"{self._number}.{form}"

    def _piece(self, path: Path, rows: int) -> Piece:
        assert self._form is not None
        self._count += rows
        position = self._text(self.progress.close_piece(self._begun()))
        return Piece(path=path, form=self._form, rows=rows, position=position)

    def _text(self, position: Any) -> str:
        has_position = bool(self._task.cursor) or position.state is not None
        return encode(position) if has_position else ""

    def _is_of(self, form: Literal["jsonl", "parquet"]) -> None:
        """Refuse tables beside dicts, which have no types in common."""
        if self._form is not None and self._form != form:
            words = {"jsonl": "dicts", "parquet": "tables"}
            raise self._refused(
                f"{words[form]} beside {words[self._form]}",
                f"yield {words[self._form]} only; or change `system` of the source, which reads "
                "everything anew",
            )
        self._form = form

    def _refused(self, what: str, fix: str) -> TaskFailed:
        return TaskFailed(
            Problem(
                code="SRC063",
                what=f"`{self._task.function}` yielded {what}",
                why="rows are kept exactly as they were yielded, or not at all",
                fix=fix,
                where=Where(path=self._task.path),
            )
        )


def begun_with(task: SourceTask) -> State | None:
    """State of a dlt resource that the reading begins with."""
    return decode(task.position).state or None


def _comparable(schema: Schema, name: str) -> str | None:
    """A column as the values that Python has of it; times have microseconds there."""
    kind = next((column.type for column in schema.columns if column.name == name), None)
    if kind is None:
        return None
    column = identifier(name)
    return f"cast({column} as TIMESTAMP)" if kind.startswith("TIMESTAMP_") else column
