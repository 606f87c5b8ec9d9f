"""What sources cost and who has use of them, over simulated days."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.showing.read import query
from andon.app.showing.source_use import source_report, table_usage
from andon.app.showing.table import Table, open_table
from andon.app.wiring.wire import wire
from andon.clock import FixedClock
from andon.errors import TaskFailed
from andon.observe.usage import SourceReport, Usage
from andon.project.load import load
from tests.factories import write_files, write_project

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ORDERS = "id,amount\n1,10\n2,20\n"
VISITS = "id,page\n1,home\n2,cart\n3,home\n"
PROJECT = {
    "sources/shop.yml": "owner: sales\ntables:\n  orders: {path: data/orders.csv}\n",
    "sources/web.yml": "tables:\n  visits: {path: data/visits.csv}\n",
    "data/orders.csv": ORDERS,
    "data/visits.csv": VISITS,
    "assets/staging/orders.sql": "select id, amount from shop.orders\n",
    "assets/marts/paid.sql": (
        "/* andon\nmaterialize: view\n*/\nselect sum(amount) as paid from staging.orders\n"
    ),
    "assets/marts/pages.sql": "select page, count(*) as visits from web.visits group by all\n",
}


class Days:
    """A project on days after the first, as different people use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, day: int) -> None:
        spec = load(self.folder)
        wired = wire(self.folder, spec, clock=self._clock(day))
        assert run(wired.tools, spec, Order(environment="prod")).exit_code == 0
        wired.close()

    def read(self, day: int, sql: str, reader: str = "ana") -> None:
        spec = load(self.folder)
        wired = wire(self.folder, spec, clock=self._clock(day))
        try:
            query(replace(wired.tools, user=lambda: reader), spec, "prod", sql)
        finally:
            wired.close()

    def take(self, day: int, name: str, use: Callable[[Table], object]) -> None:
        spec = load(self.folder)
        wired = wire(self.folder, spec, clock=self._clock(day))
        use(open_table(wired, spec, "prod", name, None))
        wired.close()

    def report(self, day: int, unread: int | None = None, days: int | None = None) -> SourceReport:
        spec = load(self.folder)
        wired = wire(self.folder, spec, clock=self._clock(day))
        report = source_report(wired.tools, spec, "prod", unread=unread, days=days)
        wired.close()
        return report

    def unread(self, day: int, days: int = 90) -> list[str]:
        return [one.source for one in self.report(day, days).sources]

    def usage(self, day: int, table: str) -> Usage:
        spec = load(self.folder)
        wired = wire(self.folder, spec, clock=self._clock(day))
        usage = table_usage(wired.tools, spec, "prod", table)
        wired.close()
        return usage

    def _clock(self, day: int) -> FixedClock:
        return FixedClock(at=NOON + timedelta(days=day))


@pytest.fixture
def shop(tmp_path: Path) -> Days:
    days = Days(write_project(tmp_path / "shop", PROJECT))
    days.run(0)
    return days


def test_of_two_sources_only_the_one_unread_for_90_days_is_listed_with_bytes_and_run_cost(
    shop: Days,
) -> None:
    for day in (0, 30, 60, 89):
        shop.read(day, "select * from marts.paid")
    shop.read(0, "select * from marts.pages")
    report = shop.report(90, unread=90)
    (unread,) = report.sources
    assert unread.source == "web"
    assert unread.whole.bytes.kept == report.kept == len(VISITS)
    assert unread.whole.bytes.table > 0
    assert unread.whole.bytes.built_on > 0
    assert len(unread.whole.work.runs) == 1
    assert unread.whole.work.landing_s > 0
    assert unread.whole.work.building_s > 0
    assert unread.whole.work_on.building_s > 0
    assert unread.whole.use.last_read == NOON
    assert unread.whole.idle == timedelta(days=90)


def test_a_day_sooner_it_is_not_listed(shop: Days) -> None:
    shop.read(0, "select * from marts.pages")
    shop.read(0, "select * from marts.paid")
    assert shop.unread(89) == []
    assert shop.unread(90) == ["shop", "web"]


def test_a_source_is_used_by_whoever_reads_what_is_built_from_it_far_below(shop: Days) -> None:
    shop.read(40, "select * from marts.paid", "bo")
    use = shop.usage(41, "shop.orders").use
    assert (use.reads, use.readers, use.last_read) == (1, ("bo",), NOON + timedelta(days=40))
    assert shop.unread(100) == ["web"]


def test_the_raw_table_itself_may_be_what_is_read(shop: Days) -> None:
    shop.read(50, "select count(*) from web.visits")
    assert shop.unread(100) == ["shop"]


def test_runs_and_checks_are_no_use(shop: Days) -> None:
    for day in (30, 60, 90):
        write_files(shop.folder, {"data/visits.csv": f"{VISITS}{day},help\n"})
        shop.run(day)
    assert shop.unread(91) == ["shop", "web"]


@pytest.mark.parametrize(
    "use",
    [Table.pl, Table.df, Table.arrow, Table.head, Table._repr_html_],
    ids=lambda u: u.__name__,
)
def test_rows_in_the_hands_of_python_are_a_read(shop: Days, use: Callable[[Table], object]) -> None:
    shop.take(50, "marts.pages", use)
    assert shop.usage(50, "web.visits").use.reads == 1


