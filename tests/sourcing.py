"""A small project with files to read, on a real engine and a real store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Arrivals
from andon.app.wiring.origins import origins
from andon.catalog.records import DataFile, Delivery, FileRole, Snapshot
from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import AndonError, Problem, TaskFailed
from andon.names import AssetName
from andon.ports.origin import Origin
from andon.ports.python_runner import PythonRunner
from andon.ports.source_reader import RawTable
from andon.reading.reader import RawReader
from andon.sources.local.files import LocalFiles
from andon.spec.origin import FilesOrigin, Settings
from andon.spec.source import SourceTable
from andon.stores.files import FileTableStore
from tests.factories import snapshot_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def table(*paths: str, settings: Settings = (), **declared: Any) -> SourceTable:
    """A declared raw table over these paths."""
    origin = FilesOrigin(paths=paths, settings=settings)
    return SourceTable(name=AssetName("raw.t"), source="raw", origin=origin, **declared)


@dataclass
class Project:
    """A folder, its store, and what has arrived so far."""

    root: Path
    store: FileTableStore
    engine: DuckDBEngine
    deliveries: list[Delivery] = field(default_factory=list)

    @property
    def reader(self) -> RawReader:
        return RawReader(self.engine, self.store)

    @property
    def origin(self) -> LocalFiles:
        return LocalFiles(self.root, self.store)

    def origin_of(self, declared: SourceTable) -> Origin:
        """The adapter that a run would take."""
        adapters = origins(
            self.root, self.store, engine=lambda: self.engine, runner=_no_runner, timeout_s=60.0
        )
        return adapters(declared)

    def put(self, path: str, content: bytes) -> None:
        """Write a file of the outside world."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def arrive(self, declared: SourceTable, now: datetime = NOON) -> tuple[Delivery, ...]:
        """Look and land; remember the deliveries as the catalog would."""
        origin = self.origin_of(declared)
        found = origin.look(declared, self.deliveries, None)
        batches = origin.land(declared, found, self.deliveries, "run", now)
        landed = tuple(one for batch in batches for one in batch.deliveries)
        for one in landed:
            self.deliveries = [d for d in self.deliveries if d.path != one.path]
            self.deliveries.append(one)
        return landed

    def build(self, declared: SourceTable, prior: Snapshot | None = None) -> RawTable:
        raw = self.reader.build(
            declared, self.deliveries, prior, lambda name: self.store.stage("run", name)
        )
        if raw.over_limit is not None:
            raise TaskFailed(raw.over_limit)
        facts = dict(raw.facts)
        self.deliveries = [replace(d, facts=facts.get(d.id, d.facts)) for d in self.deliveries]
        return raw

    def read(self, declared: SourceTable) -> list[tuple[Any, ...]]:
        """All that arrives, landed and built: rows in order of file and record."""
        self.arrive(declared)
        return self.rows(self.build(declared))

    def rows(self, raw: RawTable, role: str = "data") -> list[tuple[Any, ...]]:
        paths = [part.staged for part in raw.parts if part.role == role]
        paths += [self.store.path(file) for file in raw.kept if file.role == role]
        if not paths:
            return []
        if role == "data":
            scan = self.engine.scan(raw.schema, paths)
            return self.engine.rows(f"select * from {scan} order by _file, _row")
        listed = ", ".join(f"'{path}'" for path in paths)
        query = f"select * from read_parquet([{listed}]) order by _file, _line"
        return self.engine.rows(query)

    def keep(self, raw: RawTable) -> Snapshot:
        """Keep the parts as a snapshot, as a run would."""
        files: list[DataFile] = list(raw.kept)
        for number, part in enumerate(raw.parts):
            role: FileRole = "data" if part.role == "data" else "aside"
            name = f"{part.staged.stem}-{number}"
            files.append(
                self.store.keep(
                    part.staged, asset="raw.t", name=name, rows=part.rows, role=role,
                    label=part.label,
                )
            )  # fmt: skip
        return snapshot_of("s", asset="raw.t", schema=raw.schema, rows=raw.rows, files=tuple(files))


def _no_runner() -> PythonRunner:
    raise AssertionError("no test here runs Python code of a project")


def land(
    origin: Origin, declared: SourceTable, found: Arrivals, known: Sequence[Delivery] = ()
) -> tuple[list[Delivery], AndonError | None]:
    """What is landed, and how it ends if not well."""
    landed, _, error = land_and_tell(origin, declared, found, known)
    return landed, error


def land_and_tell(
    origin: Origin, declared: SourceTable, found: Arrivals, known: Sequence[Delivery] = ()
) -> tuple[list[Delivery], list[Problem], AndonError | None]:
    """What is landed, what is left out and why, and how it ends if not well."""
    landed: list[Delivery] = []
    told: list[Problem] = []
    try:
        for batch in origin.land(declared, found, known, "run", NOON):
            landed.extend(batch.deliveries)
            told.extend(batch.left_out)
    except AndonError as error:
        return landed, told, error
    return landed, told, None


def types(raw: RawTable) -> dict[str, str]:
    """Type by column, without those that Andon adds."""
    return {column.name: column.type for column in raw.schema.columns[:-2]}


def texts(rows: Sequence[Sequence[Any]]) -> list[str]:
    """First value of each row."""
    return [row[0] for row in rows]


@contextmanager
def project(root: Path) -> Iterator[Project]:
    """A project in a folder; closed at the end."""
    store = FileTableStore(root / ".andon")
    engine = DuckDBEngine(root / ".andon", threads=2)
    try:
        yield Project(root=root, store=store, engine=engine)
    finally:
        engine.close()
        store.close()
