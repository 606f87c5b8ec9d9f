"""Places of rejected records: the deliveries they lie in, and whether they still wait for a repair."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from andon.acquisition.columns.facts import Facts, decode
from andon.acquisition.deliveries.choose import Load, choose
from andon.acquisition.deliveries.repairs import together
from andon.acquisition.deliveries.repeats import spans_of
from andon.acquisition.readings.fingerprint import reading
from andon.app.holding.hold import pinned
from andon.app.holding.rejected import rejected
from andon.app.rejects.repaired import Repaired
from andon.app.rejects.waiting import Waiting
from andon.catalog.records import Delivery
from andon.errors import Problem, UsageError
from andon.execution.line import Tools
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable

Spot = tuple[str, int | None, int | None]
"""What names a rejected record: ``_file``, ``_line``, ``_row``."""


class Place(Struct, frozen=True, kw_only=True):
    """What rows carry as ``_file``: a load, or a member of the archive that it is."""

    load: Load
    member: str
    facts: Facts

    def repaired(self, one: Repaired) -> bool:
        """Whether a repair replaces a record already."""
        lines, rows = (
            together(*(told[at] for told in self.load.replaced if told[0] == self.member))
            for at in (1, 2)
        )
        text, number = (lines, one.line) if one.line is not None else (rows, one.row)
        return any(low <= (number or 0) <= high for low, high in spans_of(text))


def places_of(table: SourceTable, known: Sequence[Delivery]) -> dict[str, Place]:
    """Every place by what rows carry as ``_file``."""
    key = reading(table)
    found: dict[str, Place] = {}
    for load in choose(known):
        facts = decode(load.facts, key)
        if facts is None:
            continue
        found[load.path] = Place(load=load, member="", facts=facts)
        for name, inside in facts.members:
            found[f"{load.path}/{name}"] = Place(load=load, member=name, facts=inside)
    return found


def waiting_in(
    tools: Tools,
    spec: ProjectSpec,
    environment: str,
    table: SourceTable,
    files: Collection[str],
) -> frozenset[Spot]:
    """All rejected records of some deliveries."""
    snapshot = Waiting(tools, spec, environment).snapshot(table.name)
    if snapshot is None:
        return frozenset()
    with pinned(tools, [snapshot.id]):
        rows = tools.engine().rows(f"select _file, _line, _row from {rejected(tools, snapshot)}")
    return frozenset((file, line, row) for file, line, row in rows if file in files)


def check_waiting(
    table: SourceTable, place: Place, records: Sequence[Repaired], waiting: frozenset[Spot]
) -> None:
    """Refuse records that were not rejected, or were repaired already (APP011)."""
    for one in records:
        shown = f"line {one.line}" if one.line is not None else f"record {one.row}"
        if place.repaired(one):
            raise no_such(
                f"`{one.file}`, {shown} was repaired already",
                "one record is repaired once",
                "name only other records; or take the other repair back first with "
                "`andon check --set-aside PATH`: its path is `_file` of the repaired row",
            )
        if (one.file, one.line, one.row) not in waiting:
            raise no_such(
                f"`{one.file}`, {shown} is not set aside",
                "a repair takes the place of a record that was rejected",
                f"export the rejected records anew: `andon quarantine export {table.name} FILE`",
            )


def no_such(what: str, why: str, fix: str) -> UsageError:
    """Nothing that could be repaired or put back (APP011)."""
    return UsageError(Problem(code="APP011", what=what, why=why, fix=fix))
