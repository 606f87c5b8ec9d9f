"""Incremental assets: only intervals that are missing or changed are run, and the result is the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.execution.outcome import Outcome
from tests.factories import rows_of, write_files, write_project

DAILY = """/* andon
materialize: incremental
interval: {column: day, every: day}
checks:
  - unique: day
  - expect: amount >= 0
*/
select ordered_at::date as day, sum(amount) as amount, count(*) as orders
from raw.orders
group by all
"""
SOURCE = "tables:\n  orders:\n    path: data/*.csv\n    columns: {ordered_at: TIMESTAMP}\n"
HEAD = "order_id,ordered_at,amount\n"
FILES: Mapping[str, str] = {
    "sources/raw.yml": SOURCE,
    "assets/marts/daily.sql": DAILY,
    "data/01.csv": HEAD + "1,2026-01-01 10:00:00,5\n2,2026-01-01 11:00:00,7\n",
    "data/02.csv": HEAD + "3,2026-01-02 10:00:00,1\n",
}
ALL = "select day::varchar, amount::int, orders from marts.daily order by all"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, FILES)
    assert run(tmp_path).note == "2 of 2 days"
    return tmp_path


def run(shop: Path, **options: Any) -> Outcome:
    with andon.open(shop) as project:
        report = project.run(**options)
        assert report.status in ("done", "nothing"), report
        return next(one for one in report.outcomes if one.asset == "marts.daily")


def add(shop: Path, name: str, rows: str) -> None:
    write_files(shop, {f"data/{name}.csv": HEAD + rows})


def test_a_new_day_runs_that_day_and_keeps_the_files_of_the_others(shop: Path) -> None:
    before = run(shop).snapshot
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    after = run(shop)
    assert after.note == "1 of 3 days"
    assert before is not None
    assert after.snapshot is not None
    assert after.snapshot.data_files[0] == before.data_files[0]
    assert rows_of(shop, ALL) == [
        ("2026-01-01", 12, 2),
        ("2026-01-02", 1, 1),
        ("2026-01-03", 2, 1),
    ]


def test_a_late_row_changes_its_day_only(shop: Path) -> None:
    add(shop, "03", "4,2026-01-03 09:00:00,2\n9,2026-01-01 23:59:59,100\n")
    assert run(shop).note == "2 of 3 days"
    assert rows_of(shop, ALL)[0] == ("2026-01-01", 112, 3)


def test_a_day_whose_rows_are_gone_goes_too(shop: Path) -> None:
    write_files(shop, {"data/02.csv": HEAD + "3,2026-01-05 10:00:00,1\n"})
    assert run(shop).note == "1 of 2 days"
    assert [row[0] for row in rows_of(shop, ALL)] == ["2026-01-01", "2026-01-05"]


def test_rows_without_a_moment_are_an_interval_of_their_own(shop: Path) -> None:
    add(shop, "03", "4,,2\n")
    assert run(shop).note == "1 of 3 days"
    assert rows_of(shop, ALL)[-1] == (None, 2, 1)
    add(shop, "04", "5,,2\n")
    assert run(shop).note == "1 of 3 days"
    assert rows_of(shop, ALL)[-1] == (None, 4, 2)


def test_the_same_rows_in_other_files_keep_what_is_published(shop: Path) -> None:
    before = run(shop).snapshot
    write_files(
        shop,
        {"data/02.csv": HEAD + "33,2026-01-02 10:00:00,1\n"},
    )
    outcome = run(shop)
    assert outcome.word == "same"
    assert outcome.snapshot == before


def test_a_change_of_code_runs_all_of_it(shop: Path) -> None:
    write_files(shop, {"assets/marts/daily.sql": DAILY.replace("sum(amount)", "max(amount)")})
    assert run(shop).note == "2 of 2 days"
    assert rows_of(shop, ALL)[0] == ("2026-01-01", 7, 2)


def test_a_day_that_fails_its_check_is_held(shop: Path) -> None:
    add(shop, "03", "4,2026-01-03 09:00:00,-2\n")
    with andon.open(shop) as project:
        report = project.run()
    assert report.status == "failed"
    assert len(rows_of(shop, ALL)) == 2


def test_a_change_of_code_may_be_limited_and_the_older_days_are_marked(shop: Path) -> None:
    write_files(shop, {"assets/marts/daily.sql": DAILY.replace("sum(amount)", "sum(2 * amount)")})
    with andon.open(shop) as project:
        (action,) = [a for a in project.plan(first="2026-01-02").work if a.asset == "marts.daily"]
    assert action.reasons == (
        "its definition changed: 1 of 2 days run again (2026-01-01 to 2026-01-02)",
    )
    assert run(shop, first="2026-01-02").note == "1 of 2 days, 1 of older code"
    assert [row[1] for row in rows_of(shop, ALL)] == [12, 2]
    assert run(shop).word == "unchanged"
    with andon.open(shop) as project:
        assert dict(project.show("marts.daily").facts) == {
            "intervals": "2 days, 2026-01-01 to 2026-01-02",
            "older code": "1 days",
        }
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    assert run(shop).note == "1 of 3 days, 1 of older code"
    assert run(shop, restate=True).note == "3 of 3 days"
    assert [row[1] for row in rows_of(shop, ALL)] == [24, 2, 4]


def test_days_beyond_the_bounds_stay_due(shop: Path) -> None:
    add(shop, "03", "4,2026-01-03 09:00:00,2\n5,2026-01-04 09:00:00,2\n")
    assert run(shop, last="2026-01-03").note == "1 of 4 days"
    assert len(rows_of(shop, ALL)) == 3
    assert run(shop).note == "1 of 4 days"
    assert len(rows_of(shop, ALL)) == 4


def test_days_are_run_again_where_the_author_says_so(shop: Path) -> None:
    outcome = run(shop, first="2026-01-02", last="2026-01-02", restate=True)
    assert (outcome.word, outcome.note) == ("same", "1 of 2 days")
    assert run(shop).word == "unchanged"


def test_bounds_are_refused_where_the_columns_changed(shop: Path) -> None:
    more = DAILY.replace("count(*) as orders", "count(*) as orders, 1 as one")
    write_files(shop, {"assets/marts/daily.sql": more})
    with andon.open(shop) as project:
        report = project.run(first="2026-01-02")
    assert [p.code for o in report.outcomes for p in o.problems] == ["INC001"]


def test_rows_that_stray_into_other_days_are_refused(shop: Path) -> None:
    strayed = DAILY.replace(
        "ordered_at::date as day", "(ordered_at + interval 1 day)::date as day"
    ).replace("every: day}", "every: day, inputs: {raw.orders: ordered_at}}")
    write_files(shop, {"assets/marts/daily.sql": strayed})
    run(shop)
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    with andon.open(shop) as project:
        report = project.run()
    assert [p.code for o in report.outcomes for p in o.problems] == ["INC002"]


def test_rows_set_aside_of_a_day_that_is_run_again_go_with_it(shop: Path) -> None:
    aside = DAILY.replace(
        "  - expect: amount >= 0", "  - expect: amount >= 0\n    on_fail: quarantine"
    )
    write_files(shop, {"assets/marts/daily.sql": aside.replace("checks:", "limit: 90%\nchecks:")})
    add(shop, "03", "4,2026-01-03 09:00:00,-2\n")
    first = run(shop).snapshot
    assert first is not None
    assert (first.rows, first.set_aside) == (2, 1)
    add(shop, "04", "4,2026-01-03 09:00:00,9\n5,2026-01-04 09:00:00,-9\n")
    second = run(shop)
    assert second.note == "2 of 4 days"
    assert second.snapshot is not None
    assert (second.snapshot.rows, second.snapshot.set_aside) == (3, 1)
    assert [row[1] for row in rows_of(shop, ALL)] == [12, 1, 7]


PYTHON = """
import polars as pl
from andon import asset


