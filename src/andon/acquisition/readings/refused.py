"""Deliveries that cannot be read are left out, and the version before them is read in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts, decode, may_be_refused, may_have_notes
from andon.acquisition.columns.policy import heard
from andon.acquisition.cursors.sequence import is_sequence
from andon.acquisition.deliveries.repairs import replaced_whole, standing
from andon.acquisition.readings.fingerprint import reading
from andon.catalog.records import Delivery
from andon.errors import Problem
from andon.spec.origin import mode_of
from andon.spec.source import SourceTable


def may_go_without(table: SourceTable) -> bool:
    """Whether a table may be read without a delivery: not where all of them together are one state."""
    return not (is_sequence(table) and mode_of(table.origin) == "full")


def without_refused(
    table: SourceTable,
    deliveries: Sequence[Delivery],
    earlier: Callable[[], Iterable[Delivery]],
) -> tuple[Delivery, ...]:
    """Mark what is known to be unreadable, and add the newest readable version at the same path.

    What is refused keeps its place among the known deliveries, so that it does not arrive again;
    it is marked ``refused``, its place is taken by a ``stand_in``. Of facts of another reading
    nothing is believed: such a delivery is tried again.

    Idempotent.

    Args:
        deliveries: those in force.
        earlier: all deliveries of the table, asked for only if one in force is refused.
    """
    if not any(may_be_refused(d.facts) for d in deliveries) or not may_go_without(table):
        return tuple(deliveries)
    key = reading(table)
    landed = [
        replace(d, state="landed") if d.state == "refused" else d
        for d in deliveries
        if d.state != "stand_in"
    ]
    replaced = replaced_whole(standing(landed))
    refused = {
        d.id for d in landed if d.state == "landed" and d.id not in replaced and _is_refused(d, key)
    }
    if not refused:
        return tuple(landed)
    past: dict[str, list[Delivery]] = {}
    for one in earlier():
        if one.state == "superseded" and not one.number:
            past.setdefault(one.path, []).append(one)
    found: list[Delivery] = []
    for one in landed:
        if one.id not in refused:
            found.append(one)
            continue
        found.append(replace(one, state="refused"))
        versions = sorted(past.get(one.path, ()), key=lambda d: (d.arrived_at, d.id), reverse=True)
        readable = next((d for d in versions if not _is_refused(d, key)), None)
        if readable is not None:
            found.append(replace(readable, state="stand_in"))
    return tuple(found)


def problems_of(table: SourceTable, deliveries: Iterable[Delivery]) -> tuple[Problem, ...]:
    """A warning for each delivery that is left out, by path; nothing about others."""
    known = list(deliveries)
    replaced = {d.path for d in known if d.state == "stand_in"}
    repaired = replaced_whole(standing(known))
    key = reading(table)
    found: list[Problem] = []
    for one in sorted(known, key=lambda d: (d.number, d.path)):
        if one.id in repaired:
            continue
        if one.state not in ("refused", "landed", "stand_in") or not may_be_refused(one.facts):
            continue
        facts = decode(one.facts, key)
        for part in (facts, *(member for _, member in facts.members)) if facts else ():
            is_replaced = one.state == "refused" and one.path in replaced
            found.extend(_warnings(table, part, is_replaced=is_replaced))
    return tuple(found)


def notes_of(table: SourceTable, deliveries: Iterable[Delivery]) -> tuple[str, ...]:
    """What had to be guessed in each delivery that is read, in words, by path."""
    key = reading(table)
    known = list(deliveries)
    repaired = replaced_whole(standing(known))
    found: list[str] = []
    for one in sorted(known, key=lambda d: (d.number, d.path)):
        is_read = one.state in ("landed", "stand_in") and one.id not in repaired
        if is_read and may_have_notes(one.facts):
            facts = decode(one.facts, key)
            parts = [(one.path, facts)] if facts else []
            parts += [(f"{one.path}/{name}", part) for name, part in facts.members] if facts else []
            found += [f"`{path}`: {note}" for path, part in parts for note in part.notes]
    return tuple(found)


def _warnings(table: SourceTable, facts: Facts, *, is_replaced: bool) -> list[Problem]:
    instead = "; the version before it is read in its place" if is_replaced else ""
    return [
        Problem(
            code=told.code,
            what=f"left out of `{table.name}`: {told.what}",
            why=f"{told.why}{instead}",
            fix=f"{told.fix}{heard(table, told.code)}",
            severity="warning",
        )
        for told in facts.refused
    ]


def _is_refused(delivery: Delivery, key: str) -> bool:
    if not may_be_refused(delivery.facts):
        return False
    facts = decode(delivery.facts, key)
    return facts is not None and bool(facts.refused)
