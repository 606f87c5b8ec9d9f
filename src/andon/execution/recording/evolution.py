"""Evolution: what changed in the columns of a raw table, told with its snapshot and published."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from andon.acquisition.columns.changes import Alike, Lately, changes, gone_for_good
from andon.acquisition.columns.facts import Facts, decode
from andon.acquisition.columns.shape import (
    Shape,
    below,
    missing_from,
    parent_of,
    paths_of,
    shape_of,
)
from andon.acquisition.columns.table import ORIGIN_COLUMNS
from andon.acquisition.readings.fingerprint import reading
from andon.catalog.records import Change, Delivery, Evolution, Publication, Snapshot
from andon.errors import DataCorrupt
from andon.events import SchemaChanged
from andon.execution.building.build import Built
from andon.execution.line import Line, Scans
from andon.execution.outcome import Outcome
from andon.schema import FieldChange, Schema
from andon.spec.source import SourceTable
from andon.sql.quote import identifier

_VALUES = 1000
"""Different values of a column that are looked for in another one."""

_PAIRS = 25
"""Pairs of columns whose values are compared; more of them are no renaming but another table."""


def evolution_of(
    line: Line, table: SourceTable, built: Built, used: Collection[str]
) -> Evolution | None:
    """How the columns of what was read differ from those that are served now.

    Args:
        used: ids of the deliveries that were read.
    """
    served = line.current(table.name)
    if served is None:
        return None
    ids = set(used)
    old = set(served.deliveries)
    known = [d for d in built.deliveries if d.id in ids and d.role == "rows" and not d.repairs]
    came = [d for d in known if d.id not in old]
    here = [d for d in known if d.id in old]
    compared = _Values(line, served, built) if served.id not in line.damaged else None
    found = changes(
        _shape(served.schema),
        _shape(built.schema),
        _lately(
            table,
            came,
            here,
            compared,
            wants_types=len(here) == len(old) and served.schema != built.schema,
        ),
        compared.alike if compared else lambda _old, _new: None,
    )
    if not found:
        return None
    arrived = min((d.arrived_at for d in came), default=line.tools.clock.now())
    return Evolution(since=served.id, arrived_at=arrived, changes=found, is_declared=not came)


def changes_of(line: Line, name: str, snapshot: Snapshot | None) -> tuple[FieldChange, ...]:
    """What of the columns of a raw table a snapshot changes for who reads it now."""
    served = line.current(name)
    if snapshot is None or served is None or snapshot.id == served.id or name not in line.forecasts:
        return ()
    evolution = snapshot.evolution
    if evolution is not None and evolution.since == served.id:
        return evolution.changes
    return changes(_shape(served.schema), _shape(snapshot.schema))


def schema_events(
    line: Line, publication: Publication, outcomes: Mapping[str, Outcome], now: datetime
) -> tuple[SchemaChanged, ...]:
    """One event for each raw table that is published with other columns than before."""
    return tuple(
        _event(line, publication, move, outcomes[move.asset], now)
        for move in publication.changes
        if move.asset in outcomes and outcomes[move.asset].changes
    )


def _event(
    line: Line, publication: Publication, move: Change, outcome: Outcome, now: datetime
) -> SchemaChanged:
    snapshot = outcome.snapshot
    evolution = snapshot.evolution if snapshot else None
    if evolution is not None and evolution.since == move.before:
        arrived = evolution.arrived_at
    else:
        served = line.current(move.asset)
        old = set(served.deliveries) if served else set()
        ids = set(snapshot.deliveries) - old if snapshot else set()
        known = line.state.deliveries.get(move.asset, ())
        arrived = min((d.arrived_at for d in known if d.id in ids), default=now)
    return SchemaChanged(
        run_id=publication.run_id,
        publication_id=publication.id,
        table=move.asset,
        changes=outcome.changes,
        is_breaking=any(change.is_breaking for change in outcome.changes),
        seconds=round(max(0.0, (now - arrived).total_seconds()), 6),
    )


def _shape(schema: Schema) -> Shape:
    own = {column.name for column in ORIGIN_COLUMNS}
    return tuple((c.name, c.type) for c in schema.columns if c.name not in own)


def _lately(
    table: SourceTable,
    came: Sequence[Delivery],
    here: Sequence[Delivery],
    values: _Values | None,
    *,
    wants_types: bool,
) -> Lately:
    """What the deliveries that came now say, beside those that came last before.

    Args:
        values: of what is served, None if that cannot be read.
        wants_types: whether columns without a value are looked for in all that is served.
    """
    key = reading(table)
    newest = _facts(came, key)
    last = max((d.run_id for d in here), default="")
    former = _facts([d for d in here if d.run_id == last], key)
    unfilled: frozenset[str] = frozenset()
    if wants_types:
        shape = shape_of(_facts(here, key))
        declared = {below("", name).casefold() for name, _ in table.columns}
        empty = {p.casefold() for p, kind in paths_of(shape) if kind == "NULL"}
        unfilled = frozenset(empty - declared)
    if not newest or not former:
        return Lately(unfilled=unfilled, newest=shape_of(newest))
    one, other = shape_of(former), shape_of(newest)
    gone = missing_from(one, other)
    lacking = sum(facts.records for facts in newest) if _are_documents(newest) else None
    return Lately(
        gone=gone,
        sureness=values.sureness(gone, lacking) if values and lacking is not None else {},
        unfilled=unfilled,
        former=one,
        newest=other,
    )


def _facts(deliveries: Sequence[Delivery], key: str) -> list[Facts]:
    ordered = sorted(deliveries, key=lambda d: (d.number, d.path))
    found = (decode(d.facts, key) for d in ordered)
    return [facts for facts in found if facts is not None and facts.columns]


def _are_documents(newest: Sequence[Facts]) -> bool:
    """Whether what arrived has the fields it happens to have; a file says which columns it has."""
    return not any(
        isinstance(e, int) or one.shape == "plain" for one in newest for _, e in one.columns
    )


class _Values:
    """Compares the values of what is served with those of what was read, by the engine."""

    def __init__(self, line: Line, served: Snapshot, built: Built) -> None:
        self._line = line
        self._served = served
        self._built = built
        self._asked = 0

    def alike(self, old: str, new: str) -> Alike | None:
        """How many of the values of a new column an old one has; None beyond some pairs."""
        self._asked += 1
        if self._asked > _PAIRS or "[]" in old or '"' in old + new:
            return None
        try:
            before = Scans(self._line.tools).of(self._served)
        except DataCorrupt:  # evidence that cannot be had is none; the build goes on
            return None
        ((values, held),) = self._built.engine.rows(
            f"with n as (select v from ({_distinct(new, self._built.relation)}) "
            f"order by hash(v), v limit {_VALUES}) "
            f"select count(*), count(o.v) from n left join ({_distinct(old, before)}) o using (v)"
        )
        return Alike(values=values, held=held)

    def sureness(self, gone: frozenset[str], lacking: int) -> dict[str, float]:
        """How sure it is that paths are gone which so many new documents lack.

        Of what lies in lists nobody knows how often it was there.
        """
        paths = sorted(path for path in gone if "[]" not in path and '"' not in path)
        found = {path: gone_for_good(0, 0, lacking) for path in gone}
        if not paths:
            return found
        try:
            before = Scans(self._line.tools).of(self._served)
        except DataCorrupt:
            return found
        counts = ", ".join(
            f"count({_value(path)}), count({_value(parent_of(path)) if parent_of(path) else '*'})"
            for path in paths
        )
        (figures,) = self._built.engine.rows(f"select {counts} from {before}")
        for at, path in enumerate(paths):
            had, of = figures[2 * at : 2 * at + 2]
            found[path] = gone_for_good(had, of, lacking)
        return found


def _value(path: str) -> str:
    return ".".join(identifier(part) for part in path.split("."))


def _distinct(path: str, relation: str) -> str:
    value = ".".join(identifier(part) for part in path.split("."))
    return (
        f"select distinct cast({value} as varchar) as v from {relation} where {value} is not null"
    )
