"""Figures: what each file behind a snapshot holds of each interval, looked at once per file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andon.catalog.commit import Commit, PutFigures
from andon.catalog.digest import sums_text
from andon.catalog.records import DataFile, Snapshot
from andon.catalog.slices import Figure
from andon.execution.line import Scans, Tools
from andon.hashing import text_hash, value_hash
from andon.intervals import Every
from andon.ports.engine import Engine
from andon.schema import Schema
from andon.sql.span import start_of


def figures_of(
    tools: Tools, engine: Engine, snapshot: Snapshot, column: str, every: Every, read: Schema
) -> Mapping[str, tuple[Figure, ...]]:
    """Figures by path of every file of a snapshot; of a view, or of what has no files, by its id.

    Files that nobody looked at before are read now and remembered.

    Args:
        read: the columns of the snapshot that count.

    Raises:
        DataCorrupt: (STO003) a file is missing or altered.
    """
    by = _slicing(engine, read, column, every)
    files = {file.path: file for file in snapshot.data_files}
    if snapshot.kind == "view":
        files = {}
    wanted = list(files) if snapshot.kind == "table" else [snapshot.id]
    known = tools.slices.figures(wanted, by)
    missing = [path for path in wanted if path not in known]
    found = {
        path: _look(tools, engine, snapshot, files.get(path), column, every, read)
        for path in missing
    }
    if found:
        updates = tuple(PutFigures(path=p, by=by, figures=f) for p, f in found.items())
        tools.catalog.commit(Commit(updates=updates), tools.clock.now())
    return {path: known[path] if path in known else found[path] for path in wanted}


def _slicing(engine: Engine, read: Schema, column: str, every: Every) -> str:
    """Name of a way of slicing: figures of another one say nothing."""
    return value_hash([column, every, engine.digest_algorithm(), read.hash])[:32]


def _look(
    tools: Tools,
    engine: Engine,
    snapshot: Snapshot,
    file: DataFile | None,
    column: str,
    every: Every,
    read: Schema,
) -> tuple[Figure, ...]:
    if file is None:
        return _count(engine, Scans(tools).of(snapshot), read, column, every)
    tools.store.verify(file)
    path = tools.store.path(file)
    if not snapshot.query:
        relation = engine.scan(snapshot.schema, [path])
        return _count(engine, relation, read, column, every)
    landed = engine.scan(Schema(()), [path])
    return _look_at_landed(engine, landed, snapshot, file, column, every, read)


def _look_at_landed(
    engine: Engine,
    relation: str,
    snapshot: Snapshot,
    file: DataFile,
    column: str,
    every: Every,
    read: Schema,
) -> tuple[Figure, ...]:
    """Figures of a file that is served as it was landed: of its own columns and its origin."""
    whole = engine.describe(f"select * from {relation}", {})
    schema = Schema(tuple(c for c in whole.columns if read.column(c.name) is not None))
    own = next((c.name for c in schema.columns if c.name.casefold() == column.casefold()), None)
    if own is None:
        found: Sequence[Figure] = _count(engine, relation, schema, "", every)
    else:
        kind = next(c.type for c in snapshot.schema.columns if c.name == column)
        name = '"' + own.replace('"', '""') + '"'
        typed = f"(select * replace (cast({name} as {kind}) as {name}) from {relation})"
        found = _count(engine, typed, schema, own, every)
    # The same bytes under another path are other rows: they carry another `_file`.
    shift = int(text_hash(file.label), 16)
    return tuple(
        Figure(start=f.start, rows=f.rows, sums=f"{(int(f.sums, 16) + shift) % (1 << 128):032x}")
        for f in found
    )


def _count(
    engine: Engine, relation: str, schema: Schema, column: str, every: Every
) -> tuple[Figure, ...]:
    high, low = engine.digest_columns(schema)
    start = start_of(column, every) if column else "null"
    rows = engine.rows(
        f"select {start} as start_, count(*), {high}, {low} from {relation} group by start_"
    )
    return tuple(
        Figure(start=text or "", rows=count, sums=sums_text(int(one or 0), int(other or 0)))
        for text, count, one, other in sorted(rows, key=lambda row: row[0] or "")
    )
