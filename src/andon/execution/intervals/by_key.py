"""By key: make the rows of changed keys again, or those of new input rows, and keep the others' files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from andon.catalog.records import DataFile, Snapshot
from andon.execution.building.build import Built, build_asset, query_of
from andon.execution.building.job import Job
from andon.execution.intervals.proofs import proved_keys
from andon.execution.line import Line, Scans
from andon.execution.subject import Staged
from andon.planning.fingerprint import minor
from andon.ports.engine import Engine
from andon.schema import Schema
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.slicing import Keying
from andon.sql.quote import identifier
from andon.sql.sliced import Unproved
from andon.sql.span import among

MOST_FILES = 128
"""Files of a snapshot beyond which it is built in full, and so into one."""

_ALIKE = ("INTERVAL", "TIME WITH TIME ZONE")
"""Types of which unlike values compare as equal: a month and 30 days."""


class _Change(Struct, frozen=True, kw_only=True):
    """Rows of one input that were not there before, and those that no longer are.

    Attributes:
        key: columns of the input by which it is parted.
        added, removed: table expressions.
        has_removed: whether anything can be gone.
        is_comparable: whether rows that compare as equal are equal.
    """

    key: tuple[str, ...]
    added: str
    removed: str
    has_removed: bool
    is_comparable: bool


def build_by_key(line: Line, job: Job, asset: AssetSpec, keying: Keying) -> Built:
    """Rows of an incremental asset without intervals.

    What is served equals a full build on the inputs it was built from; so, where only some rows of
    the inputs changed, only what rests on these is made again. Whatever stands against that makes
    it a full build, and the note says what.
    """
    engine = line.tools.engine()
    served = line.current(asset.name)
    found = _changes(line, job, asset, keying, served)
    if isinstance(found, str) or served is None or not isinstance(asset.body, SqlBody):
        built = build_asset(line, asset, job.inputs, engine, None)
        return replace(built, note=f"in full: {found}")
    scans = Scans(line.tools)
    tables = {name: scans.of(snapshot) for name, snapshot in job.inputs.items()}
    query, parameters = query_of(line, asset, asset.body, engine), line.parameters(asset)
    schema = engine.describe(query(tables), parameters)
    if schema != served.schema:
        built = build_asset(line, asset, job.inputs, engine, None)
        return replace(built, note="in full: its columns changed")
    making = _Making(line, engine, schema, served)
    if keying.strategy == "append":
        chosen = {name: change.added for name, change in found.items()}
        making.keep_all()
    else:
        keys = making.changed_keys(found)
        chosen = {
            name: f"(select * from {tables[name]} where {among(change.key, keys)})"
            for name, change in found.items()
        }
        making.keep_without(keying.key, keys)
    made = making.add(query({**tables, **chosen}), parameters)
    return making.built(f"{made:,} rows made again" if keying.key else f"{made:,} rows added")


def _changes(
    line: Line, job: Job, asset: AssetSpec, keying: Keying, served: Snapshot | None
) -> dict[str, _Change] | str:
    """What changed of the inputs that are read in parts, or why all has to be built."""
    if served is None:
        return "it is new"
    if served.id in line.damaged:
        return "what is served is damaged"
    if served.fingerprint != job.fingerprint:
        return "its definition changed"
    if minor(dict(served.facts).get("engine", "")) != minor(line.tools.engine_version):
        return "the engine is of another version"
    if len(served.data_files) > MOST_FILES:
        return f"it has {len(served.data_files):,} files"
    assert isinstance(asset.body, SqlBody), "only SQL is built by key"
    before = {ref.asset: ref for ref in served.inputs}
    read = asset.body.reads
    # What only a quarantine check reads makes no rows: `prove` judges them by it.
    changed = [name for name in read if before[name].digest != job.inputs[name].digest.value]
    parting = proved_keys(line, asset, asset.body, keying, job.inputs, changed)
    if isinstance(parting, Unproved):
        return parting.reason + (f" (line {parting.line})" if parting.line else "")
    moved = next((name for name in parting.whole if name in changed), None)
    if moved is not None:
        return f"`{moved}`, which is read whole, changed"
    ids = [before[one.name].snapshot_id for one in parting.inputs]
    known = {snapshot.id: snapshot for snapshot in line.tools.catalog.snapshots(ids=ids)}
    found: dict[str, _Change] = {}
    for one in parting.inputs:
        old, new = known.get(before[one.name].snapshot_id), job.inputs[one.name]
        if old is None:
            return f"the `{one.name}` it was built from is no longer kept"
        if old.schema != new.schema:
            return f"the columns of `{one.name}` changed"
        change = _change(line, old, new, one.columns)
        if keying.strategy == "append" and change.has_removed:
            return f"rows of `{one.name}` changed or are gone"
        found[one.name] = change
    return found


def _change(line: Line, old: Snapshot, new: Snapshot, key: tuple[str, ...]) -> _Change:
    """Files that only one of two snapshots has hold all that differs between them."""
    scans, engine = Scans(line.tools), line.tools.engine()
    spelled = {column.name.casefold(): column.name for column in new.schema.columns}
    own = tuple(spelled[name] for name in key)
    compares = not any(alike in c.type for c in new.schema.columns for alike in _ALIKE)
    if old.kind == "view" or new.kind == "view" or old.query or new.query:
        return _Change(
            key=own,
            added=scans.of(new),
            removed=scans.of(old),
            has_removed=True,
            is_comparable=compares,
        )
    there = {file.path for file in old.data_files}
    here = {file.path for file in new.data_files}

    def rows(snapshot: Snapshot, paths: set[str]) -> str:
        files = tuple(file for file in snapshot.files if file.path in paths)
        return engine.scan(snapshot.schema, scans.paths(replace(snapshot, files=files)))

    return _Change(
        key=own,
        added=rows(new, here - there),
        removed=rows(old, there - here),
        has_removed=bool(there - here),
        is_comparable=compares,
    )


class _Making:
    """The files of one snapshot while it is put together."""

    def __init__(self, line: Line, engine: Engine, schema: Schema, served: Snapshot) -> None:
        self._line, self._engine, self._schema, self._served = line, engine, schema, served
        self._parts: list[Staged | DataFile] = []

    def changed_keys(self, changes: Mapping[str, _Change]) -> str:
        """Table expression of the keys of all rows that came or went, each once."""
        queries = []
        for change in changes.values():
            key = ", ".join(
                f"{identifier(name)} as {identifier(f'k{at}')}"
                for at, name in enumerate(change.key)
            )
            new, gone = change.added, change.removed
            if change.is_comparable:
                new = f"(from {change.added} except all from {change.removed})"
                gone = f"(from {change.removed} except all from {change.added})"
            queries += [f"select {key} from {new}", f"select {key} from {gone}"]
        query = f"select distinct * from ({' union all '.join(queries)})"
        staged = self._stage()
        schema = self._engine.describe(query, {})
        self._engine.write(query, {}, schema, staged)
        return self._engine.scan(schema, [staged])

    def keep_all(self) -> None:
        """Every file stays."""
        self._parts.extend(self._served.files)

    def keep_without(self, key: Sequence[str], keys: str) -> None:
        """Files without a row of these keys stay, the others are written anew without them."""
        store = self._line.tools.store
        condition = among(key, keys)
        for file in self._served.files:
            if file.role == "failing":
                continue
            store.verify(file)
            schema = self._schema if file.role == "data" else Schema(())
            source = self._engine.scan(schema, [store.path(file)])
            (held,) = self._engine.rows(f"select count(*) from {source} where {condition}")[0]
            if not held:
                self._parts.append(file)
            elif held < file.rows:
                self._rewrite(file, f"select * from {source} where not ({condition})")

    def _rewrite(self, file: DataFile, query: str) -> None:
        staged = self._stage()
        is_data = file.role == "data"
        schema = self._schema if is_data else self._engine.describe(query, {})
        written = self._engine.write(query, {}, schema, staged)
        self._parts.append(Staged(path=staged, rows=written.rows, role=file.role, label=file.label))

    def add(self, query: str, parameters: Mapping[str, None | bool | int | float | str]) -> int:
        """Rows of a query, as one more file; returns how many."""
        staged = self._stage()
        written = self._engine.write(query, parameters, self._schema, staged)
        if written.rows:
            self._parts.append(Staged(path=staged, rows=written.rows))
        return written.rows

    def built(self, note: str) -> Built:
        """What was put together."""
        data = [part for part in self._parts if part.role == "data"]
        store = self._line.tools.store
        paths = [p.path if isinstance(p, Staged) else store.path(p) for p in data]
        return Built(
            schema=self._schema,
            engine=self._engine,
            relation=self._engine.scan(self._schema, paths),
            parts=tuple(self._parts),
            rows=sum(part.rows for part in data),
            note=note,
        )

    def _stage(self) -> Path:
        tools = self._line.tools
        return tools.store.stage(self._line.run_id, f"{tools.new_id()}.parquet")
