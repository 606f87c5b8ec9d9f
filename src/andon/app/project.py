"""The public Python API: a project as an object whose methods are the use cases."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from andon.app.preparing.limits import limits
from andon.app.preparing.prepare import prepare
from andon.app.preparing.selection import Selection
from andon.app.wiring.session import Session
from andon.errors import AndonError
from andon.execution.outcome import Observer, Outcome, RunReport, ignore
from andon.planning.action import Plan
from andon.ports.engine import Scalar
from andon.spec.project import ProjectSpec

if TYPE_CHECKING:
    from andon.app.rejects.quarantine import RejectedRows, Rejection
    from andon.app.rejects.replay import Replayed
    from andon.app.showing.read import Moment
    from andon.app.showing.search import Answer
    from andon.app.showing.search_values import ValueAnswer
    from andon.app.showing.table import Table
    from andon.app.showing.views import (
        AssetLine,
        AssetView,
        Collection,
        FailingRows,
        Finding,
        Result,
    )
    from andon.app.sourcing.sources import Sources
    from andon.catalog.records import Delivery, Publication
    from andon.execution.line import Tools


class Project:
    """One project, in one environment, for one person. Declarations are read anew at every call."""

    def __init__(self, root: Path, environment: str | None = None, user: str | None = None) -> None:
        self.root = root
        self._session = Session(root, environment, user)

    @property
    def spec(self) -> ProjectSpec:
        """The declarations as they are in the files now.

        Raises:
            ProjectInvalid: every problem of the project at once.
        """
        return self._session.spec

    @property
    def environment(self) -> str:
        """Name of the environment that calls act on."""
        return self._session.environment(self._session.spec)

    @property
    def sources(self) -> Sources:
        """Where its data comes from: try, push, draft contracts."""
        from andon.app.sourcing.sources import Sources

        return Sources(self._session)

    def plan(
        self,
        select: str | None = None,
        exclude: str | None = None,
        *,
        first: str | None = None,
        last: str | None = None,
        restate: bool = False,
    ) -> Plan:
        """What a run with these arguments would do to every asset, and why. Writes nothing."""
        spec = self._session.spec
        tools = self._session.tools(spec)
        selection = Selection(select=select, exclude=exclude)
        bounds = limits(first, last, restate=restate)
        return prepare(tools, spec, self._session.environment(spec), selection, limits=bounds).plan

    def run(
        self,
        select: str | None = None,
        exclude: str | None = None,
        *,
        fail_fast: bool = False,
        observer: Observer | None = None,
        stopping: threading.Event | None = None,
        first: str | None = None,
        last: str | None = None,
        restate: bool = False,
    ) -> RunReport:
        """Land, build, prove and publish what is due. A failed check is in the report, not raised.

        Args:
            first, last: only these intervals of incremental assets are run, both included; texts
                such as ``2026-02`` or ``2026-02-03``, UTC.
            restate: run them even where nothing changed.

        Raises:
            ProjectInvalid: the declarations are wrong.
            Conflict: (RUN006) others kept publishing first.
        """
        from andon.app.running.order import Order
        from andon.app.running.run import run

        spec = self._session.spec
        order = Order(
            environment=self._session.environment(spec),
            selection=Selection(select=select, exclude=exclude),
            fail_fast=fail_fast,
            observer=observer or ignore,
            stopping=stopping.is_set if stopping else (lambda: False),
            workers=spec.settings.threads or os.cpu_count() or 2,
            limits=limits(first, last, restate=restate),
        )
        return run(self._session.tools(spec), spec, order)

    def interrupt(self) -> None:
        """Stop at once what runs now; a run in another thread ends as cancelled."""
        self._session.interrupt()

    def check(
        self,
        select: str | None = None,
        exclude: str | None = None,
        *,
        observer: Observer | None = None,
    ) -> tuple[Outcome, ...]:
        """Judge the declared checks on what is served, now. No pointer moves."""
        from andon.app.running.check import check

        spec = self._session.spec
        selection = Selection(select=select, exclude=exclude)
        tell = observer or ignore
        return check(*self._at(spec), selection, tell)

    def set_aside(self, file: str, by: str | None = None) -> tuple[Delivery, ...]:
        """Let the line go on without a landed file; recorded with who decided."""
        from andon.app.running.check import set_aside

        return set_aside(self._session.tools(self._session.spec), file, by or self._session.user())

    def quarantine(self, name: str | None = None) -> tuple[Rejection, ...]:
        """Everything that is rejected now: rows set aside, deliveries refused or set aside.

        Args:
            name: one asset; all of them if None.

        Raises:
            UsageError: (APP002) unknown asset.
        """
        from andon.app.rejects.quarantine import quarantine

        spec = self._session.spec
        return quarantine(*self._at(spec), name)

    def rejected(self, name: str, limit: int = 20) -> RejectedRows:
        """The first rejected rows of an asset, with their origin and the reason."""
        from andon.app.rejects.quarantine import rejected_rows

        spec = self._session.spec
        return rejected_rows(*self._at(spec), name, limit)

    def export_rejected(self, name: str, file: str | Path) -> int:
        """Write the rejected rows of an asset as CSV or JSON lines, to be repaired; returns how many.

        Raises:
            UsageError: (APP012) another format; a record of which only the beginning is kept.
        """
        from andon.app.rejects.quarantine import export_rejected

        spec = self._session.spec
        tools = self._session.tools(spec)
        return export_rejected(tools, spec, self._session.environment(spec), name, Path(file))

    def replay(
        self,
        name: str,
        file: str | Path | None = None,
        *,
        replaces: str = "",
        by: str | None = None,
    ) -> Replayed:
        """Land a repaired file, put back a delivery, or have refused ones tried again; then `run`.

        Args:
            name: of the raw table.
            file: names the records it repairs, takes the place of a whole delivery, or is the path of
                one that was set aside; None tries refused ones again.
            replaces: path of the delivery that a whole file takes the place of.

        Raises:
            UsageError: (APP002) unknown table; (APP011) there is nothing of that name to repair;
                (APP012) the file cannot be taken.
        """
        from andon.app.rejects.replay import Replay

        spec = self._session.spec
        replay = Replay(*self._at(spec), name, by or self._session.user())
        return replay.again() if file is None else replay.file(Path(file), replaces)

    def query(
        self,
        sql: str,
        parameters: Mapping[str, Scalar] | None = None,
        as_of: Moment = None,
        limit: int | None = None,
    ) -> Result:
        """Rows of a select over published assets, all of one publication.

        Raises:
            Denied: (POL001) a rule refuses some of the tables; all of these are named.
        """
        from andon.app.showing.read import query

        spec = self._session.readable
        return query(*self._at(spec), sql, parameters=parameters, as_of=as_of, limit=limit)

    def table(self, name: str, as_of: Moment = None) -> Table:
        """One published asset, to be read as polars, pandas, Arrow or rows.

        Raises:
            Denied: (POL001) a rule refuses it.
        """
        from andon.app.showing.table import open_table

        spec = self._session.readable
        return open_table(
            self._session.wired(spec), spec, self._session.environment(spec), name, as_of
        )

    def show(self, name: str, as_of: Moment = None) -> AssetView:
        """Everything about one asset."""
        from andon.app.showing.inspect import show

        spec = self._session.readable
        return show(*self._at(spec), name, as_of)

    def failing(self, name: str, limit: int = 20) -> tuple[FailingRows, ...]:
        """Rows that failed a check or were set aside, of the newest and of the served snapshot."""
        from andon.app.showing.inspect import failing

        spec = self._session.spec
        return failing(
            self._session.tools(spec), spec, name, self._session.environment(spec), limit
        )

    def search(self, words: str, limit: int = 10) -> Answer:
        """Datasets that words mean, best first: by the words, then by trust and use."""
        from andon.app.showing.search import Shelves

        spec = self._session.readable
        return Shelves(*self._at(spec)).search(words, limit)

    def search_values(
        self,
        sought: str,
        *,
        is_pattern: bool = False,
        words: str = "",
        most_rows: int = 1_000_000,
        most_seconds: float = 30.0,
    ) -> ValueAnswer:
        """Columns of published tables that hold a value; no value of the data is in the answer.

        Tables that rules do not let the user read are not looked at, and told as left out.

        Args:
            sought: the value, or a regular expression that a whole value must match.
            words: look only in datasets that these find; in all if empty.
            most_rows: rows of a table to look at, 0 for all; most_seconds: no table is begun later.

        Raises:
            UsageError: (APP013) the pattern is no regular expression.
        """
        from andon.app.showing.search import Shelves
        from andon.app.showing.search_values import search_values
        from andon.discovery.values import Wanted

        spec = self._session.readable
        tools, environment = self._session.tools(spec), self._session.environment(spec)
        names = None
        if words:
            found = Shelves(tools, spec, environment).search(words, None).found
            names = [one.name for one in found]
        return search_values(
            tools,
            spec,
            environment,
            Wanted(text=sought, is_pattern=is_pattern),
            names,
            most_rows=most_rows,
            most_seconds=most_seconds,
        )

    def assets(
        self, select: str | None = None, exclude: str | None = None
    ) -> tuple[AssetLine, ...]:
        """One line per asset, in building order."""
        from andon.app.showing.inspect import list_assets

        spec = self._session.spec
        selection = Selection(select=select, exclude=exclude)
        return list_assets(*self._at(spec), selection)

    def history(self, name: str | None = None, limit: int = 20) -> tuple[Publication, ...]:
        """Publications, newest first; of one asset those that moved it.

        Raises:
            UsageError: (APP002) no asset has or had that name.
        """
        from andon.app.showing.inspect import find_asset, history

        spec = self._session.spec
        found = history(self._session.tools(spec), self._session.environment(spec), name, limit)
        if name is not None and not found:
            find_asset(spec, name)
        return found

    def rollback(
        self, *, to: int | None = None, asset: str | None = None, by: str | None = None
    ) -> Publication:
        """Take everything, or one asset with what must go with it, back to an older publication."""
        from andon.app.keeping.rollback import rollback

        spec = self._session.spec
        tools = self._session.tools(spec)
        return rollback(
            tools,
            spec,
            self._session.environment(spec),
            to=to,
            asset=asset,
            by=by or self._session.user(),
        )

    def release(self, assets: Sequence[str] = (), by: str | None = None) -> int:
        """Allow withdrawn builds to be published again; returns how many."""
        from andon.app.keeping.rollback import release

        spec = self._session.spec
        return release(*self._at(spec), tuple(assets), by or self._session.user())

    def gc(self, *, dry_run: bool = False) -> Collection:
        """Remove what nothing can reach any more."""
        from andon.app.keeping.collect import collect

        spec = self._session.spec
        return collect(*self._at(spec), dry_run=dry_run)

    def doctor(self, *, deep: bool = False) -> tuple[Finding, ...]:
        """Look for what is wrong with installation, store and data; `deep` hashes every file."""
        from andon.app.keeping.doctor import examine, unloadable

        try:
            spec = self._session.spec
        except AndonError as failure:
            return unloadable(failure)
        return examine(*self._at(spec), deep=deep)

    def adopt(self, by: str | None = None) -> int:
        """Keep snapshots that another minor version of the engine built; returns how many."""
        from andon.app.running.adopt import adopt

        spec = self._session.spec
        return adopt(*self._at(spec), by or self._session.user())

    def _at(self, spec: ProjectSpec) -> tuple[Tools, ProjectSpec, str]:
        """What most use cases begin with: the tools, the declarations, the environment."""
        return self._session.tools(spec), spec, self._session.environment(spec)

    def close(self) -> None:
        """Release processes, memory and files. Safe to repeat."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<andon project {self.root.name!r}>"
