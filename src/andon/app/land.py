"""Land: keep what arrived, durable and recorded, before anything is read from it."""

from __future__ import annotations

from msgspec.structs import replace

from andon.app.prepare import Prepared, forecast
from andon.catalog.commit import AddDeliveries, Commit, Emit, PutRun, SetStatus, Update
from andon.catalog.records import Delivery, RunRecord
from andon.errors import TaskFailed
from andon.events import DeliveryLanded, DeliveryRepeated, DeliveryVanished, RunStarted
from andon.execution.line import Tools
from andon.execution.outcome import Landed, Observer


def land(tools: Tools, prepared: Prepared, record: RunRecord, observer: Observer) -> Prepared:
    """Keep what arrived for the selected raw tables, and say what is there now.

    A file that cannot be kept fails its table alone.
    """
    updates: list[Update] = [
        SetStatus(snapshot_ids=tuple(sorted(prepared.damaged)), status="marked"),
        PutRun(run=record),
        Emit(
            event=RunStarted(
                run_id=record.id,
                environment=record.environment,
                assets=len(prepared.plan.selected),
            )
        ),
    ]
    landed_any = False
    unseen = {name: found.problems for name, found in prepared.forecasts.items()}
    for table in prepared.spec.source_tables:
        arrivals = prepared.arrivals[table.name]
        if table.name not in prepared.plan.selected:
            continue
        try:
            deliveries = tools.reader.land(table, arrivals, record.id, record.started_at)
        except TaskFailed as failure:
            unseen[table.name] = failure.problems
            landed_any = True
            continue
        landed_any = landed_any or bool(deliveries)
        if deliveries:
            updates.append(AddDeliveries(deliveries=deliveries))
        updates.extend(_arrival_events(record.id, table.name, deliveries, prepared))
        if deliveries or arrivals.vanished:
            observer(
                Landed(
                    table=table.name,
                    new=len(arrivals.new),
                    changed=len(arrivals.changed),
                    repeated=tuple((item.path, same) for item, same in arrivals.repeated),
                    vanished=arrivals.vanished,
                )
            )
    tools.catalog.commit(Commit(updates=tuple(updates)), tools.clock.now())
    if not landed_any:
        return prepared
    state = replace(prepared.state, deliveries=tools.catalog.state(record.environment).deliveries)
    return replace(
        prepared, state=state, forecasts=forecast(tools, prepared.spec, state, {}, unseen)
    )


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
    vanished = prepared.arrivals[table].vanished
    return events + [
        Emit(event=DeliveryVanished(run_id=run_id, table=table, path=path)) for path in vanished
    ]