def test_what_a_table_is_like_may_be_asked_without_reading_it(shop: Days) -> None:
    shop.take(50, "marts.pages", lambda table: (table.rows, table.schema, repr(table)))
    assert shop.usage(50, "web.visits").use.reads == 0


def test_a_query_that_fails_or_looks_at_rejected_rows_is_no_use(shop: Days) -> None:
    shop.read(50, "select * from web.visits__rejected")
    with pytest.raises(TaskFailed):
        shop.read(50, "select error('no') from marts.pages")
    assert shop.usage(50, "web.visits").use.reads == 0


def test_a_query_that_names_a_table_twice_reads_it_once(shop: Days) -> None:
    shop.read(1, "select a.page, paid from marts.pages a, marts.pages b, marts.paid")
    assert shop.usage(1, "web.visits").use.reads == 1
    assert shop.usage(1, "shop.orders").use.reads == 1


def test_reads_count_under_the_name_that_an_asset_has_now(shop: Days) -> None:
    shop.read(50, "select * from marts.pages")
    assets = shop.folder / "assets/marts"
    (assets / "pages.sql").rename(assets / "page_visits.sql")
    shop.run(51)
    assert shop.unread(100) == ["shop"]


def test_superseded_bytes_and_those_that_came_twice_are_told_apart(shop: Days) -> None:
    write_files(shop.folder, {"data/visits.csv": "id,page\n9,cart\n"})
    shop.run(1)
    held = shop.usage(1, "web.visits").bytes
    assert (held.landed, held.kept) == (len(VISITS) + 15, len(VISITS) + 15)
    assert held.superseded == len(VISITS)
    write_files(shop.folder, {"data/visits.csv": VISITS})
    shop.run(2)
    assert shop.usage(2, "web.visits").bytes.superseded == 15


def test_bytes_that_sources_have_in_common_are_kept_once(shop: Days) -> None:
    shutil.copy(shop.folder / "data/orders.csv", shop.folder / "data/visits.csv")
    write_files(shop.folder, {"assets/marts/pages.sql": "select id from web.visits\n"})
    shop.run(1)
    report = shop.report(1)
    each = {one.source: one.whole.bytes.kept for one in report.sources}
    assert each == {"shop": len(ORDERS), "web": len(VISITS) + len(ORDERS)}
    assert report.kept == len(VISITS) + len(ORDERS)


def test_runs_and_reads_of_the_period_are_told(shop: Days) -> None:
    write_files(shop.folder, {"data/visits.csv": f"{VISITS}4,help\n"})
    shop.run(20)
    shop.read(1, "select * from marts.pages")
    shop.read(21, "select * from marts.pages", "bo")
    recent = {one.source: one.whole for one in shop.report(25, days=10).sources}
    assert {name: len(whole.work.runs) for name, whole in recent.items()} == {"shop": 0, "web": 1}
    assert recent["web"].use.readers == ("bo",)
    whole = {one.source: one.whole for one in shop.report(25).sources}
    assert len(whole["web"].work.runs) == 2
    assert whole["web"].use.readers == ("ana", "bo")


def test_a_source_from_which_nothing_came_is_not_called_unread(shop: Days) -> None:
    write_files(
        shop.folder, {"sources/later.yml": "connection: {kind: push}\ntables: {events: {}}\n"}
    )
    report = shop.report(200)
    later = next(one for one in report.sources if one.source == "later")
    assert (later.kind, later.whole.idle, later.whole.bytes.kept) == ("push", None, 0)
    assert shop.unread(200) == ["shop", "web"]


def test_of_days_when_nobody_counted_nothing_is_said(shop: Days) -> None:
    since = NOON + timedelta(days=50)
    with sqlite3.connect(shop.folder / ".andon/catalog.sqlite") as raw:
        raw.execute("update recorded set counting_us = ?", (int(since.timestamp() * 1_000_000),))
    raw.close()
    early, later = shop.report(60, unread=30), shop.report(80, unread=30)
    assert (early.is_too_early, early.sources, early.counting_since) == (True, (), since)
    assert not later.is_too_early
    assert [one.source for one in later.sources] == ["shop", "web"]


def test_asking_a_database_costs_even_where_nothing_is_new(shop: Days) -> None:
    with sqlite3.connect(shop.folder / "data/till.sqlite") as till:
        till.execute("create table sales (id integer primary key, price real)")
        till.execute("insert into sales values (1, 2.5)")
    till.close()
    source = (
        "connection: {kind: sqlite, path: data/till.sqlite}\ntables:\n  sales: {relation: sales}\n"
    )
    write_files(shop.folder, {"sources/till.yml": source})
    shop.run(1)
    landing = shop.usage(1, "till.sales").work
    shop.run(2)
    again = shop.usage(2, "till.sales").work
    assert (len(landing.runs), len(again.runs)) == (1, 2)
    assert again.landing_s > landing.landing_s > 0
    assert again.building_s == landing.building_s


def test_what_could_not_be_landed_costs_its_attempt(shop: Days) -> None:
    source = (
        "connection: {kind: sqlite, path: data/gone.sqlite}\ntables:\n  sales: {relation: sales}\n"
    )
    write_files(shop.folder, {"sources/till.yml": source})
    spec = load(shop.folder)
    wired = wire(shop.folder, spec, clock=FixedClock(at=NOON + timedelta(days=1)))
    assert run(wired.tools, spec, Order(environment="prod")).exit_code == 1
    wired.close()
    assert len(shop.usage(1, "till.sales").work.runs) == 1
