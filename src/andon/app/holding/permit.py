"""Permit: which tables the person at hand may read; whoever is refused is told why, on record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from andon.app.preparing.prepare import declared
from andon.catalog.commit import Commit, Emit
from andon.errors import AndonError, Denied, Problem
from andon.events import ReadDenied
from andon.execution.line import Tools
from andon.execution.recording.reuse import RENAMED_FROM
from andon.governance.access import Decision, decide, refusal
from andon.spec.project import ProjectSpec


def require(tools: Tools, spec: ProjectSpec, names: Iterable[str]) -> None:
    """Let only those go on who may read all these tables.

    Raises:
        Denied: (POL001) a problem for each table that may not be read; the refusal is recorded.
    """
    found = refused(tools, spec, names)
    if found:
        record(tools, found)
        raise Denied(*problems_of(spec, found))


def refused(tools: Tools, spec: ProjectSpec, names: Iterable[str]) -> dict[str, Decision]:
    """Tables that whoever uses these tools may not read, each with the decision."""
    if not spec.access.rules:
        return {}
    assets, person = declared(spec), tools.user()
    found: dict[str, Decision] = {}
    for name in dict.fromkeys(names):
        for today in (name,) if name in assets else _known_as(tools, name):
            tags = assets[today].tags if today in assets else ()
            decision = decide(spec.access, person, today, tags)
            if not decision.is_allowed:
                found.setdefault(name, decision)
    return found


def problems_of(spec: ProjectSpec, found: dict[str, Decision]) -> tuple[Problem, ...]:
    """What is told to whoever is refused: a problem for each table."""
    assets = declared(spec)
    owners = {name: asset.owner for name, asset in assets.items()}
    return tuple(refusal(one, owners.get(one.asset, "")) for one in found.values())


def record(tools: Tools, found: dict[str, Decision]) -> None:
    """Put refusals into the log. Where that cannot be written they are refusals all the same."""
    events = (
        Emit(
            event=ReadDenied(
                table=name, reader=one.person, rules=tuple(rule.name for rule in one.rules)
            )
        )
        for name, one in found.items()
    )
    with suppress(AndonError):
        tools.catalog.commit(Commit(updates=tuple(events)), tools.clock.now())


def _known_as(tools: Tools, name: str) -> Iterator[str]:
    """A name that nobody declares, and every name that its table was given since."""
    renamed: dict[str, set[str]] = {}
    for snapshot in tools.catalog.snapshots():
        former = dict(snapshot.facts).get(RENAMED_FROM)
        if former is not None:
            renamed.setdefault(former, set()).add(snapshot.asset)
    seen: set[str] = set()
    waiting = {name}
    while waiting:
        current = waiting.pop()
        seen.add(current)
        yield current
        waiting |= renamed.get(current, set()) - seen
