"""Land: keep what arrived, durable and recorded, before anything is read from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

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
from andon.errors import TaskFailed, Unavailable
from andon.events import DeliveryLanded, DeliveryRepeated, DeliveryVanished, RunStarted
from andon.execution.line import Tools
from andon.execution.outcome import Landed, Observer
from andon.ports.origin import Batch
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
    is_changed = False
    for table in prepared.spec.source_tables:
        arrivals = prepared.arrivals[table.name]
        if table.name not in prepared.plan.selected or unseen[table.name]:
            continue
        if arrivals.is_open and (table.name in asked or stopping()):
            continue
        asked.add(table.name)
        try:
            count = _land(tools, prepared, table, record, stopping)
        except (TaskFailed, Unavailable) as failure:
            unseen[table.name] = failure.problems
            is_changed = True
            continue
        is_changed = is_changed or bool(count)
        if count or arrivals.vanished:
            observer(
                Landed(
                    table=table.name,
                    new=count if arrivals.is_open else len(arrivals.new),
                    changed=len(arrivals.changed),
                    repeated=tuple((item.path, same) for item, same in arrivals.repeated),
                    vanished=arrivals.vanished,
                )
            )
    if not is_changed:
        return prepared
    state = in_force(tools, prepared.spec, tools.catalog.state(record.environment))
    state = replace(prepared.state, deliveries=state.deliveries)
    return replace(
        prepared, state=state, forecasts=forecast(tools, prepared.spec, state, {}, unseen)
    )


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
) -> int:
    """Land and record one table, batch by batch; returns how many deliveries there are."""
    arrivals, origin = prepared.arrivals[table.name], tools.origin(table)
    if not arrivals.is_open:
        batches = origin.land(table, arrivals, (), record.id, record.started_at)
        return sum(_record(tools, prepared, table, batch, (), (), record.id) for batch in batches)
    count = 0
    # Whoever waited for the lock goes on from what the other one read meanwhile.
    with tools.store.lock(f"land-{table.name}"):
        state = in_force(tools, prepared.spec, tools.catalog.state(record.environment))
        known = state.deliveries.get(table.name, ())
        all_known = [d for d in tools.catalog.deliveries(table.name) if d.state == "landed"]
        for batch in origin.land(table, arrivals, known, record.id, record.started_at):
            new = {delivery.id for delivery in batch.deliveries}
            before = set() if batch.is_whole else {delivery.id for delivery in known}
            stale = [d.id for d in all_known if d.number and d.id not in before | new]
            count += _record(tools, prepared, table, batch, known, stale, record.id)
            known, all_known = (*known, *batch.deliveries), []
            if stopping():
                break
    return count


def _record(
    tools: Tools,
    prepared: Prepared,
    table: SourceTable,
    batch: Batch,
    known: Sequence[Delivery],
    stale: Sequence[str],
    run_id: str,
) -> int:
    """Commit the records of one batch; what they replace is superseded in the same step.

    Returns:
        How many arrived; one that is known is recorded anew, for its position.
    """
    before = {delivery.id for delivery in known}
    arrived = tuple(delivery for delivery in batch.deliveries if delivery.id not in before)
    updates: list[Update] = []
    if stale:
        updates.append(SetDeliveryState(delivery_ids=tuple(stale), state="superseded"))
    updates.append(AddDeliveries(deliveries=batch.deliveries))
    updates.extend(_arrival_events(run_id, table.name, arrived, prepared))
    tools.catalog.commit(Commit(updates=tuple(updates)), tools.clock.now())
    return len(arrived)


def _arrival_events(
    run_id: str, table: str, deliveries: tuple[Delivery, ...], prepared: Prepared
) -> list[Emit]:
    repeated = dict(prepared.forecasts[table].repeated)
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
        else:
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
