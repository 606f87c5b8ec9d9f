"""Cost: the bytes that are kept because of a table, and the time its landing and building took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from andon.catalog.records import Delivery, Snapshot
from andon.events import Event, OriginAsked, TaskFinished

_NOT_WORKED_ON = ("held", "cancelled")


class Bytes(Struct, frozen=True, kw_only=True):
    """What is kept because of a table, by the records of the catalog.

    Attributes:
        landed: of everything that ever arrived.
        kept: of it as it lies in the store, where equal bytes lie once.
        superseded: of what is kept, that which only versions and reads have that are replaced.
        table: of the published table itself, rows set aside included; nothing where it is read from
            the bytes that were landed.
        built_on: of the published tables that read it directly.
    """

    landed: int = 0
    kept: int = 0
    superseded: int = 0
    table: int = 0
    built_on: int = 0


class Work(Struct, frozen=True, kw_only=True):
    """What was done for tables, in seconds on the clock.

    Seconds count waiting too: for the network, a lock, another try. Tasks run side by side, so that
    seconds of several tables may add up to more than their run took.

    Attributes:
        runs: ids of the runs that did any of it.
        landing_s: asking the origin and keeping what came.
        building_s: reading what was kept, or running the query, then checking and writing.
    """

    runs: frozenset[str] = frozenset()
    landing_s: float = 0.0
    building_s: float = 0.0


def bytes_of(
    deliveries: Iterable[Delivery], own: Iterable[Snapshot], built_on: Iterable[Snapshot]
) -> Bytes:
    """Bytes of tables together.

    Args:
        deliveries: all that ever arrived for them.
        own: snapshots they are served from; built_on: those of the tables that read them directly.
    """
    known = tuple(deliveries)
    kept = {one.content: one.bytes for one in known}
    in_force = {one.content for one in known if one.state != "superseded"}
    return Bytes(
        landed=sum(one.bytes for one in known),
        kept=sum(kept.values()),
        superseded=sum(size for content, size in kept.items() if content not in in_force),
        table=_written(own, kept),
        built_on=_written(built_on, {}),
    )


def _written(snapshots: Iterable[Snapshot], landed: Mapping[str, int]) -> int:
    files = {file.path: file for one in snapshots for file in one.files}
    return sum(file.bytes for file in files.values() if file.sha256 not in landed)


def work_by_table(events: Iterable[Event]) -> dict[str, Work]:
    """What was done, by table or asset, as a fold over the log."""
    runs: dict[str, set[str]] = {}
    landing: defaultdict[str, float] = defaultdict(float)
    building: defaultdict[str, float] = defaultdict(float)
    for event in events:
        match event:
            case OriginAsked(run_id=run, table=name, seconds=seconds):
                landing[name] += seconds
            case TaskFinished(run_id=run, asset=name, seconds=seconds, outcome=outcome):
                if outcome in _NOT_WORKED_ON:
                    continue
                building[name] += seconds
            case _:
                continue
        runs.setdefault(name, set()).add(run)
    return {
        name: Work(runs=frozenset(ids), landing_s=landing[name], building_s=building[name])
        for name, ids in runs.items()
    }


def together(works: Iterable[Work]) -> Work:
    """The work on several tables."""
    all_of = tuple(works)
    return Work(
        runs=frozenset(run for one in all_of for run in one.runs),
        landing_s=sum(one.landing_s for one in all_of),
        building_s=sum(one.building_s for one in all_of),
    )
