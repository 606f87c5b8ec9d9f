"""Bytes and seconds of a table, from records alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from andon.catalog.records import DataFile, Delivery, Snapshot
from andon.events import Event, OriginAsked, RunStarted, TaskFinished
from andon.observe.cost import Bytes, Work, bytes_of, together, work_by_table
from tests.factories import snapshot_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def arrival(
    path: str, content: str, size: int, state: Literal["landed", "superseded"] = "landed"
) -> Delivery:
    return Delivery(
        id=f"{path}:{content}",
        table="raw.a",
        path=path,
        content=content,
        bytes=size,
        modified_ns=0,
        arrived_at=NOON,
        run_id="r",
        state=state,
    )


def written(*files: tuple[str, int]) -> Snapshot:
    kept = (DataFile(path=f"data/{name}", rows=1, bytes=size, sha256=name) for name, size in files)
    return snapshot_of("s", files=tuple(kept))


def task(run: str, asset: str, seconds: float, outcome: str = "built") -> TaskFinished:
    return TaskFinished(run_id=run, asset=asset, outcome=outcome, seconds=seconds)


def test_equal_bytes_are_kept_once() -> None:
    found = bytes_of([arrival("a", "x", 10), arrival("b", "x", 10), arrival("c", "y", 5)], [], [])
    assert found == Bytes(landed=25, kept=15)


def test_bytes_are_superseded_where_nothing_in_force_has_them() -> None:
    old = [arrival("a", "x", 10, "superseded"), arrival("b", "y", 5, "superseded")]
    found = bytes_of([*old, arrival("a", "y", 5), arrival("c", "z", 1)], [], [])
    assert (found.kept, found.superseded) == (16, 10)


def test_a_table_that_is_read_from_landed_bytes_is_not_counted_again() -> None:
    own = [written(("x", 10), ("mine", 7))]
    found = bytes_of([arrival("a", "x", 10)], own, [written(("above", 3))])
    assert (found.kept, found.table, found.built_on) == (10, 7, 3)


def test_work_is_landing_and_building_by_table_and_each_run_once() -> None:
    events: list[Event] = [
        RunStarted(run_id="r1", environment="prod", assets=2),
        OriginAsked(run_id="r1", table="raw.a", seconds=0.5),
        task("r1", "raw.a", 2.0),
        task("r2", "raw.a", 1.0, "failed"),
        task("r2", "m.b", 4.0),
    ]
    assert work_by_table(events) == {
        "raw.a": Work(runs=frozenset({"r1", "r2"}), landing_s=0.5, building_s=3.0),
        "m.b": Work(runs=frozenset({"r2"}), building_s=4.0),
    }


def test_what_was_not_begun_costs_nothing() -> None:
    assert work_by_table([task("r", "m.a", 0.0, word) for word in ("held", "cancelled")]) == {}


def test_the_work_of_tables_together_counts_a_run_once() -> None:
    one = Work(runs=frozenset({"r1", "r2"}), landing_s=1.0)
    other = Work(runs=frozenset({"r2"}), building_s=2.0)
    expected = Work(runs=frozenset({"r1", "r2"}), landing_s=1.0, building_s=2.0)
    assert together((one, other)) == expected
