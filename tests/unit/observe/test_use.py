"""By whom a table was read, and for how long nobody did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from andon.catalog.use import Reads
from andon.observe.use import Use, by_table, idle_for, use_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def reads(asset: str, reader: str, count: int, at: datetime = NOON) -> Reads:
    return Reads(asset=asset, reader=reader, count=count, newest=at)


def test_the_use_of_tables_is_that_of_any_of_them() -> None:
    known = by_table([reads("m.a", "bo", 2), reads("m.b", "ana", 1, NOON + DAY)], {})
    found = use_of(["raw.x", "m.a", "m.b"], known)
    assert found == Use(last_read=NOON + DAY, reads=3, readers=("ana", "bo"))


def test_who_read_before_the_period_is_no_reader_of_it() -> None:
    found = use_of(["m.a"], by_table([reads("m.a", "bo", 0)], {}))
    assert found == Use(last_read=NOON)


def test_reads_follow_an_asset_through_its_names() -> None:
    known = by_table([reads("old", "ana", 1)], {"old": "newer", "newer": "newest"})
    assert list(known) == ["newest"]


def test_names_that_were_exchanged_end() -> None:
    assert set(by_table([reads("a", "ana", 1)], {"a": "b", "b": "a"})) <= {"a", "b"}


def test_a_table_is_idle_since_its_last_read() -> None:
    use = Use(last_read=NOON + 5 * DAY)
    assert idle_for(use, NOON, None, NOON + 9 * DAY) == 4 * DAY


def test_a_table_that_nobody_read_is_idle_since_it_arrived() -> None:
    assert idle_for(Use(), NOON, None, NOON + 9 * DAY) == 9 * DAY


def test_what_was_read_when_nobody_counted_is_not_held_against_it() -> None:
    assert idle_for(Use(), NOON, NOON + 7 * DAY, NOON + 9 * DAY) == 2 * DAY


def test_a_table_without_data_is_not_idle() -> None:
    assert idle_for(Use(), None, None, NOON) is None