@asset(
    materialize="incremental",
    interval={"column": "day", "every": "day", "inputs": {"raw.orders": "ordered_at"}},
    inputs={"orders": "raw.orders"},
    columns={"amount": "BIGINT"},
)
def daily(orders: pl.DataFrame) -> pl.DataFrame:
    day = pl.col("ordered_at").dt.date().alias("day")
    return orders.group_by(day).agg(pl.col("amount").sum(), pl.len().alias("orders"))
"""


def test_a_python_asset_is_run_for_new_days_only(shop: Path) -> None:
    (shop / "assets/marts/daily.sql").unlink()
    write_files(shop, {"assets/marts/daily.py": PYTHON})
    assert run(shop).note == "2 of 2 days"
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    assert run(shop).note == "1 of 3 days"
    assert rows_of(shop, ALL) == [
        ("2026-01-01", 12, 2),
        ("2026-01-02", 1, 1),
        ("2026-01-03", 2, 1),
    ]


def test_days_of_python_that_give_other_types_are_refused(shop: Path) -> None:
    (shop / "assets/marts/daily.sql").unlink()
    loose = PYTHON.replace('columns={"amount": "BIGINT"},', "").replace(
        'pl.col("amount").sum()',
        'pl.col("amount").sum().cast(pl.Int8 if orders.height < 2 else pl.Int16)',
    )
    write_files(shop, {"assets/marts/daily.py": loose, "andon.toml": "[settings]\nthreads = 1\n"})
    run(shop)
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    with andon.open(shop) as project:
        report = project.run()
    assert [p.code for o in report.outcomes for p in o.problems] == ["INC004"]


MOVING = """/* andon
materialize: incremental
interval: {column: day, every: day, lookback: 1, inputs: {raw.orders: ordered_at}}
*/
select day, sum(amount) over (order by day range between interval 1 day preceding and current row)
  as amount, 1 as orders
