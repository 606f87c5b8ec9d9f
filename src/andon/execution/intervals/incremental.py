"""Incremental: run the intervals of an asset that are missing or changed, and keep the others' files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count

from msgspec.structs import replace

from andon.catalog.commit import AddPiece, Commit
from andon.catalog.records import DataFile, Snapshot
from andon.catalog.slices import Figure, Piece, Slice
from andon.errors import Problem, TaskFailed
from andon.execution.building.build import Built, build_asset, query_of, run_python
from andon.execution.building.job import Job
from andon.execution.building.named_columns import refuse_unknown
from andon.execution.intervals.figures import figures_of
from andon.execution.intervals.parting import parting_of
from andon.execution.intervals.proofs import names_in
from andon.execution.intervals.slicer import Rows, Slicer
from andon.execution.line import Line, Scans
from andon.execution.subject import Staged
from andon.hashing import value_hash
from andon.planning.fingerprint import minor
from andon.planning.plan import reads_clock
from andon.planning.slices import (
    BATCH_ROWS,
    Work,
    content,
    decide,
    form_of,
    parted,
    touched,
    wanted,
)
from andon.ports.engine import Engine
from andon.schema import Schema
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.slicing import Slicing
from andon.sql.fold import folded
from andon.sql.span import within

MOST_FILES = 128
"""Files of a snapshot beyond which the smaller ones are put together."""

_LABEL = 24
"""Digits of the hash that labels a file."""


def build_incremental(line: Line, job: Job, asset: AssetSpec, slicing: Slicing) -> Built:
    """Rows of an incremental asset: files that stay, files that lose intervals, and new ones.

    Where its query does not come apart it is built in full, and the note says why. Every finished
    batch is durable and recorded, so that after a crash the work goes on with the next one.

    Raises:
        TaskFailed: (INC001) only some intervals may be run, but the columns changed, so that nothing
            can stay; (INC002) rows of other intervals came out; (INC003) the column tells none.
    """
    engine = line.tools.engine()
    parting = parting_of(line, asset, slicing, job.inputs)
    if isinstance(parting, str):
        built = build_asset(line, asset, job.inputs, engine, None)
        return replace(built, note=f"in full: {parting}")
    scans = Scans(line.tools)
    tables = {name: scans.of(snapshot) for name, snapshot in job.inputs.items()}
    rows_of, schema = _code_of(line, job, asset, engine, tables)
    slicer = Slicer(
        line,
        asset.name,
        slicing,
        parting,
        engine,
        tables=tables,
        kinds={n: _kind(job.inputs[n], column) for n, column in parting.sliced},
        rows_of=rows_of,
        schema=schema,
    )
    names = names_in(line, asset, asset.body) if isinstance(asset.body, SqlBody) else None
    read = {n: _read(job.inputs[n].schema, names, column) for n, column in parting.sliced}
    figures = {
        name: figures_of(line.tools, engine, job.inputs[name], column, slicing.every, read[name])
        for name, column in parting.sliced
    }
    now = wanted(
        [
            (name, form_of(job.inputs[name], column, names), content(figures[name].values()))
            for name, column in parting.sliced
        ],
        [(name, job.inputs[name].digest.value) for name in parting.whole],
        minor(line.tools.engine_version),
        slicing.every,
        slicing.lookback,
        line.plan.logical_time if reads_clock(asset) else None,
    )
    served, prior = _prior(line, job, slicer.schema)
    work = decide(prior, now, job.fingerprint, line.limits)
    making = _Making(line, job, slicing, slicer)
    if served is not None:
        making.keep(served, prior, work)
    rows = _rows_by_start(figures.values())
    # Python runs in processes of its own, so that its batches are as many as there are workers.
    workers = (
        1 if isinstance(asset.body, SqlBody) else line.spec.settings.threads or cpu_count() or 2
    )
    most = min(BATCH_ROWS, -(-sum(rows.get(start, 0) for start in work.run) // workers))
    batches = parted(work.run, rows, most)
    is_whole = len(batches) == 1 and len(work.run) == len(now) and not work.stay
    making.run(batches, now, is_whole=is_whole, workers=workers)
    making.compact()
    built = making.built(engine, work, len(now))
    refuse_unknown(asset, built.schema)
    return built


def _code_of(
    line: Line, job: Job, asset: AssetSpec, engine: Engine, tables: Mapping[str, str]
) -> tuple[Callable[[Mapping[str, str]], Rows], Schema | None]:
    """What gives an asset's rows over given tables, and their columns if they are known."""
    if isinstance(asset.body, SqlBody):
        query, parameters = query_of(line, asset, asset.body, engine), line.parameters(asset)
        known = engine.describe(query(tables), parameters)
        return (lambda t: Rows(schema=known, query=query(t), parameters=parameters)), known

    body = asset.body

    def call(chosen: Mapping[str, str]) -> Rows:
        staged, result = run_python(line, asset, body, chosen)
        source = engine.scan(result.schema, [staged])
        return Rows(
            schema=result.schema,
            query=f"select * from {source}",
            written=(staged, result.written.rows),
        )

    served = line.current(job.asset.name)
    stays = served is not None and (served.fingerprint == job.fingerprint or line.limits.is_bounded)
    return call, served.schema if served is not None and stays else None


