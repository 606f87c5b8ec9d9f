"""Forecast: what every raw table will hold once what its origin offers is landed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from msgspec.structs import replace

from andon.acquisition.columns.facts import may_be_refused
from andon.acquisition.cursors import sequence
from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.acquisition.deliveries.choose import choose
from andon.acquisition.deliveries.decide import delivery_id
from andon.acquisition.deliveries.repairs import without_repairs
from andon.acquisition.readings.fingerprint import fingerprint, key_of
from andon.catalog.records import Delivery, State
from andon.errors import Problem, TaskFailed, Unavailable
from andon.execution.fault import failing_alone
from andon.execution.line import Tools
from andon.graph.order import Graph
from andon.planning.action import Forecast
from andon.spec.origin import FilesOrigin
from andon.spec.project import ProjectSpec

Unseen = Mapping[str, tuple[Problem, ...]]
"""Raw tables whose origin cannot be looked at, each with why."""


def in_force(tools: Tools, spec: ProjectSpec, state: State) -> State:
    """The state with the deliveries each table goes on from: a rollback takes its cursor back, and
    what is known to be unreadable is left out."""
    deliveries = dict(state.deliveries)
    for table in spec.source_tables:
        known = deliveries.get(table.name, ())
        if any(may_be_refused(delivery.facts) for delivery in known):
            from andon.acquisition.readings.refused import without_refused

            earlier = partial(tools.catalog.deliveries, table.name)
            known = deliveries[table.name] = without_refused(table, known, earlier)
        is_growing = isinstance(table.origin, FilesOrigin) and table.origin.grows
        if not is_growing and not any(delivery.number for delivery in known):
            continue
        pointer = state.pointers.get(table.name)
        served = state.snapshots[pointer.snapshot_id].deliveries if pointer else ()
        keys = [key for key in state.withdrawn if key[0] == table.name]
        taken_back = [s.deliveries for s in tools.catalog.find(keys).values()] if keys else []
        deliveries[table.name] = sequence.in_force(table, known, served, taken_back)
    return replace(state, deliveries=deliveries)


def look(
    tools: Tools, spec: ProjectSpec, state: State, graph: Graph
) -> tuple[dict[str, Arrivals], Unseen]:
    """Compare every raw table's origin with what is known of it.

    A table whose origin cannot be looked at (SRC001: no file was ever there; SRC003) is told apart:
    it fails alone, with what rests on it. So does one that waits for its first delivery if anything
    rests on it.
    """
    runs = tools.catalog.runs(1)
    last = runs[0].started_at if runs else None
    found: dict[str, Arrivals] = {}
    unseen: dict[str, tuple[Problem, ...]] = {}
    for table in spec.source_tables:
        known = state.deliveries.get(table.name, ())
        try:
            with failing_alone(table.name):
                origin = tools.origin(table)
                found[table.name] = origin.look(table, without_repairs(known), last)
        except (TaskFailed, Unavailable) as failure:
            found[table.name] = Arrivals(table=table.name)
            unseen[table.name] = failure.problems
        if found[table.name].waits and graph.readers[table.name]:
            unseen[table.name] = found[table.name].waits
    return found, unseen


def forecast(
    tools: Tools,
    spec: ProjectSpec,
    state: State,
    arrivals: Mapping[str, Arrivals],
    unseen: Unseen,
) -> dict[str, Forecast]:
    """What every raw table will hold once the arrivals are landed."""
    found: dict[str, Forecast] = {}
    for table in spec.source_tables:
        known = state.deliveries.get(table.name, ())
        arrived = arrivals.get(table.name, Arrivals(table=table.name))
        coming = _coming(arrived, tools.clock.now())
        replaced = {item.path for item in coming}
        after = (*(d for d in known if d.path not in replaced), *coming)
        own, loads = fingerprint(table), choose(after)
        found[table.name] = Forecast(
            fingerprint=own,
            build_key=key_of(own, loads, tools.engine_version),
            reasons=_reasons(arrived),
            deliveries=tuple(load.id for load in loads),
            repeated=tuple((item.path, same) for item, same in arrived.repeated),
            vanished=arrived.vanished,
            known=tuple(after),
            problems=unseen.get(table.name, ()),
            left_out=arrived.left_out,
            is_waiting=bool(arrived.waits),
            is_open=arrived.is_open,
        )
    return found


def _coming(arrivals: Arrivals, now: datetime) -> tuple[Delivery, ...]:
    """Deliveries as they will be recorded; only what enters a build key matters here.

    What is known only after it was landed is not among them. A file that is new whatever its bytes
    are stands in it by its path, so that its key is none that was built before.
    """
    files: Sequence[Found] = (
        *arrivals.new,
        *arrivals.changed,
        *(item for item, _ in arrivals.repeated),
    )
    contents = [(item, item.content or f"at {item.path}") for item in files]
    return tuple(
        Delivery(
            id=delivery_id(arrivals.table, item.path, content),
            table=arrivals.table,
            path=item.path,
            content=content,
            bytes=item.bytes,
            modified_ns=item.modified_ns,
            arrived_at=now,
            run_id="",
        )
        for item, content in contents
        if item.content is not None or not arrivals.is_open
    )


def _reasons(arrivals: Arrivals) -> tuple[str, ...]:
    words: list[str] = [arrivals.asks] if arrivals.asks else []
    for count, what in (
        (len(arrivals.new), "new"),
        (len(arrivals.changed), "changed"),
        (len(arrivals.repeated), "repeated"),
    ):
        if count:
            words.append(f"{count} {what} file{'s' if count > 1 else ''}")
    return tuple(words)
