"""Parquet files: their schema is their evidence, their footer counts the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path

from andon.acquisition.columns.facts import Facts
from andon.acquisition.deliveries.choose import Load
from andon.acquisition.readings.layout import MOST_PARTS
from andon.catalog.marks import mark
from andon.errors import Problem, TaskFailed
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.reading.batches import batches
from andon.reading.delimited.dialect import check_names
from andon.reading.parquet.pages import Broken, check_pages
from andon.reading.quoting import files, identifier, literal
from andon.reading.refusing import is_of_the_file, or_refused
from andon.reading.stored.codecs import damaged, swollen
from andon.reading.stored.readable import ReadableFiles
from andon.schema import Column

_BATCH = 256
_ROWS_PER_BYTE = 1_000
_FEW_ROWS = 1_000_000_000
_MOST_RATIO = 10_000
_FEW_BYTES = 10_000_000_000
"""What a footer may claim: values that never change take hardly any room, but some."""

_PLACE = {"file_index", "file_row_number"}


class ColumnarFiles:
    """The Parquet files of one build of one raw table."""

    def __init__(
        self, reading: str, engine: Engine, store: TableStore, readable: ReadableFiles
    ) -> None:
        self._reading = reading
        self._engine = engine
        self._store = store
        self._readable = readable

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id, from schema and footer alone.

        A file is refused that is damaged (SRC003) or whose names are not usable (SRC004, SRC005).
        """
        return {load.id: or_refused(self._reading, partial(self._measure, load)) for load in loads}

    def select(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all rows of loads in the columns of the table."""
        return self._query(loads, facts, columns, lambda load: str(self._readable.raw(load)))

    def in_place(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        """The same query with marks for the paths of the landed files, to be read again and again.

        Empty where that would cost more than a copy saves: many files, or names of columns that
        hide the engine's own numbering of rows; and where a value may not fit.
        """
        kinds = {column.name.casefold(): column.type for column in columns}
        if len(loads) > MOST_PARTS or any(
            load.member or _hides_place(facts[load.id]) or _may_overflow(facts[load.id], kinds)
            for load in loads
        ):
            return ""
        root = self._store.root
        return self._query(
            loads,
            facts,
            columns,
            lambda load: mark(self._store.raw(load.content).relative_to(root).as_posix()),
        )

    def broken(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> dict[str, Facts]:
        """Those of loads that cannot be decoded, or not be cast, refused: all their rows are read."""

        def read(load: Load) -> Facts:
            self._try(_source([self._readable.raw(load)]), load, "its pages cannot be decoded")
            typed = f"({self.select([load], facts, columns)})"
            self._try(typed, load, "a value of it is beyond what its column can hold in the table")
            return Facts(reading=self._reading, records=0)

        found = {load.id: or_refused(self._reading, partial(read, load)) for load in loads}
        return {identity: facts for identity, facts in found.items() if facts.refused}

    def _try(self, source: str, load: Load, reason: str) -> None:
        """Read all rows of a load.

        Raises:
            TaskFailed: (SRC003) for this reason it cannot.
        """
        try:
            self._engine.rows(f"select max(hash(r)) from {source} r")
        except TaskFailed as error:
            if not is_of_the_file(error):
                raise
            raise damaged(load.path, reason) from error

    def set_aside(self, load: Load, _facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Never asked: a Parquet file is read whole or not at all."""
        raise ValueError(f"{load.path} has no malformed rows")

    def _measure(self, load: Load) -> Facts:
        path = self._readable.raw(load)
        try:
            schema = self._engine.describe(f"select * from {_source([path])}", {})
            footer = f"select num_rows from parquet_file_metadata({files([path])})"
            rows = self._engine.rows(footer)
            check_names(schema.names, load.path)
            self._check_footer(load, path, rows[0][0])
        except TaskFailed as error:
            if not is_of_the_file(error) or error.code.startswith("SRC"):
                raise
            raise damaged(load.path, "it is no complete Parquet file") from error
        return Facts(
            reading=self._reading,
            records=rows[0][0],
            columns=tuple((column.name, (column.type,)) for column in schema.columns),
        )

    def _check_footer(self, load: Load, path: Path, claimed: int) -> None:
        """Refuse what a footer cannot mean, and pages that are not what was written.

        Raises:
            TaskFailed: (SRC003, SRC013) absurd claims; (SRC017) a checksum differs.
        """
        most = max(_ROWS_PER_BYTE * path.stat().st_size, _FEW_ROWS)
        if not 0 <= claimed <= most:
            raise damaged(load.path, f"its footer claims {claimed:,} rows")
        query = (
            "select row_group_id, row_group_num_rows, dictionary_page_offset, data_page_offset, "
            f"total_compressed_size, total_uncompressed_size from parquet_metadata({files([path])})"
        )
        found = self._engine.rows(query)
        groups = {group: rows for group, rows, *_ in found}
        if found and sum(groups.values()) != claimed:
            raise damaged(load.path, "its footer counts its rows in two ways")
        expanded = sum(max(row[5], 0) for row in found)
        if expanded > max(_MOST_RATIO * path.stat().st_size, _FEW_BYTES):
            raise swollen(load.path, _MOST_RATIO * path.stat().st_size)
        chunks = [(dictionary or data, length) for _, _, dictionary, data, length, _ in found]
        try:
            check_pages(path, chunks, sum(row[0] == found[0][0] for row in found))
        except Broken as error:
            raise _altered(load.path, str(error)) from error

    def _query(
        self,
        loads: Sequence[Load],
        facts: Mapping[str, Facts],
        columns: Sequence[Column],
        place: Callable[[Load], str],
    ) -> str:
        served = [load for load in loads if facts[load.id].served]
        # Where rows are told apart by the path of the bytes, the same bytes are not read together.
        seen: Counter[str] = Counter()
        times: dict[str, int] = {}
        for load in served:
            times[load.id] = seen[load.content] if _hides_place(facts[load.id]) else 0
            seen[load.content] += 1
        alike = batches(served, lambda load: (facts[load.id].columns, times[load.id]), _BATCH)
        return "\nunion all\n".join(self._rows(batch, facts, columns, place) for batch in alike)

    def _rows(
        self,
        loads: Sequence[Load],
        facts: Mapping[str, Facts],
        columns: Sequence[Column],
        place: Callable[[Load], str],
    ) -> str:
        own = {name.casefold(): (name, kind) for name, kind in facts[loads[0].id].columns}
        outputs = []
        for column in columns:
            name, kind = own.get(column.name.casefold(), ("", ()))
            value = f"r.{identifier(name)}" if name else "null"
            if column.type == "JSON" and kind == ("VARCHAR",):
                # Of what is declared as JSON the text is parsed elsewhere; this was found beside documents.
                value = f"to_json({value})"
            outputs.append(f"cast({value} as {column.type}) as {identifier(column.name)}")
        paths = [place(load) for load in loads]
        if not _hides_place(facts[loads[0].id]):
            paths_of = ", ".join(literal(load.path) for load in loads)
            origin = f"[{paths_of}][cast(file_index as bigint) + 1]"
            outputs += [f"{origin} as _file", "file_row_number + 1 as _row"]
            return f"select {', '.join(outputs)} from {_source(paths)} r"
        before = accumulate((facts[load.id].records for load in loads), initial=0)
        origins = ", ".join(
            f"({literal(path)}, {literal(load.path)}, {count}::bigint)"
            for path, load, count in zip(paths, loads, before, strict=False)
        )
        # `_file` and `_row` are refused as names in files, so they cannot clash here.
        source = _source(paths, ", filename = '_file'")
        return (
            f"select {', '.join([*outputs, 'o.origin as _file', 'r._row - o.before as _row'])} "
            f"from (select *, row_number() over () as _row from {source}) r "
            f"join (values {origins}) o(place, origin, before) on r._file = o.place"
        )


def _altered(origin: str, reason: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC017",
            what=f"`{origin}` is not what was written: {reason}",
            why="its writer put a checksum beside every page, so that damage shows; values read from "
            "it would be wrong without a sign",
            fix="deliver the file again, or let the line go on without it: "
            f"`andon check --set-aside {origin}`",
        )
    )


def _hides_place(facts: Facts) -> bool:
    """Whether a column of the file has the name of one by which the engine tells where rows lie."""
    return any(name.casefold() in _PLACE for name, _ in facts.columns)


def _may_overflow(facts: Facts, kinds: Mapping[str, str]) -> bool:
    """Whether moments are cast to finer ones, which do not reach as far."""
    found = ((kinds.get(name.casefold(), ""), evidence) for name, evidence in facts.columns)
    return any("TIMESTAMP" in kind and evidence != (kind,) for kind, evidence in found)


def _source(paths: Sequence[str | Path], origin: str = "") -> str:
    return f"read_parquet({files(paths)}, hive_partitioning = false{origin})"