def _read(schema: Schema, names: frozenset[str] | None, column: str) -> Schema:
    """Columns of an input that the query may read, and the one that tells the interval."""
    if names is None:
        return schema
    known = {*names, folded(column)}
    return Schema(tuple(one for one in schema.columns if folded(one.name) in known))


def _kind(snapshot: Snapshot, column: str) -> str:
    found = snapshot.schema.column(column)
    assert found is not None, "a parting names columns that are there"
    return found.type


def _prior(line: Line, job: Job, schema: Schema) -> tuple[Snapshot | None, tuple[Slice, ...]]:
    """What is served now with its slices, if its files can stay."""
    name = job.asset.name
    served = line.current(name)
    if served is None or served.id in line.damaged:
        return None, ()
    slices = line.tools.slices.slices(served.id)
    if slices and served.schema == schema:
        return served, slices
    if line.limits.is_bounded and slices:
        raise TaskFailed(
            Problem(
                code="INC001",
                what=f"the columns of `{name}` changed, so no interval can stay as it is",
                why="all rows of a table have the same columns, those of older code too",
                fix="run it without `--from` and `--to`",
            )
        )
    return None, ()


def _rows_by_start(inputs: Iterable[Mapping[str, tuple[Figure, ...]]]) -> dict[str, int]:
    rows: dict[str, int] = {}
    for files in inputs:
        for figures in files.values():
            for one in figures:
                rows[one.start] = rows.get(one.start, 0) + one.rows
    return rows


