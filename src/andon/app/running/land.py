"""Land: keep what arrived, durable and recorded, before anything is read from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from andon.acquisition.cursors.sequence import is_sequence
from andon.acquisition.deliveries.arrivals import Arrivals
from andon.acquisition.deliveries.decide import arrived_with
from andon.acquisition.deliveries.repairs import without_repairs
from andon.app.preparing.forecast import forecast, in_force
from andon.app.preparing.prepare import Prepared
from andon.app.running.arrived import record_batch
from andon.catalog.commit import Commit, Emit, PutRun, SetStatus, Update
from andon.catalog.records import RunRecord
from andon.errors import Problem, TaskFailed, Unavailable
from andon.events import DeliveryVanished, OriginAsked, RunStarted
from andon.execution.fault import failing_alone
from andon.execution.line import Tools
from andon.execution.outcome import Landed, Observer
from andon.ports.origin import Batch, Origin
from andon.spec.source import SourceTable


def land(
    tools: Tools,
    prepared: Prepared,
    record: RunRecord,
    observer: Observer,
    stopping: Callable[[], bool],
    asked: set[str],
) -> Prepared:
    """Keep what arrived for the selected raw tables, and say what is there now.

    What cannot be kept fails its table alone. Every batch is recorded before the next one is asked
    for, so that a killed run goes on where it was.

    Args:
        asked: tables whose origin was asked in this run already; it is asked once.
    """
    _begin(tools, prepared, record)
    landing = _Landing(tools, prepared, record, stopping)
    try:
        for table in prepared.spec.source_tables:
            is_open = prepared.arrivals[table.name].is_open
            if table.name not in prepared.plan.selected or landing.unseen[table.name]:
                continue
            if is_open and (table.name in asked or stopping()):
                continue
            asked.add(table.name)
            told = landing.land(table)
            if told is not None:
                observer(told)
    finally:
        landing.close()
    landing.record_times()
    return landing.prepared_now()


class _Came(Struct):
    """What was landed of one table until now, as people count it, and what was not.

    Attributes:
        is_less: whether something that was in force is so no more.
    """

    new: int = 0
    changed: int = 0
    repeated: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[Problem] = field(default_factory=list)
    is_less: bool = False

    def add(self, batch: Batch, arrived: Arrivals) -> None:
        """Count what one batch brought, and keep what it did not."""
        self.left_out += batch.left_out
        self.new += len(arrived.new)
        self.changed += len(arrived.changed)
        self.repeated += [(item.path, same) for item, same in arrived.repeated]

    @property
    def is_other(self) -> bool:
        """Whether the table is not as it was, or not as it was forecast to be."""
        return bool(self.count or self.left_out) or self.is_less

    @property
    def count(self) -> int:
        return self.new + self.changed + len(self.repeated)


class _Landing:
    """One landing of the tables of a run: what it met, and whether the forecast still holds."""

    def __init__(
        self,
        tools: Tools,
        prepared: Prepared,
        record: RunRecord,
        stopping: Callable[[], bool],
    ) -> None:
        self._tools = tools
        self._prepared = prepared
        self._record = record
        self._stopping = stopping
        self._used: list[Origin] = []
        self._seconds: dict[str, float] = {}
        self._left_out: dict[str, Sequence[Problem]] = {}
        self._is_changed = False
        self.unseen = {name: found.problems for name, found in prepared.forecasts.items()}
        """Problems by table; what has some is not landed."""

    def land(self, table: SourceTable) -> Landed | None:
        """Land one table, and say what came or vanished, if anything did."""
        arrivals = self._prepared.arrivals[table.name]
        self._used.append(self._tools.origin(table))
        came, began, is_failed = _Came(), time.perf_counter(), False
        try:
            with failing_alone(table.name):
                self._land(table, came)
        except (TaskFailed, Unavailable) as failure:
            self.unseen[table.name] = failure.problems
            is_failed = True
        self._left_out[table.name] = came.left_out
        self._is_changed = self._is_changed or is_failed or came.is_other
        if came.count or arrivals.is_open or is_failed:
            self._seconds[table.name] = time.perf_counter() - began
        if not (came.count or arrivals.vanished):
            return None
        return Landed(
            table=table.name,
            new=came.new,
            changed=came.changed,
            repeated=tuple(came.repeated),
            vanished=arrivals.vanished,
            are_parts=is_sequence(table),
        )

    def close(self) -> None:
        """Let go of every origin that was asked."""
        for origin in self._used:
            origin.close()

    def record_times(self) -> None:
        """Record how long each table took that had something to do."""
        events = tuple(
            Emit(event=OriginAsked(run_id=self._record.id, table=table, seconds=round(seconds, 6)))
            for table, seconds in self._seconds.items()
        )
        if events:
            self._tools.catalog.commit(Commit(updates=events), self._tools.clock.now())

    def prepared_now(self) -> Prepared:
        """What was prepared, with what is there now and what was left out of it."""
        prepared, tools = self._prepared, self._tools
        if self._is_changed:
            state = in_force(tools, prepared.spec, tools.catalog.state(self._record.environment))
            state = replace(prepared.state, deliveries=state.deliveries)
            forecasts = forecast(tools, prepared.spec, state, {}, self.unseen)
            prepared = replace(prepared, state=state, forecasts=forecasts)
        forecasts = {
            name: replace(
                found,
                left_out=(*prepared.arrivals[name].left_out, *self._left_out.get(name, ())),
            )
            for name, found in prepared.forecasts.items()
        }
        warnings = (problem for problems in self._left_out.values() for problem in problems)
        plan = replace(prepared.plan, warnings=(*prepared.plan.warnings, *warnings))
        return replace(prepared, forecasts=forecasts, plan=plan)

    def _land(self, table: SourceTable, came: _Came) -> None:
        """Land and record one table, batch by batch; what was recorded is counted in `came`."""
        prepared, tools, record = self._prepared, self._tools, self._record
        arrivals, origin = prepared.arrivals[table.name], tools.origin(table)
        if not arrivals.is_open:
            known = without_repairs(prepared.state.deliveries.get(table.name, ()))
            for batch in origin.land(table, arrivals, known, record.id, record.started_at):
                arrived = arrived_with(table.name, batch.deliveries, known)
                record_batch(tools, table, batch, (), arrived, record.id)
                came.add(batch, arrived)
            return
        # Whoever waited for the lock goes on from what the other one read meanwhile.
        with tools.store.lock(f"land-{table.name}"):
            state = in_force(tools, prepared.spec, tools.catalog.state(record.environment))
            in_use = state.deliveries.get(table.name, ())
            known = without_repairs(in_use)
            repairs = {delivery.id for delivery in in_use} - {delivery.id for delivery in known}
            all_known = [d for d in tools.catalog.deliveries(table.name) if d.state == "landed"]
            for batch in origin.land(table, arrivals, known, record.id, record.started_at):
                new = {delivery.id for delivery in batch.deliveries}
                before = set() if batch.is_whole else {delivery.id for delivery in known} | repairs
                stale = [d.id for d in all_known if d.number and d.id not in before | new]
                ids = {delivery.id for delivery in known}
                fresh = [delivery for delivery in batch.deliveries if delivery.id not in ids]
                # One that is known is recorded anew, for its position.
                arrived = arrived_with(table.name, fresh, known)
                record_batch(tools, table, batch, stale, arrived, record.id)
                came.add(batch, arrived)
                came.is_less = came.is_less or bool(stale)
                replaced = {delivery.path for delivery in batch.deliveries}
                known = (*(d for d in known if d.path not in replaced), *batch.deliveries)
                all_known = []
                if self._stopping():
                    break


def _begin(tools: Tools, prepared: Prepared, record: RunRecord) -> None:
    """Record the run, and that damaged snapshots are not to be used again."""
    started = RunStarted(
        run_id=record.id, environment=record.environment, assets=len(prepared.plan.selected)
    )
    updates: list[Update] = [
        SetStatus(snapshot_ids=tuple(sorted(prepared.damaged)), status="marked"),
        PutRun(run=record),
        Emit(event=started),
    ]
    for name in sorted(prepared.plan.selected & prepared.arrivals.keys()):
        updates.extend(
            Emit(event=DeliveryVanished(run_id=record.id, table=name, path=path))
            for path in prepared.arrivals[name].vanished
        )
    tools.catalog.commit(Commit(updates=tuple(updates)), tools.clock.now())
