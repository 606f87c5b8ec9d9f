"""Parquet files: their schema is their evidence, their footer counts the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from andon.acquisition.choose import Load
from andon.acquisition.facts import Facts
from andon.errors import TaskFailed
from andon.ports.engine import Engine
from andon.ports.table_store import TableStore
from andon.schema import Column
from andon.sources.codecs import damaged
from andon.sources.dialect import check_names
from andon.sources.quoting import files, identifier, literal

_BATCH = 256


class ColumnarFiles:
    """The Parquet files of one build of one raw table."""

    def __init__(self, reading: str, engine: Engine, store: TableStore) -> None:
        self._reading = reading
        self._engine = engine
        self._store = store

    def measure(self, loads: Sequence[Load]) -> dict[str, Facts]:
        """Facts of loads, by id, from schema and footer alone.

        Raises:
            TaskFailed: (SRC003) a file is damaged; (SRC004, SRC005) its names are not usable.
        """
        return {load.id: self._measure(load) for load in loads}

    def select(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        """Query of all rows of loads in the columns of the table."""
        queries = [
            self._rows(batch, facts, columns)
            for batch in _batches([load for load in loads if facts[load.id].served], facts)
        ]
        return "\nunion all\n".join(queries)

    def set_aside(self, load: Load, _facts: Facts, /) -> tuple[str, tuple[str, ...]]:
        """Never asked: a Parquet file is read whole or not at all."""
        raise ValueError(f"{load.path} has no malformed rows")

    def _measure(self, load: Load) -> Facts:
        path = self._store.raw(load.content)
        try:
            schema = self._engine.describe(f"select * from {_source([path])}", {})
            footer = f"select num_rows from parquet_file_metadata({files([path])})"
            rows = self._engine.rows(footer)
        except TaskFailed as error:
            raise damaged(load.path, "it is no complete Parquet file") from error
        check_names(schema.names, load.path)
        return Facts(
            reading=self._reading,
            records=rows[0][0],
            columns=tuple((column.name, (column.type,)) for column in schema.columns),
        )

    def _rows(
        self, loads: Sequence[Load], facts: Mapping[str, Facts], columns: Sequence[Column]
    ) -> str:
        own = {name.casefold(): name for name, _ in facts[loads[0].id].columns}
        outputs = []
        for column in columns:
            name = own.get(column.name.casefold())
            value = f"r.{identifier(name)}" if name else "null"
            outputs.append(f"cast({value} as {column.type}) as {identifier(column.name)}")
        paths = [self._store.raw(load.content) for load in loads]
        before = accumulate((facts[load.id].records for load in loads), initial=0)
        origins = ", ".join(
            f"({literal(str(path))}, {literal(load.path)}, {count}::bigint)"
            for path, load, count in zip(paths, loads, before, strict=False)
        )
        # `_file` and `_row` are refused as names in files, so they cannot clash here.
        source = _source(paths, ", filename = '_file'")
        return (
            f"select {', '.join([*outputs, 'o.origin as _file', 'r._row - o.before as _row'])} "
            f"from (select *, row_number() over () as _row from {source}) r "
            f"join (values {origins}) o(place, origin, before) on r._file = o.place"
        )


def _source(paths: Sequence[Path], origin: str = "") -> str:
    return f"read_parquet({files(paths)}, hive_partitioning = false{origin})"


def _batches(loads: Sequence[Load], facts: Mapping[str, Facts]) -> Iterator[list[Load]]:
    same: dict[tuple[object, ...], list[Load]] = {}
    for load in loads:
        same.setdefault(facts[load.id].columns, []).append(load)
    for group in same.values():
        for start in range(0, len(group), _BATCH):
            yield group[start : start + _BATCH]
