"""Retention never collects anything that somebody can still reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from andon.catalog.records import Change, Publication, Snapshot
from andon.catalog.retention import Keep, collect
from tests.factories import publication_of, snapshot_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)
IDS = [f"s{n}" for n in range(9)]
ASSETS = ["m.a", "m.b", "m.c"]
ENVIRONMENTS = ["prod", "dev"]


@st.composite
def snapshots(draw: st.DrawFn) -> list[Snapshot]:
    """Tables and views; a view reads only snapshots made before it."""
    made = []
    for n, key in enumerate(IDS):
        reads = draw(st.lists(st.sampled_from(IDS[:n]), max_size=2)) if n else []
        marked_for = draw(st.integers(0, 200))
        made.append(
            snapshot_of(
                key,
                reads=tuple(reads),
                created_at=NOW - timedelta(days=draw(st.integers(0, 60))),
                status=draw(st.sampled_from(["candidate", "accepted", "rejected", "marked"])),
                status_at=NOW - timedelta(minutes=marked_for),
            )
        )
    return made


@st.composite
def histories(draw: st.DrawFn) -> list[Publication]:
    """Publications of two environments with rising numbers and times."""
    made = []
    at = NOW - timedelta(days=100)
    for number in range(1, draw(st.integers(0, 8)) + 1):
        at += timedelta(days=draw(st.integers(0, 14)))
        assets = draw(st.lists(st.sampled_from(ASSETS), unique=True, min_size=1))
        changes = tuple(
            Change(asset=a, before=None, after=draw(st.sampled_from([*IDS, None]))) for a in assets
        )
        made.append(
            publication_of(
                number,
                *changes,
                environment=draw(st.sampled_from(ENVIRONMENTS)),
                at=min(at, NOW),
            )
        )
    return made


def set_at(history: list[Publication], environment: str, number: int) -> dict[str, str | None]:
    held: dict[str, str | None] = {}
    for publication in history:
        if publication.environment == environment and publication.number <= number:
            held.update({c.asset: c.after for c in publication.changes})
    return held


def reach(roots: set[str], made: list[Snapshot]) -> set[str]:
    """The roots and what views among them read, by going round until nothing is added."""
    reached = set(roots)
    for _ in made:
        for one in made:
            if one.id in reached and one.kind == "view":
                reached |= {ref.snapshot_id for ref in one.inputs}
    return reached


@settings(max_examples=150, deadline=None)
@given(
    made=snapshots(),
    history=histories(),
    pinned=st.sets(st.sampled_from(IDS), max_size=2),
    days=st.integers(0, 60),
    last=st.integers(1, 4),
)
def test_nothing_reachable_is_ever_collected(
    made: list[Snapshot], history: list[Publication], pinned: set[str], days: int, last: int
) -> None:
    pointers = {e: {i for i in set_at(history, e, 99).values() if i} for e in ENVIRONMENTS}
    by_environment = {e: [p for p in history if p.environment == e] for e in ENVIRONMENTS}
    found = collect(
        snapshots=made,
        publications=by_environment,
        pointers=pointers,
        pinned=pinned,
        now=NOW,
        keep=Keep(days=days, last=last),
    )
    roots = set(pinned).union(*pointers.values())
    for environment, own in by_environment.items():
        newest = [p for p in own if p.at > NOW - timedelta(days=days)] + own[-last:]
        for publication in newest:
            roots |= {i for i in set_at(history, environment, publication.number).values() if i}
    gone = set(found.mark) | set(found.delete)
    assert not gone & reach(roots, made)
    assert not set(found.mark) & {s.id for s in made if s.status == "marked"}
    assert set(found.delete) <= {s.id for s in made if s.status == "marked"}


@settings(max_examples=100, deadline=None)
@given(made=snapshots(), history=histories())
def test_what_stays_unmarked_never_reads_what_gets_marked(
    made: list[Snapshot], history: list[Publication]
) -> None:
    found = collect(
        snapshots=made, publications={"prod": history}, pointers={}, pinned=(), now=NOW, keep=Keep()
    )
    staying = {s.id for s in made if s.status != "marked"} - set(found.mark)
    assert not reach(staying, made) & set(found.mark)
