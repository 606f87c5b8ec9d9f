"""The plan as data: what would be done to every asset, and why."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from andon.catalog.records import Delivery, InputRef
from andon.errors import Problem

Verb = Literal["build", "ask", "maybe", "reuse", "audit", "nothing", "blocked", "remove", "rename"]
"""build: a new snapshot is made. ask: only asking its origin tells whether anything is new. maybe: an input is built; only if its content changes is this one
built too. reuse: a finished snapshot with this key is published as it is. audit: the snapshot stays,
its checks are judged again. blocked: this build was withdrawn by a rollback. remove: no longer
declared. rename: takes over the snapshot of a removed asset of the same definition."""

Kind = Literal["source", "sql", "python", "view"]


class Forecast(Struct, frozen=True, kw_only=True):
    """What looking at a raw table's origin means for it, made by acquisition.

    Attributes:
        fingerprint: of the declared way of reading.
        build_key: over fingerprint and the set of deliveries after landing.
        reasons: in words, e.g. ``2 new files``.
        deliveries: ids of the deliveries read, in order.
        left_out: a warning for what cannot be acquired of it now; the rest is.
        is_waiting: nothing ever arrived and nothing reads it, so it does not have to be there.
        is_open: what arrives is known only after the origin was asked.
        problems: why the origin cannot be looked at; then the table fails, and nothing else does.
    """

    fingerprint: str
    build_key: str
    reasons: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    repeated: tuple[tuple[str, str], ...] = ()
    vanished: tuple[str, ...] = ()
    known: tuple[Delivery, ...] = ()
    problems: tuple[Problem, ...] = ()
    left_out: tuple[Problem, ...] = ()
    is_waiting: bool = False
    is_open: bool = False


class Action(Struct, frozen=True, kw_only=True):
    """One step of a plan.

    Attributes:
        asset: name; kind: source, sql, python or view.
        verb: what would be done; reasons: why, in words, the weightiest first.
        fingerprint: of the asset's own definition ("" for removals).
        build_key: if all inputs are known already, else None.
        split, checks: identities of its quarantine checks and of all its checks.
        current: snapshot it is served from now.
        renamed_from: for `rename` the former name.
    """

    asset: str
    kind: Kind
    verb: Verb
    reasons: tuple[str, ...]
    fingerprint: str
    build_key: str | None
    split: str
    checks: str
    inputs: tuple[str, ...] = ()
    current: str | None = None
    renamed_from: str | None = None

    @property
    def is_withdrawn(self) -> bool:
        """Whether its own build was taken back, and not only one that it reads."""
        return self.verb == "blocked" and self.build_key is not None


class Plan(Struct, frozen=True, kw_only=True):
    """What would be done in one environment, in an order that can be executed.

    Attributes:
        publication: newest publication when the plan was made.
        logical_time: what clock functions return.
        actions: every declared asset (selected or not) in topological order, then removals.
        selected: names that may be built; others stay as published.
        left_out: inputs of selected assets that are due themselves but were not selected.
        pointers: every pointer that was read: (asset, snapshot id or None).
        warnings: problems that do not stop.
    """

    project: str
    environment: str
    publication: int
    logical_time: datetime
    actions: tuple[Action, ...]
    selected: frozenset[str]
    left_out: tuple[str, ...]
    pointers: tuple[tuple[str, str | None], ...]
    warnings: tuple[Problem, ...] = ()

    def __repr__(self) -> str:
        """A few lines, since it is often the last expression of a notebook cell."""
        work = [a for a in self.actions if a.verb != "nothing"]
        lines = "".join(f"\n  {a.verb} {a.asset}" for a in work)
        count = f"{len(work)} of {len(self.actions)} assets"
        return f"<plan for {self.environment} on publication {self.publication}: {count}{lines}>"

    @property
    def work(self) -> tuple[Action, ...]:
        """The actions that would do something."""
        return tuple(a for a in self.actions if a.verb not in ("nothing", "blocked"))

    @property
    def has_work(self) -> bool:
        """Whether a run would do anything."""
        return any(a.verb not in ("nothing", "blocked") for a in self.actions)

    def action(self, asset: str) -> Action | None:
        """The action of one asset."""
        return next((a for a in self.actions if a.asset == asset), None)


__all__ = ["Action", "Forecast", "InputRef", "Kind", "Plan", "Verb"]
