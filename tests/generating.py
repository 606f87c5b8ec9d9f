"""A small project with source functions, whose worker runs in the process of the test."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from andon.acquisition.cursors import sequence
from andon.app.workers.worker import Worker
from andon.catalog.records import Delivery
from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import AndonError, TaskFailed
from andon.execution.workers.protocol import Failed, WorkerSettings
from andon.ports.python_runner import Piece, PythonResult, PythonTask, SourceTask
from andon.project.load import load
from andon.reading.reader import RawReader
from andon.sources.python.origin import PythonFunctions
from andon.spec.source import SourceTable
from andon.stores.files import FileTableStore
from tests.factories import write_project
from tests.sourcing import NOON


class Here:
    """The worker without its process; a task that the pool would have killed cannot be had here."""

    def __init__(self, spill: Path) -> None:
        settings = WorkerSettings(
            threads=1, memory_bytes=None, spill_bytes=None, spill_dir=str(spill)
        )
        self.worker = Worker(settings)

    def run(self, task: PythonTask) -> PythonResult:
        raise NotImplementedError(task.function)

    def stream(self, task: SourceTask) -> Iterator[Piece]:
        for reply in self.worker.stream(task):
            if isinstance(reply, Failed):
                raise _error(reply)
            assert isinstance(reply, Piece)
            yield reply

    def interrupt(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        if self.worker._engine is not None:
            self.worker._engine.close()


def _error(reply: Failed) -> AndonError:
    from andon import errors

    kind: type[AndonError] = getattr(errors, reply.kind)
    return kind(*reply.problems)


@dataclass
class Functions:
    """A folder with source functions and what they yielded so far."""

    root: Path
    store: FileTableStore
    engine: DuckDBEngine
    runner: Here
    known: list[Delivery] = field(default_factory=list)
    now: int = 0

    def write(self, code: str) -> None:
        """The file of the one source."""
        write_project(self.root, {"sources/s.py": f"from andon import source, secret\n{code}"})

    def table(self, name: str = "s.f") -> SourceTable:
        """As the loader reads it."""
        tables = {table.name: table for table in load(self.root).source_tables}
        return tables[name]  # type: ignore[index]  # names are text

    def ask(self, name: str = "s.f", batches: int | None = None) -> tuple[Delivery, ...]:
        """Land and record as a run does; ends after so many batches, as if it was killed."""
        table = self.table(name)
        origin = PythonFunctions(self.root, self.store, lambda: self.runner, 60)
        arrivals = origin.look(table, self.known, None)
        self.now += 1
        arrived: list[Delivery] = []
        landing = origin.land(table, arrivals, self.known, "run", NOON + timedelta(days=self.now))
        for number, batch in enumerate(landing, 1):
            ids = {delivery.id for delivery in batch.deliveries}
            arrived += [d for d in batch.deliveries if d.id not in {k.id for k in self.known}]
            kept = [] if batch.is_whole else [d for d in self.known if d.id not in ids]
            self.known = [*kept, *batch.deliveries]
            if number == batches:
                break
        return tuple(arrived)

    def rows(self, name: str = "s.f", columns: str = "* exclude (_file, _row)") -> list[Any]:
        """What is in the table now, sorted."""
        reader = RawReader(self.engine, self.store)
        raw = reader.build(
            self.table(name), self.known, None, lambda part: self.store.stage("run", part)
        )
        scan = self.engine.scan(raw.schema, [p.staged for p in raw.parts if p.role == "data"])
        return sorted(self.engine.rows(f"select {columns} from {scan}"), key=repr)

    def types(self, name: str = "s.f") -> dict[str, str]:
        """Types by column, without those that Andon adds."""
        reader = RawReader(self.engine, self.store)
        raw = reader.build(
            self.table(name), self.known, None, lambda part: self.store.stage("run", part)
        )
        return {column.name: column.type for column in raw.schema.columns[:-2]}

    @property
    def position(self) -> str:
        return sequence.position(self.known)


def failing(shop: Functions) -> str:
    """Code of the error that asking raises."""
    with pytest.raises(TaskFailed) as caught:
        shop.ask()
    return caught.value.code


def firsts(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """First value of each row."""
    return [row[0] for row in rows]


@contextmanager
def functions(root: Path) -> Iterator[Functions]:
    """A project in a folder; what it put on the import path is taken off again."""
    path = list(sys.path)
    store = FileTableStore(root / ".andon")
    engine = DuckDBEngine(root / ".andon", threads=1)
    runner = Here(root / "spill")
    try:
        yield Functions(root=root, store=store, engine=engine, runner=runner)
    finally:
        sys.path[:] = path
        runner.close()
        engine.close()
        store.close()
