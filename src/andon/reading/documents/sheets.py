"""Spreadsheets (.xlsx): the one file that imports python-calamine."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from andon.acquisition.deliveries.choose import Load
from andon.errors import Problem, TaskFailed
from andon.names import did_you_mean
from andon.reading.delimited.dialect import names_of
from andon.reading.delimited.header import is_header_like, is_narrow
from andon.reading.documents.clean import CleanLines, Columns
from andon.reading.stored.archives import check_expanded
from andon.reading.stored.codecs import damaged, missing_library, most_expanded
from andon.reading.stored.readable import ReadableFiles
from andon.spec.source import SourceTable

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_MOST_BEFORE = 50
_EXACT = 1 << 53

Row = list[Any]


class Sheets:
    """Reads one sheet per file; implements `Convert`."""

    def __init__(self, table: SourceTable, readable: ReadableFiles) -> None:
        self._table = table
        self._readable = readable
        self._nulls = frozenset(table.dialect.nulls or ()) | {""}

    def __call__(self, load: Load, out: CleanLines) -> Columns:
        """Write the rows of the sheet; cells keep their types.

        Raises:
            TaskFailed: (SRC003) it is no spreadsheet; (SRC013) it becomes too large; (SRC018) the
                library is missing; (SRC030) there is no such sheet.
        """
        rows = [(at, row) for at, row in enumerate(self._rows(load, out), start=1) if _filled(row)]
        if not rows:
            return ()
        place = self._header_place([row for _, row in rows])
        width = max(len(row) for _, row in rows)
        for at, row in rows[:place]:
            out.beside(_text(row), at, "before the header")
        header = [_cell_text(v) for v in rows[place][1]] + [""] * (width - len(rows[place][1]))
        has_header = self._table.dialect.header is not False
        body = rows[place + has_header :]
        foot = self._foot(body, width)
        columns = [at for at in range(width) if header[at] or _is_used(body, at)]
        names = names_of(
            [header[at] for at in columns],
            self._table.dialect,
            declared=self._table.columns,
            origin=load.path,
        )
        seen: list[set[str]] = [set() for _ in columns]
        for at, row in body[: len(body) - foot]:
            values = [row[place] if place < len(row) else "" for place in columns]
            if has_header and [_cell_text(v) for v in values] == [header[c] for c in columns]:
                out.beside(_text(row), at, "the header again")
                continue
            out.put(self._document(names, values, seen), at)
        for at, row in body[len(body) - foot :]:
            out.beside(_text(row), at, "after the data")
        return tuple((name, tuple(sorted(s))) for name, s in zip(names, seen, strict=True))

    def _rows(self, load: Load, out: CleanLines) -> list[Row]:
        path = self._readable.raw(load)
        check_expanded(path, load.path, most_expanded(path, self._table.expand_limit))
        book = _opened(path, load.path)
        wanted = self._table.sheet
        if wanted and wanted not in book.sheet_names:
            raise _no_sheet(load.path, wanted, book.sheet_names)
        found: list[Row] = []
        others: list[str] = []
        for name in [wanted] if wanted else book.sheet_names:
            with _told(load.path, f"its sheet `{name}` cannot be read"):
                rows: list[Row] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if found and rows:
                others.append(f"`{name}`")
            found = found or rows
        if others:
            out.notes.append(f"the first sheet is read; it has others: {', '.join(others)}")
        return found

    def _header_place(self, rows: Sequence[Row]) -> int:
        """The first row above the table that names its columns; 0 if in doubt."""
        if self._table.dialect.header is not None:
            return 0
        width = max(_filled(row) for row in rows[:200])
        for at, row in enumerate(rows[: _MOST_BEFORE + 1]):
            names = [_cell_text(value) for value in row if _cell_text(value)]
            if not is_narrow(names, width) or width < 2:
                is_named = all(isinstance(v, str) for v in row) and is_header_like(names)
                return at if is_named and at + 1 < len(rows) else 0
        return 0

    def _foot(self, body: Sequence[tuple[int, Row]], width: int) -> int:
        """How many of the last rows stand apart below the table, with hardly a cell filled."""
        for count in range(1, min(len(body), 21)):
            at, row = body[-count]
            if not is_narrow([_cell_text(v) for v in row], width) or width < 3:
                return 0
            if at > body[-count - 1][0] + 1:
                return count if self._table.dialect.header is None else 0
        return 0

    def _document(self, names: Sequence[str], values: Row, seen: list[set[str]]) -> bytes:
        found: dict[str, Any] = {}
        for name, value, kinds in zip(names, values, seen, strict=True):
            if isinstance(value, str) and value in self._nulls:
                continue
            kind, found[name] = _typed(value)
            kinds.add(kind)
        return json.dumps(found, ensure_ascii=False).encode()


def _typed(value: Any) -> tuple[str, Any]:
    """The engine's type of a cell and its value as JSON."""
    match value:
        case bool():
            return "BOOLEAN", value
        case int() | float():
            if float(value).is_integer() and abs(value) < _EXACT:
                return "BIGINT", int(value)
            return "DOUBLE", float(value)
        case dt.datetime():
            return "TIMESTAMP", value.isoformat(sep=" ")
        case dt.date():
            return "DATE", value.isoformat()
        case dt.time():
            return "TIME", value.isoformat()
        case dt.timedelta():
            return "INTERVAL", f"{value.total_seconds():f} seconds"
        case _:
            return "VARCHAR", str(value)


def _cell_text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(_typed(value)[1])


def _text(row: Row) -> str:
    return "\t".join(_cell_text(value) for value in row).rstrip("\t")


def _filled(row: Row) -> int:
    return sum(1 for value in row if value != "")


def _is_used(body: Sequence[tuple[int, Row]], at: int) -> bool:
    return any(at < len(row) and row[at] != "" for _, row in body)


def _opened(path: Path, origin: str) -> CalamineWorkbook:
    try:
        from python_calamine import CalamineWorkbook
    except ImportError as error:
        raise missing_library(origin, "spreadsheets", "excel") from error
    with _told(origin, "it is no complete spreadsheet (.xlsx)"):
        return CalamineWorkbook.from_path(str(path))
    raise AssertionError


@contextmanager
def _told(origin: str, reason: str) -> Iterator[None]:
    """Failures of the library as damage of the file; on hostile ones it may panic.

    Raises:
        TaskFailed: (SRC003)
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:
        raise damaged(origin, reason) from error


def _no_sheet(origin: str, wanted: str, known: Sequence[str]) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC030",
            what=f"`{origin}` has no sheet `{wanted}`",
            why="sheets are told apart by their names, letter by letter",
            fix=did_you_mean(
                wanted, known, f"write one of {', '.join(f'`{n}`' for n in known)} as `sheet`"
            )
            + f". To go on without the file: `andon check --set-aside {origin}`",
        )
    )
