"""Record one batch: its deliveries, what they supersede, and what is told of them."""

from __future__ import annotations

from collections.abc import Sequence

from andon.acquisition.deliveries.arrivals import Arrivals
from andon.catalog.commit import AddDeliveries, Commit, Emit, SetDeliveryState, Update
from andon.catalog.records import Delivery
from andon.events import DeliveryLanded, DeliveryRepeated
from andon.execution.line import Tools
from andon.ports.origin import Batch
from andon.spec.source import SourceTable


def record_batch(
    tools: Tools,
    table: SourceTable,
    batch: Batch,
    stale: Sequence[str],
    arrived: Arrivals,
    run_id: str,
) -> None:
    """Commit a batch.

    Args:
        stale: ids of deliveries that it replaces; they are superseded in the same step.
        arrived: which of its deliveries are new, changed or repeated.
    """
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
