"""The line: everything a run works with, and how a stored snapshot is read by the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from andon.catalog.marks import fill_marks
from andon.catalog.records import Snapshot, State
from andon.clock import Clock
from andon.execution.outcome import Notice, Observer
from andon.graph.order import Graph
from andon.planning.action import Action, Forecast, Plan
from andon.planning.slices import ANY, Limits
from andon.spec.asset import AssetSpec
from andon.spec.project import ProjectSpec, Scalar
from andon.spec.source import SourceTable
from andon.sql.quote import literal, path_pattern

if TYPE_CHECKING:
    from andon.ports.catalog_store import CatalogStore
    from andon.ports.engine import Engine
    from andon.ports.memory import Memory
    from andon.ports.origin import Origin
    from andon.ports.python_runner import PythonRunner
    from andon.ports.slice_store import SliceStore
    from andon.ports.source_reader import SourceReader
    from andon.ports.table_store import TableStore
    from andon.ports.use_store import UseStore


FEW_ROWS = 20_000
"""Rows read, up to which a statement costs more to plan than to run."""


class Tools(Struct, frozen=True, kw_only=True):
    """The ports, wired once per process. Engines and `runner` start on first use.

    Attributes:
        engine: for any amount of data, on all threads.
        few: for few rows, on the thread that asks: of a small statement, passing its parts between
            threads is a good part of the cost.
        origin: what acquires the rows of a raw table.
        user: name of whoever reads with these tools.
    """

    root: Path
    engine: Callable[[], Engine]
    few: Callable[[], Engine]
    engine_version: str
    runner: Callable[[], PythonRunner]
    origin: Callable[[SourceTable], Origin]
    reader: Callable[[], SourceReader]
    catalog: CatalogStore
    slices: SliceStore
    memory: Callable[[], Memory]
    uses: UseStore
    store: TableStore
    clock: Clock
    new_id: Callable[[], str]
    user: Callable[[], str]


class Line(Struct, frozen=True, kw_only=True):
    """One run in one environment: the plan, what it was made from, and the tools.

    Attributes:
        limits: which intervals of incremental assets may be run.
    """

    tools: Tools
    spec: ProjectSpec
    graph: Graph
    plan: Plan
    state: State
    forecasts: Mapping[str, Forecast]
    run_id: str
    observer: Observer
    stopping: Callable[[], bool]
    assets: Mapping[str, AssetSpec | SourceTable]
    actions: Mapping[str, Action]
    damaged: frozenset[str]
    limits: Limits = ANY
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, notice: Notice) -> None:
        """Tell the observer, one notice at a time."""
        with self.lock:
            self.observer(notice)

    def current(self, asset: str) -> Snapshot | None:
        """Snapshot the asset is served from now."""
        pointer = self.state.pointers.get(asset)
        return self.state.snapshots.get(pointer.snapshot_id) if pointer else None

    def parameters(self, asset: AssetSpec) -> dict[str, Scalar]:
        """Values of the parameters an asset reads, bound by name."""
        known = {**dict(self.spec.parameters), **dict(asset.variant)}
        return {name: known[name] for name in asset.body.parameters}


class Scans:
    """Turns snapshots into table expressions, views by way of the exact snapshots they read."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def of(self, snapshot: Snapshot) -> str:
        """Table expression in parentheses for a snapshot.

        Raises:
            DataCorrupt: (STO003) a file is missing or altered; nothing is read from it.
            TaskFailed: (RUN003) a view reads a snapshot that gc removed.
        """
        if snapshot.kind == "table" and snapshot.query:
            return self.of_landed(snapshot.query, self.paths(snapshot))
        if snapshot.kind == "table":
            return self._tools.engine().scan(snapshot.schema, self.paths(snapshot))
        return f"({render_view(snapshot, self._inputs(snapshot))})"

    def of_landed(self, query: str, paths: Sequence[Path]) -> str:
        """Table expression of a query over landed files, whose marks stand in string literals."""
        root = self._tools.store.root
        places = {path.relative_to(root).as_posix(): str(path) for path in paths}
        texts = {name: _in_literal(place) for name, place in places.items()}
        return f"({fill_marks(query, texts)})"

    def paths(self, snapshot: Snapshot) -> Sequence[Path]:
        """Verified paths of the served files of a table snapshot."""
        store = self._tools.store
        for file in snapshot.data_files:
            store.verify(file)
        return [store.path(file) for file in snapshot.data_files]

    def _inputs(self, view: Snapshot) -> dict[str, str]:
        ids = [item.snapshot_id for item in view.inputs]
        found = {item.id: item for item in self._tools.catalog.snapshots(ids=ids)} if ids else {}
        missing = [item for item in view.inputs if item.snapshot_id not in found]
        if missing:
            raise _gone(view, missing[0].asset)
        return {name: self.of(snapshot) for name, snapshot in found.items()}


def are_few(snapshots: Iterable[Snapshot]) -> bool:
    """Whether reading all of some snapshots reads few rows.

    Nobody knows behind a view, nor of a query that reads nothing and so makes its rows itself.
    """
    found = list(snapshots)
    if not found or any(snapshot.kind == "view" for snapshot in found):
        return False
    return sum(snapshot.rows for snapshot in found) <= FEW_ROWS


def _in_literal(path: str) -> str:
    """A path for a string literal that the engine takes as a pattern of files."""
    return literal(path_pattern(path))[1:-1]


def render_view(view: Snapshot, scans: Mapping[str, str]) -> str:
    """A view's query with the snapshots it reads filled in."""
    ids = [item.snapshot_id for item in view.inputs]
    return fill_marks(view.query, {id_: scans[id_] for id_ in ids})


def _gone(view: Snapshot, asset: str) -> Exception:
    from andon.errors import Problem, TaskFailed

    return TaskFailed(
        Problem(
            code="RUN003",
            what=f"view `{view.asset}` reads a snapshot of `{asset}` that was collected",
            why="the view is older than what `andon gc` keeps",
            fix="run `andon run` to rebuild the view, or choose a newer `--as-of`",
        )
    )
