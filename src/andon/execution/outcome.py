"""What became of each asset in a run, and what an observer is told while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from andon.catalog.records import Audit, CheckResult, Held, Publication, Snapshot
from andon.errors import Problem
from andon.events import SchemaChanged
from andon.schema import FieldChange

Word = Literal["built", "same", "reused", "audited", "unchanged", "failed", "held", "cancelled"]
"""built: a new snapshot. same: built, but its content equals the served one. reused: a finished
snapshot was at hand. audited: only its checks were judged. unchanged: nothing was done.
failed: could not be built, or a check with `stop` failed. held: not built, since an input failed.
cancelled: not begun when the run was stopped."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one asset.

    Attributes:
        snapshot: what it would be served from (candidate or current); None if there is none.
        audit: verdicts on that snapshot, if it was judged.
        problems: why it failed.
        because_of: the failed asset that holds it.
        note: in words, what was done of it.
        warnings: what was left out of it, and why.
        changes: of a raw table, how its columns differ from those served before.
        rows_before: rows served before, for the change in percent.
        is_withdrawn: whether there is a build of it that a rollback keeps away.
    """

    asset: str
    word: Word
    seconds: float = 0.0
    snapshot: Snapshot | None = None
    audit: Audit | None = None
    problems: tuple[Problem, ...] = ()
    because_of: str = ""
    note: str = ""
    warnings: tuple[Problem, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    rows_before: int | None = None
    attempts: int = 1
    is_withdrawn: bool = False


class Started(Struct, frozen=True, kw_only=True):
    """An asset's task began."""

    asset: str


class Retrying(Struct, frozen=True, kw_only=True):
    """A transient failure; the task is tried again after a wait."""

    asset: str
    attempt: int
    wait_s: float
    problem: Problem


class Landed(Struct, frozen=True, kw_only=True):
    """Files, or parts of a sequence, of a raw table arrived; counts by how they compare with what was
    known."""

    table: str
    new: int
    changed: int
    repeated: tuple[tuple[str, str], ...]
    vanished: tuple[str, ...]
    are_parts: bool = False


Notice = Started | Retrying | Landed | Outcome
Observer = Callable[[Notice], None]
"""Called from worker threads, one call at a time."""


def ignore(_: Notice) -> None:
    """An observer that takes no notice."""


class RunReport(Struct, frozen=True, kw_only=True):
    """The result of a run.

    Attributes:
        status: done; failed (something failed or is held); cancelled; nothing (nothing was to do).
        publication: what was published, None if no pointer moved.
        outcomes: per asset in graph order; unchanged ones included.
        held: what stayed at its last good snapshot and why.
        crossings: (asset, result) of every check across assets, judged on the set published.
        left_out: due inputs of selected assets that were not selected.
        warnings: problems of the declarations and origins that do not stop.
        rounds: how often it was planned again after a conflict.
        schema_changes: raw tables published with other columns than before.
    """

    run_id: str
    environment: str
    status: Literal["done", "failed", "cancelled", "nothing"]
    outcomes: tuple[Outcome, ...]
    publication: Publication | None = None
    held: tuple[Held, ...] = ()
    crossings: tuple[tuple[str, CheckResult], ...] = ()
    left_out: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    seconds: float = 0.0
    rounds: int = 1
    schema_changes: tuple[SchemaChanged, ...] = ()

    def __repr__(self) -> str:
        """A few lines, since it is often the last expression of a notebook cell."""
        words = Counter(outcome.word for outcome in self.outcomes)
        counts = ", ".join(f"{count:,} {word}" for word, count in words.items())
        told = f"publication {self.publication.number}" if self.publication else "nothing published"
        held = "".join(f"\n  held {item.asset}: {item.reason}" for item in self.held)
        return f"<run in {self.environment}: {self.status}, {told} ({counts}){held}>"

    @property
    def exit_code(self) -> int:
        """0 done, 1 a check or task failed, 130 cancelled."""
        return {"done": 0, "nothing": 0, "failed": 1, "cancelled": 130}[self.status]
