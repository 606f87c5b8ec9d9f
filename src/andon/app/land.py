"""Land: keep what arrived, durable and recorded, before anything is read from it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from andon.acquisition.arrivals import Arrivals
from andon.acquisition.decide import arrived_with
from andon.acquisition.repairs import without_repairs
from andon.acquisition.sequence import is_sequence
from andon.app.forecast import forecast, in_force
from andon.app.prepare import Prepared
from andon.catalog.commit import (
    AddDeliveries,
    Commit,
    Emit,
    PutRun,
    SetDeliveryState,
    SetStatus,
    Update,
)
from andon.catalog.records import Delivery, RunRecord
from andon.errors import Problem, TaskFailed, Unavailable
from andon.events import (
    DeliveryLanded,
    DeliveryRepeated,
    DeliveryVanished,
    OriginAsked,
    RunStarted,
)
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
    unseen = {name: found.problems for name, found in prepared.forecasts.items()}
    used: list[Origin] = []
    took: dict[str, float] = {}
    left_out: dict[str, Sequence[Problem]] = {}
    try:
        is_changed = _land_all(
            tools, prepared, record, observer, stopping, asked, unseen, used, took, left_out
        )
    finally:
        for origin in used:
            origin.close()
    if took:
        events = (
            Emit(event=OriginAsked(run_id=record.id, table=table, seconds=round(seconds, 6)))
            for table, seconds in took.items()
        )
        tools.catalog.commit(Commit(updates=tuple(events)), tools.clock.now())
    if is_changed:
        state = in_force(tools, prepared.spec, tools.catalog.state(record.environment))
        state = replace(prepared.state, deliveries=state.deliveries)
        forecasts = forecast(tools, prepared.spec, state, {}, unseen)
        prepared = replace(prepared, state=state, forecasts=forecasts)
    return _told(prepared, left_out)


def _told(prepared: Prepared, left_out: Mapping[str, Sequence[Problem]]) -> Prepared:
    """The same, with what was left out of each table when it was looked at and when it was landed."""
    forecasts = {
        name: replace(found, left_out=(*prepared.arrivals[name].left_out, *left_out.get(name, ())))
        for name, found in prepared.forecasts.items()
    }
    warnings = (problem for problems in left_out.values() for problem in problems)
    plan = replace(prepared.plan, warnings=(*prepared.plan.warnings, *warnings))
    return replace(prepared, forecasts=forecasts, plan=plan)


def _land_all(
    tools: Tools,
    prepared: Prepared,
    record: RunRecord,
    observer: Observer,
    stopping: Callable[[], bool],
    asked: set[str],
    unseen: dict[str, tuple[Problem, ...]],
    used: list[Origin],
    took: dict[str, float],
    left_out: dict[str, Sequence[Problem]],
) -> bool:
    """Land table by table; whether anything is other than was forecast.

    Args:
        unseen: problems by table; those met here are added.
        used: origins that were asked; they are added, for the caller to close.
        took: seconds by table that had something to do; they are added.
        left_out: warnings by table for what did not come; they are added.
    """
    is_changed = False
    for table in prepared.spec.source_tables:
        arrivals = prepared.arrivals[table.name]
        if table.name not in prepared.plan.selected or unseen[table.name]:
            continue
        if arrivals.is_open and (table.name in asked or stopping()):
            continue
        asked.add(table.name)
        used.append(tools.origin(table))
        came, began, is_failed = _Came(), time.perf_counter(), False
        try:
            with failing_alone(table.name):
                _land(tools, prepared, table, record, stopping, came)
        except (TaskFailed, Unavailable) as failure:
            unseen[table.name] = failure.problems
            is_changed = is_failed = True
        left_out[table.name] = came.left_out
        count = came.new + came.changed + len(came.repeated)
        is_changed = is_changed or bool(count) or came.is_less
        if count or arrivals.is_open or is_failed:
            took[str(table.name)] = time.perf_counter() - began
        if count or arrivals.vanished:
            observer(
                Landed(
                    table=table.name,
                    new=came.new,
                    changed=came.changed,
                    repeated=tuple(came.repeated),
                    vanished=arrivals.vanished,
                    are_parts=is_sequence(table),
                )
            )
    return is_changed


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


def _land(
    tools: Tools,
    prepared: Prepared,
    table: SourceTable,
    record: RunRecord,
    stopping: Callable[[], bool],
    came: _Came,
) -> None:
    """Land and record one table, batch by batch; what was recorded is counted in `came`."""
    arrivals, origin = prepared.arrivals[table.name], tools.origin(table)
    if not arrivals.is_open:
        known = without_repairs(prepared.state.deliveries.get(table.name, ()))
        for batch in origin.land(table, arrivals, known, record.id, record.started_at):
            arrived = arrived_with(table.name, batch.deliveries, known)
            _record(tools, table, batch, (), arrived, record.id)
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
            _record(tools, table, batch, stale, arrived, record.id)
            came.add(batch, arrived)
            came.is_less = came.is_less or bool(stale)
            replaced = {delivery.path for delivery in batch.deliveries}
            known = (*(d for d in known if d.path not in replaced), *batch.deliveries)
            all_known = []
            if stopping():
                break


def _record(
    tools: Tools,
    table: SourceTable,
    batch: Batch,
    stale: Sequence[str],
    arrived: Arrivals,
    run_id: str,
) -> None:
    """Commit the records of one batch; what they replace is superseded in the same step."""
    if not (batch.deliveries or stale):
        return
    updates: list[Update] = []
    if stale:
        updates.append(SetDeliveryState(delivery_ids=tuple(stale), state="superseded"))
    updates.append(AddDeliveries(deliveries=batch.deliveries))
    updates.extend(_arrival_events(run_id, table.name, batch.deliveries, arrived))
    tools.catalog.commit(Commit(updates=tuple(updates)), tools.clock.now())


def _arrival_events(
    run_id: str, table: str, deliveries: tuple[Delivery, ...], arrived: Arrivals
) -> list[Emit]:
    repeated = {item.path: same for item, same in arrived.repeated}
    fresh = {item.path for item in (*arrived.new, *arrived.changed)}
    events: list[Emit] = []
    for item in deliveries:
        if item.path in repeated:
            events.append(
                Emit(
                    event=DeliveryRepeated(
                        run_id=run_id, table=table, path=item.path, same_as=repeated[item.path]
                    )
                )
            )
        elif item.path in fresh:
            events.append(
                Emit(
                    event=DeliveryLanded(
                        run_id=run_id,
                        table=table,
                        path=item.path,
                        content=item.content,
                        bytes=item.bytes,
                    )
                )
            )
    return events
