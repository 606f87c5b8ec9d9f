"""Wiring: the one place where ports are given their adapters."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from andon.app.wiring.engine_version import engine_version
from andon.app.wiring.lazy import LazyEngine, Once
from andon.app.wiring.origins import origins
from andon.app.wiring.person import whoami
from andon.clock import Clock
from andon.errors import AndonError, TaskFailed, Where
from andon.execution.line import Tools
from andon.ports.table_store import DATA_FOLDERS
from andon.project.cache import Cache, proof_cache
from andon.spec.asset import PythonBody
from andon.spec.origin import PythonOrigin
from andon.spec.project import ProjectSpec
from andon.stores.clock import SystemClock
from andon.stores.files import FileTableStore
from andon.stores.sqlite.catalog import SqliteCatalog
from andon.stores.steps import OnStep, ignore

if TYPE_CHECKING:
    from andon.engines.duckdb.engine import DuckDBEngine
    from andon.execution.workers.runner import WorkerPool
    from andon.ports.engine import Engine
    from andon.ports.python_runner import PythonRunner
    from andon.ports.source_reader import SourceReader
    from andon.sql.body import Macro

STORE = ".andon"
"""Folder of a project in which Andon keeps its own."""

FEW_BYTES = 256 << 20
"""Most memory of the engine for few rows; of a stated limit it gets a sixteenth."""

LEAST_BYTES = 8 << 20
"""Least memory of it: less, and it could not hold a block of every column."""

_WORKER_SHARE = 0.5
"""Share of the memory limit that the workers of Python assets get, if there are any."""


class Wired(Struct, frozen=True, kw_only=True):
    """Tools together with what has to be closed or interrupted."""

    tools: Tools
    engine: Once[DuckDBEngine]
    few: Once[DuckDBEngine]
    runner: Once[WorkerPool]
    memory: Once[Cache]
    catalog: SqliteCatalog
    store: FileTableStore

    def interrupt(self) -> None:
        """Stop everything that runs now."""
        for engine in (self.engine.made, self.few.made):
            if engine is not None:
                engine.interrupt()
        if self.runner.made is not None:
            self.runner.made.interrupt()

    def close(self) -> None:
        """Release processes, memory and files. Safe to repeat."""
        if self.runner.made is not None:
            self.runner.made.close()
        for engine in (self.engine.made, self.few.made):
            if engine is not None:
                engine.close()
        if self.memory.made is not None:
            self.memory.made.save()
        self.catalog.close()
        self.store.close()


def wire(
    root: Path,
    spec: ProjectSpec,
    clock: Clock | None = None,
    on_step: OnStep = ignore,
    place: Path | None = None,
    user: Callable[[], str] = whoami,
) -> Wired:
    """Give a project its tools. Nothing heavy is imported before it is used.

    Args:
        root: folder of the project.
        spec: its declarations.
        clock: the machine's own if None.
        on_step: called before and after each durable step, for fault tests.
        place: folder that everything is kept in; the project's own if None.
        user: name of whoever reads.
    """
    place = place or root / STORE
    read_only = not os.access(place if place.exists() else root, os.W_OK)
    store = FileTableStore(place, on_step=on_step)
    catalog = SqliteCatalog(place / "catalog.sqlite", read_only=read_only, on_step=on_step)
    installed = engine_version()
    started = Once(lambda: _engine(place, spec, store, few=False))
    engine = LazyEngine(started, installed)
    started_few = Once(lambda: _engine(place, spec, store, few=True))
    few = LazyEngine(started_few, installed)
    runner = Once(lambda: _workers(place, spec, store))
    reader = Once(lambda: _reader(engine, store))
    memory = Once(lambda: proof_cache(place))
    tools = Tools(
        root=root,
        engine=lambda: engine,
        few=lambda: few,
        engine_version=installed,
        runner=lambda: _as_runner(runner()),
        origin=origins(
            root,
            store,
            engine=lambda: engine,
            runner=lambda: _as_runner(runner()),
            timeout_s=spec.settings.timeout_s,
        ),
        reader=reader,
        catalog=catalog,
        slices=catalog,
        memory=memory,
        uses=catalog,
        store=store,
        clock=clock or SystemClock(),
        new_id=new_id,
        user=user,
    )
    return Wired(
        tools=tools,
        engine=started,
        few=started_few,
        runner=runner,
        memory=memory,
        catalog=catalog,
        store=store,
    )


def new_id() -> str:
    """A new id that sorts by time of creation."""
    return f"{time.time_ns():016x}{os.urandom(4).hex()}"


def _reader(engine: Engine, store: FileTableStore) -> SourceReader:
    # Only what has something to read needs to know how.
    from andon.reading.reader import RawReader

    return RawReader(engine, store)


def _as_runner(pool: WorkerPool) -> PythonRunner:
    return pool


def _engine(place: Path, spec: ProjectSpec, store: FileTableStore, *, few: bool) -> DuckDBEngine:
    from andon.engines.duckdb.engine import DuckDBEngine

    of_few, rest = memory_shares(_engine_memory(spec))
    spill = spec.settings.spill_bytes
    spill_of_few = None if spill is None else spill // 16
    engine = DuckDBEngine(
        place,
        threads=1 if few else spec.settings.threads,
        memory_bytes=of_few if few else rest,
        spill_bytes=spill_of_few if few else None if spill is None else spill - (spill_of_few or 0),
        spill_dir=_spill(place, store, "engine-few" if few else "engine"),
        folders=DATA_FOLDERS,
    )
    _define(engine, spec.macros)
    return engine


def memory_shares(memory: int | None) -> tuple[int, int | None]:
    """Bytes of the engine for few rows and of the other one, of what is stated for both.

    >>> memory_shares(None), memory_shares(16 << 30), memory_shares(96 << 20)
    ((268435456, None), (268435456, 16911433728), (8388608, 92274688))
    >>> memory_shares(10 << 20)
    (2621440, 7864320)
    """
    if memory is None:
        return FEW_BYTES, None
    few = min(FEW_BYTES, max(LEAST_BYTES, memory // 16), memory // 4)
    return few, memory - few


def _engine_memory(spec: ProjectSpec) -> int | None:
    """What the engines may take of the stated limit, if there is one."""
    memory = spec.settings.memory_bytes
    if memory is not None and has_python(spec):
        return int(memory * (1 - _WORKER_SHARE))
    return memory


def _define(engine: DuckDBEngine, macros: Sequence[Macro]) -> None:
    """Give the engine the project's macros; one that it refuses is named with its file."""
    if not macros:
        return
    from andon.sql.macros import in_order

    macros = in_order(macros)
    try:
        engine.define_macros([macro.sql for macro in macros])
    except TaskFailed:
        for macro in macros:
            _define_one(engine, macro)
        raise


