"""Build: write the rows of one asset to staged files, in the form its declaration asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct

from andon.acquisition.readings.refused import notes_of, problems_of
from andon.catalog.digest import of_landed
from andon.catalog.marks import mark
from andon.catalog.records import DataFile, Delivery, Digest, Snapshot
from andon.catalog.slices import Slice
from andon.errors import Problem, TaskFailed
from andon.execution.building.named_columns import refuse_unknown
from andon.execution.guard import second_reading
from andon.execution.line import Line, Scans
from andon.execution.subject import Staged
from andon.planning.plan import reads_clock
from andon.ports.engine import Engine
from andon.ports.python_runner import PythonInputData, PythonResult, PythonTask
from andon.schema import Schema
from andon.spec.asset import AssetSpec, PythonBody, SqlBody
from andon.spec.origin import comes_in_parts
from andon.spec.source import SourceTable
from andon.sql.bind import bind
from andon.sql.fill import fill
from andon.sql.quote import identifier


class Built(Struct, frozen=True, kw_only=True):
    """Rows of one asset, not proved yet.

    Attributes:
        engine: what reads them.
        relation: table expression that does.
        parts: files behind it, empty for a view.
        query: for a view its query with marks for the snapshots it reads.
        reading: for landed files that are served as they are: SQL with marks for their paths.
        digest: of the content where it is known without looking at the rows.
        malformed: rows the reader of a source set aside.
        facts: facts per delivery to remember.
        slices: of an incremental asset, its intervals; is_partial: whether some could not be run
            within the bounds of the run.
        note: in words, what was done of it.
        deliveries: of a source, what its rows were read from.
        left_out: of a source, a warning per delivery that could not be read.
        notes: of a source, what had to be guessed in its deliveries.
        over_limit: of a source, why only its malformed records are here.
    """

    schema: Schema
    engine: Engine
    relation: str
    parts: tuple[Staged | DataFile, ...] = ()
    query: str = ""
    reading: str = ""
    digest: Digest | None = None
    rows: int | None = None
    malformed: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    slices: tuple[Slice, ...] = ()
    is_partial: bool = False
    note: str = ""
    deliveries: tuple[Delivery, ...] = ()
    left_out: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    over_limit: Problem | None = None


def build_source(
    line: Line, table: SourceTable, prior: Snapshot | None, *, is_damaged: bool = False
) -> Built:
    """Read the landed deliveries of a raw table; parts of the prior snapshot are reused.

    Files that need no reading of their own are served as they were landed, unless rows of them
    may be set aside.

    Args:
        is_damaged: whether what is served now lost files, so that landed bytes are suspect too.
    """
    deliveries = line.state.deliveries.get(table.name, ())
    if is_damaged:
        origin = line.tools.origin(table)
        line.tools.reader().restore(deliveries, lambda load: origin.restore(table, load))
    raw = line.tools.reader().build(
        table,
        deliveries,
        prior,
        lambda name: line.tools.store.stage(line.run_id, f"{line.tools.new_id()}-{name}"),
        in_place=_is_served_in_place(table),
        earlier=lambda: line.tools.catalog.deliveries(table.name),
    )
    parts: tuple[Staged | DataFile, ...] = raw.kept + tuple(
        Staged(
            path=part.staged,
            rows=part.rows,
            role="aside" if part.role == "aside" else "data",
            label=part.label,
        )
        for part in raw.parts
    )
    store, engine = line.tools.store, line.tools.engine()
    paths = [
        part.path if isinstance(part, Staged) else store.path(part)
        for part in parts
        if part.role == "data"
    ]
    return Built(
        schema=raw.schema,
        engine=engine,
        relation=Scans(line.tools).of_landed(raw.query, paths)
        if raw.query
        else engine.scan(raw.schema, paths),
        parts=parts,
        reading=raw.query,
        digest=of_landed(raw.schema, raw.query, raw.kept) if raw.query else None,
        rows=raw.rows,
        malformed=raw.set_aside,
        note=f"{raw.nulled:,} value{'s' * (raw.nulled != 1)} made null" if raw.nulled else "",
        facts=raw.facts,
        deliveries=raw.deliveries,
        left_out=problems_of(table, raw.deliveries),
        notes=notes_of(table, raw.deliveries),
        over_limit=raw.over_limit,
    )


def _is_served_in_place(table: SourceTable) -> bool:
    """Whether landed files may be served as they are: no rows of them may be set aside, and what
    grows part by part is copied, so that only its new parts are read again by what follows."""
    return not comes_in_parts(table.origin) and all(
        check.on_fail != "quarantine" for check in table.checks
    )


def build_asset(
    line: Line,
    asset: AssetSpec,
    inputs: Mapping[str, Snapshot],
    engine: Engine,
    scope: ExitStack | None,
) -> Built:
    """Run the code of a SQL or Python asset on given snapshots.

    Args:
        engine: what runs it, if it is SQL.
        scope: how long the rows stay in the memory of the engine, to be proved there; None if
            they stream to their file.
    """
    if isinstance(asset.body, PythonBody):
        return _build_python(line, asset, asset.body, inputs)
    reading = second_reading(engine.reader, asset.body, asset.path)
    if reading.refused:
        raise TaskFailed(*reading.refused)
    scans = Scans(line.tools)
    tables = {name: scans.of(snapshot) for name, snapshot in inputs.items()}
    query = _typed(asset, _bound(line, asset, asset.body, tables))
    parameters = line.parameters(asset)
    if asset.materialize == "view":
        marks = {name: mark(snapshot.id) for name, snapshot in inputs.items()}
        kept = fill(_typed(asset, _bound(line, asset, asset.body, marks)), parameters)
        query = fill(query, parameters)
        schema = engine.describe(query, {})
        refuse_unknown(asset, schema)
        return Built(schema=schema, engine=engine, relation=f"({query})", query=kept)
    staged = line.tools.store.stage(line.run_id, f"{line.tools.new_id()}.parquet")
    held = None
    if scope is not None and reading.is_told:
        held = scope.enter_context(engine.hold(query, parameters))
    if held is not None:
        schema, relation = held.schema, f"(from {held.table})"
        refuse_unknown(asset, schema)
        written = engine.write(f"from {held.table}", {}, schema, staged)
    else:
        schema = engine.describe(query, parameters)
        refuse_unknown(asset, schema)
        written = engine.write(query, parameters, schema, staged)
        relation = engine.scan(schema, [staged])
    return Built(
        schema=schema,
        engine=engine,
        relation=relation,
        parts=(Staged(path=staged, rows=written.rows),),
        rows=written.rows,
    )


def query_of(
    line: Line, asset: AssetSpec, body: SqlBody, engine: Engine
) -> Callable[[Mapping[str, str]], str]:
    """The query of an asset over given table expressions.

    Raises:
        TaskFailed: (SQL...) the engine reads it otherwise than it was read before.
    """
    reading = second_reading(engine.reader, body, asset.path)
    if reading.refused:
        raise TaskFailed(*reading.refused)
    return lambda tables: _typed(asset, _bound(line, asset, body, tables))


def _bound(line: Line, asset: AssetSpec, body: SqlBody, tables: Mapping[str, str]) -> str:
    logical = line.plan.logical_time if reads_clock(asset) else None
    return bind(body, tables, logical)


def _typed(asset: AssetSpec, query: str) -> str:
    """Cast declared columns to their declared types, in place."""
    if not asset.columns:
        return query
    casts = ", ".join(
        f"cast({identifier(name)} as {type_}) as {identifier(name)}"
        for name, type_ in asset.columns
    )
    return f"select * replace ({casts}) from (\n{query}\n)"


def _build_python(
    line: Line, asset: AssetSpec, body: PythonBody, inputs: Mapping[str, Snapshot]
) -> Built:
    scans = Scans(line.tools)
    tables = {name: scans.of(snapshot) for name, snapshot in inputs.items()}
    staged, result = run_python(line, asset, body, tables)
    refuse_unknown(asset, result.schema)
    engine = line.tools.engine()
    return Built(
        schema=result.schema,
        engine=engine,
        relation=engine.scan(result.schema, [staged]),
        parts=(Staged(path=staged, rows=result.written.rows),),
        rows=result.written.rows,
    )


def run_python(
    line: Line, asset: AssetSpec, body: PythonBody, tables: Mapping[str, str]
) -> tuple[Path, PythonResult]:
    """Call the function of a Python asset on given tables; its rows are in a staged file."""
    staged = line.tools.store.stage(line.run_id, f"{line.tools.new_id()}.parquet")
    result = line.tools.runner().run(
        PythonTask(
            asset=asset.name,
            root=line.tools.root,
            store_root=line.tools.store.root,
            path=body.path,
            function=body.function,
            inputs=tuple(
                PythonInputData(argument=item.argument, scan=tables[item.asset], form=item.form)
                for item in body.inputs
            ),
            parameters=line.parameters(asset),
            columns=asset.columns,
            output=staged,
            logical_time=line.plan.logical_time,
            memory_bytes=asset.memory_bytes,
            timeout_s=asset.timeout_s or line.spec.settings.timeout_s,
        )
    )
    return staged, result


def unpublished(asset: str, reads: str) -> TaskFailed:
    """An input that has no published snapshot and is not built in this run."""
    return TaskFailed(
        Problem(
            code="RUN001",
            what=f"`{asset}` reads `{reads}`, which has never been published",
            why="a selection builds only what it names, on published inputs",
            fix=f"run `andon run +{asset}` to build its inputs along",
        )
    )