from (select ordered_at::date as day, sum(amount) as amount from raw.orders group by all)
"""


def test_an_interval_may_look_back(shop: Path) -> None:
    write_files(shop, {"assets/marts/daily.sql": MOVING})
    run(shop)
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    assert run(shop).note == "1 of 3 days"
    assert [row[1] for row in rows_of(shop, ALL)] == [12, 13, 3]
    add(shop, "04", "5,2026-01-02 09:00:00,100\n")
    assert run(shop).note == "2 of 3 days"
    assert [row[1] for row in rows_of(shop, ALL)] == [12, 113, 103]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row read is a batch of its own, and three files are too many."""
    monkeypatch.setattr("andon.execution.intervals.incremental.BATCH_ROWS", 1)
    monkeypatch.setattr("andon.execution.intervals.incremental.MOST_FILES", 3)


@pytest.mark.usefixtures("small")
def test_what_was_finished_before_a_crash_is_not_run_again(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{day},2026-02-{day:02} 09:00:00,{day}\n" for day in range(1, 10))
    add(shop, "03", rows)
    ran = counted(monkeypatch)
    with monkeypatch.context() as crash:
        crash.setattr("andon.execution.intervals.incremental._Making.compact", fail)
        with andon.open(shop) as project:
            outcomes = project.run().outcomes
    assert [problem.code for one in outcomes for problem in one.problems] == ["CLI900"]
    assert len(ran) == 9
    assert run(shop).note == "9 of 11 days"
    assert len(ran) == 9
    assert len(rows_of(shop, ALL)) == 11


@pytest.mark.usefixtures("small")
def test_too_many_files_are_put_together_and_nothing_is_lost(shop: Path) -> None:
    for day in range(1, 12):
        add(shop, f"1{day:02}", f"{day},2026-02-{day:02} 09:00:00,{day}\n")
        outcome = run(shop)
        assert outcome.note == f"1 of {day + 2} days"
        assert outcome.snapshot is not None
        assert len(outcome.snapshot.data_files) <= 4
    assert [row[1] for row in rows_of(shop, ALL)] == [12, 1, *range(1, 12)]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Labels of the batches that are run from now on."""
    from andon.execution.intervals.slicer import Slicer

    ran: list[str] = []
    run_batch = Slicer.run

    def run_and_count(self: Slicer, batch: Any, label: str, **how: Any) -> Any:
        ran.append(label)
        return run_batch(self, batch, label, **how)

    monkeypatch.setattr(Slicer, "run", run_and_count)
    return ran


def fail(*_: object) -> None:
    raise MemoryError


def test_a_query_that_does_not_come_apart_is_built_in_full_and_the_reason_is_told(
    shop: Path,
) -> None:
    ranked = DAILY.replace("count(*) as orders", "rank() over (order by sum(amount)) as orders")
    write_files(shop, {"assets/marts/daily.sql": ranked})
    note = run(shop).note
    assert note.startswith("in full: ")
    assert "(line 8)" in note
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    assert run(shop).note.startswith("in full: ")
    assert [row[2] for row in rows_of(shop, ALL)] == [3, 1, 2]


def test_an_input_read_whole_makes_every_day_stale_when_it_changes(shop: Path) -> None:
    joined = DAILY.replace("from raw.orders", "from raw.orders cross join raw.rates").replace(
        "sum(amount)", "sum(amount * rate)"
    )
    more = SOURCE + "  rates: {path: rates.csv}\n"
    write_files(
        shop,
        {"assets/marts/daily.sql": joined, "sources/raw.yml": more, "rates.csv": "rate\n2\n"},
    )
    assert run(shop).note == "2 of 2 days"
    add(shop, "03", "4,2026-01-03 09:00:00,2\n")
    assert run(shop).note == "1 of 3 days"
    write_files(shop, {"rates.csv": "rate\n3\n"})
    assert run(shop).note == "3 of 3 days"
    assert [row[1] for row in rows_of(shop, ALL)] == [36, 3, 6]


@pytest.mark.parametrize(
    ("header", "query"),
    [
        (
            "materialize: incremental\ninterval: {column: dayy, every: day}",
            "select * from raw.orders",
        ),
        ("materialize: incremental\nkey: [order_id, dayy]", "select * from raw.orders"),
        ("key: dayy", "select * from raw.orders"),
        ("materialize: view\nkey: dayy", "select * from raw.orders"),
        (
            "materialize: incremental\nkey: dayy\ninterval: {column: day, every: day}",
            "select *, ordered_at::date as day from raw.orders",
        ),
    ],
)
def test_a_column_that_only_building_shows_to_be_missing_fails_the_asset(
    tmp_path: Path, header: str, query: str
) -> None:
    write_project(
        tmp_path, {**FILES, "assets/marts/daily.sql": f"/* andon\n{header}\n*/\n{query}\n"}
    )
    with andon.open(tmp_path) as project:
        report = project.run()
    (outcome,) = [one for one in report.outcomes if one.asset == "marts.daily"]
    assert [problem.code for problem in outcome.problems] == ["PRJ051"]
    assert "`dayy`" in outcome.problems[0].what


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    rows = "".join(
        f'{{"id": {n}, "ts": "2026-01-{n:02}T10:00:00", "v": {n}, "loc": {{"x": {n}}}}}\n'
        for n in range(1, 11)
    )
    write_project(
        tmp_path,
        {
            "sources/raw.yml": (
                "tables:\n  orders:\n    path: data/*.jsonl\n    columns: {ts: TIMESTAMP}\n"
            ),
            "data/a.jsonl": rows,
            "assets/marts/daily.sql": (
                "/* andon\nmaterialize: incremental\ninterval: {column: day, every: day}\n*/\n"
                "select ts::date as day, sum(v) as v from raw.orders group by all\n"
            ),
        },
    )
    assert run(tmp_path).note == "10 of 10 days"
    return tmp_path


def test_a_new_nested_field_that_the_query_does_not_read_runs_its_own_day_only(
    documents: Path,
) -> None:
    row = '{"id": 11, "ts": "2026-01-03T11:00:00", "v": 5, "loc": {"x": 1, "y": 2}}\n'
    write_files(documents, {"data/b.jsonl": row})
    assert run(documents).note == "1 of 10 days"
    assert rows_of(documents, "select v::int from marts.daily where day = '2026-01-03'") == [(8,)]


def test_a_new_type_of_a_column_that_the_query_reads_runs_every_day(documents: Path) -> None:
    row = '{"id": 11, "ts": "2026-01-03T11:00:00", "v": 5.5, "loc": {"x": 1}}\n'
    write_files(documents, {"data/b.jsonl": row})
    assert run(documents).note == "10 of 10 days"