class _Making:
    """The files and slices of one snapshot while it is put together."""

    def __init__(self, line: Line, job: Job, slicing: Slicing, slicer: Slicer) -> None:
        self._line, self._job, self._slicing, self._slicer = line, job, slicing, slicer
        self._parts: list[Staged | DataFile] = []
        self._slices: dict[str, Slice] = {}

    def keep(self, served: Snapshot, prior: Sequence[Slice], work: Work) -> None:
        """Keep the files whose intervals all stay; write those anew that lose some."""
        whole, cut = touched(work.stay, prior)
        by_label: dict[str, list[Slice]] = {}
        for one in work.stay:
            by_label.setdefault(one.label, []).append(one)
        for one in by_label.pop("", ()):
            self._slices[one.start] = one
        for file in served.data_files:
            stay = by_label.get(file.label, [])
            if file.label in whole:
                self._put(file, stay)
            elif file.label in cut:
                starts = [one.start for one in stay]
                label = value_hash([file.path, starts])[:_LABEL]
                self._put(self._slicer.rewrite([file], self._within(starts), label), stay)
        self._keep_asides(served, work, prior)

    def _keep_asides(self, served: Snapshot, work: Work, prior: Sequence[Slice]) -> None:
        asides = [file for file in served.files if file.role == "aside"]
        if len(work.stay) == len(prior):
            self._parts.extend(asides)
            return
        chosen = self._within([one.start for one in work.stay])
        written = [self._slicer.rewrite_aside(file, chosen) for file in asides]
        self._parts.extend(part for part in written if part.rows)

    def run(
        self,
        batches: Sequence[Sequence[str]],
        now: Mapping[str, str],
        *,
        is_whole: bool,
        workers: int,
    ) -> None:
        """Run batches of intervals, so many at a time; what an interrupted run made is taken."""

        def one(batch: Sequence[str]) -> Staged | DataFile:
            return self._run(batch, now, is_whole=is_whole, is_last=len(batches) == 1)

        with ThreadPoolExecutor(workers) as pool:
            # The first one alone says what columns there are.
            parts = [one(batch) for batch in batches[:1]]
            parts.extend(pool.map(one, batches[1:]))
        code = self._job.fingerprint
        for batch, part in zip(batches, parts, strict=True):
            self._put(part, [Slice(start=s, inputs=now[s], code=code) for s in batch])

    def _run(
        self, batch: Sequence[str], now: Mapping[str, str], *, is_whole: bool, is_last: bool
    ) -> Staged | DataFile:
        name, code = self._job.asset.name, self._job.fingerprint
        tools, inputs = self._line.tools, [[start, now[start]] for start in batch]
        label = value_hash([code, inputs])[:_LABEL]
        part: Staged | DataFile | None = next(
            (p.file for p in tools.slices.pieces(name) if p.file.label == label), None
        )
        if isinstance(part, DataFile):
            tools.store.verify(part)
        else:
            part = self._slicer.run(batch, label, is_whole=is_whole)
            if part.rows and not is_last:
                part = self._secure(part)
        return part

    def _secure(self, part: Staged) -> DataFile:
        """Make a finished batch durable, so that it need not be run again."""
        name, tools = self._job.asset.name, self._line.tools
        file = tools.store.keep(
            part.path, asset=name, name=tools.new_id(), rows=part.rows, label=part.label
        )
        added = AddPiece(piece=Piece(asset=name, file=file))
        tools.catalog.commit(Commit(updates=(added,)), tools.clock.now())
        return file

    def compact(self) -> None:
        """Put the smaller half of the kept files together where there are too many."""
        data = [part for part in self._parts if part.role == "data"]
        if len(data) <= MOST_FILES:
            return
        kept = sorted((p for p in data if isinstance(p, DataFile)), key=lambda p: (p.rows, p.path))
        small = kept[: len(data) - MOST_FILES // 2]
        labels = {file.label for file in small}
        inside = [one for one in self._slices.values() if one.label in labels]
        self._parts = [part for part in self._parts if part not in small]
        label = value_hash(sorted(labels))[:_LABEL]
        self._put(self._slicer.rewrite(small, "true", label), inside)

    def built(self, engine: Engine, work: Work, total: int) -> Built:
        """What was put together."""
        data = [part for part in self._parts if part.role == "data"]
        store = self._line.tools.store
        paths = [p.path if isinstance(p, Staged) else store.path(p) for p in data]
        note = f"{len(work.run):,} of {total:,} {self._slicing.every}s"
        if work.older:
            note += f", {work.older:,} of older code"
        return Built(
            schema=self._slicer.schema,
            engine=engine,
            relation=engine.scan(self._slicer.schema, paths),
            parts=tuple(self._parts),
            rows=sum(part.rows for part in data),
            slices=tuple(self._slices[start] for start in sorted(self._slices)),
            is_partial=work.is_partial,
            note=note,
        )

    def _put(self, part: Staged | DataFile, slices: Sequence[Slice]) -> None:
        """Add a file with the slices it holds; one without rows is none."""
        if part.rows:
            self._parts.append(part)
        label = part.label if part.rows else ""
        for one in slices:
            self._slices[one.start] = one if one.label == label else replace(one, label=label)

    def _within(self, starts: Sequence[str]) -> str:
        slicing = self._slicing
        return within(slicing.column, self._slicer.kind, starts, slicing.every)