def _define_one(engine: DuckDBEngine, macro: Macro) -> None:
    try:
        engine.define_macros([macro.sql])
    except TaskFailed as failure:
        problems = (
            replace(p, what=f"macro `{macro.name}`: {p.what}", where=Where(path=macro.path))
            for p in failure.problems
        )
        raise TaskFailed(*problems) from failure


def _spill(place: Path, store: FileTableStore, name: str) -> Path:
    """Folder for spilled data. It is staged, so after a crash the next run sweeps it."""
    try:
        return store.stage("spill", name)
    except AndonError:  # a store that cannot be written is read all the same; it just cannot spill
        return place / "spill" / f"{os.getpid()}-{name}"


def has_python(spec: ProjectSpec) -> bool:
    """Whether any asset or source runs in a worker process."""
    return any(isinstance(asset.body, PythonBody) for asset in spec.assets) or any(
        isinstance(table.origin, PythonOrigin) for table in spec.source_tables
    )


def _workers(place: Path, spec: ProjectSpec, store: FileTableStore) -> WorkerPool:
    from andon.execution.workers.runner import WorkerPool

    settings = spec.settings
    cores = settings.threads or os.cpu_count() or 2
    memory = settings.memory_bytes
    return WorkerPool(
        size=cores,
        memory_bytes=None if memory is None else int(memory * _WORKER_SHARE) // cores,
        spill_bytes=settings.spill_bytes,
        spill_dir=_spill(place, store, "workers"),
    )
