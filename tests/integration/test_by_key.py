"""Assets kept by key: only rows of changed keys, or of new input rows, are made again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.execution.outcome import Outcome
from tests.factories import rows_of, write_files, write_project

TOTALS = """/* andon
materialize: incremental
key: customer
checks:
  - unique: customer
  - expect: amount < 1000
*/
select customer, sum(amount) as amount from raw.orders group by all
"""
COPY = """/* andon
materialize: incremental
strategy: append
*/
select order_id, customer, amount * 2 as amount from raw.orders where amount > 0
"""
HEAD = "order_id,customer,amount\n"
FILES: Mapping[str, str] = {
    "sources/raw.yml": "tables:\n  orders: {path: data/*.csv}\n",
    "assets/marts/totals.sql": TOTALS,
    "assets/marts/copy.sql": COPY,
    "data/01.csv": HEAD + "1,a,5\n3,a,1\n2,b,7\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, FILES)
    notes = {name: one.note for name, one in run(tmp_path).items()}
    assert notes == {
        "raw.orders": "",
        "marts.totals": "in full: it is new",
        "marts.copy": "in full: it is new",
    }
    return tmp_path


def run(shop: Path, **options: Any) -> dict[str, Outcome]:
    with andon.open(shop) as project:
        report = project.run(**options)
        return {one.asset: one for one in report.outcomes}


def add(shop: Path, name: str, rows: str) -> dict[str, Outcome]:
    write_files(shop, {f"data/{name}.csv": HEAD + rows})
    return run(shop)


def totals(shop: Path) -> list[tuple[Any, ...]]:
    return rows_of(shop, "select customer, amount::int from marts.totals order by all")


def test_rows_of_changed_keys_are_made_again_and_files_of_others_stay(shop: Path) -> None:
    add(shop, "02", "4,c,3\n")
    before = run(shop)["marts.totals"].snapshot
    after = add(shop, "03", "5,c,4\n6,d,1\n")["marts.totals"]
    assert after.note == "2 rows made again"
    assert totals(shop) == [("a", 6), ("b", 7), ("c", 7), ("d", 1)]
    assert before is not None
    assert after.snapshot is not None
    assert after.snapshot.data_files[0] == before.data_files[0]


def test_a_key_whose_rows_are_gone_goes_too(shop: Path) -> None:
    outcome = add(shop, "01", "1,a,5\n3,a,1\n")["marts.totals"]
    assert outcome.note == "0 rows made again"
    assert totals(shop) == [("a", 6)]


def test_rows_without_a_key_are_one_key(shop: Path) -> None:
    add(shop, "02", "4,,3\n")
    assert add(shop, "03", "5,,4\n")["marts.totals"].note == "1 rows made again"
    assert totals(shop)[-1] == (None, 7)


def test_new_rows_are_appended(shop: Path) -> None:
    outcome = add(shop, "02", "4,c,3\n5,c,-3\n")["marts.copy"]
    assert outcome.note == "1 rows added"
    assert rows_of(shop, "select sum(amount)::int, count(*) from marts.copy") == [(32, 4)]


def test_what_changed_cannot_be_appended(shop: Path) -> None:
    outcome = add(shop, "01", "1,a,6\n2,b,7\n3,a,1\n")["marts.copy"]
    assert outcome.note == "in full: rows of `raw.orders` changed or are gone"
    assert rows_of(shop, "select sum(amount)::int from marts.copy") == [(28,)]


def test_a_key_that_fails_its_check_holds_the_asset(shop: Path) -> None:
    assert add(shop, "02", "4,c,5000\n")["marts.totals"].word == "failed"
    assert totals(shop) == [("a", 6), ("b", 7)]


def test_rows_set_aside_of_a_changed_key_are_judged_anew(shop: Path) -> None:
    aside = TOTALS.replace("amount < 1000", "amount < 1000\n    on_fail: quarantine")
    write_files(shop, {"assets/marts/totals.sql": aside.replace("checks:", "limit: 90%\nchecks:")})
    first = add(shop, "02", "4,c,5000\n")["marts.totals"].snapshot
    assert first is not None
    assert (first.rows, first.set_aside) == (2, 1)
    second = add(shop, "03", "5,c,-4999\n")["marts.totals"]
    assert second.note == "1 rows made again"
    assert second.snapshot is not None
    assert (second.snapshot.rows, second.snapshot.set_aside) == (3, 0)
    assert totals(shop) == [("a", 6), ("b", 7), ("c", 1)]


def test_a_query_that_looks_across_keys_is_built_in_full(shop: Path) -> None:
    ranked = TOTALS.replace("sum(amount) as amount", "sum(amount) as amount, rank() over () as r")
    write_files(shop, {"assets/marts/totals.sql": ranked})
    run(shop)
    assert add(shop, "02", "4,c,3\n")["marts.totals"].note.startswith("in full: ")


def test_rows_are_appended_by_the_input_that_grew(shop: Path) -> None:
    joined = COPY.replace("from raw.orders", "from raw.orders join raw.names using (customer)")
    more = FILES["sources/raw.yml"] + "  names: {path: names/*.csv}\n"
    write_files(
        shop,
        {
            "sources/raw.yml": more,
            "assets/marts/copy.sql": joined,
            "names/1.csv": "customer,name\na,Ann\n",
        },
    )
    run(shop)
    write_files(shop, {"names/2.csv": "customer,name\nb,Bo\n"})
    assert run(shop)["marts.copy"].note == "1 rows added"
    assert add(shop, "02", "4,a,3\n")["marts.copy"].note == "1 rows added"
    assert rows_of(shop, "select sum(amount)::int from marts.copy") == [(32,)]


def test_a_key_of_which_only_a_duration_changed_is_made_again(tmp_path: Path) -> None:
    files = {
        "sources/raw.yml": "tables:\n  spans: {path: data/*.csv, columns: {d: INTERVAL}}\n",
        "assets/marts/totals.sql": "/* andon\nmaterialize: incremental\nkey: id\n*/\n"
        "select id, max(d)::varchar as d from raw.spans group by all\n",
        "data/01.csv": "id,d\na,30 days\n",
    }
    write_project(tmp_path, files)
    run(tmp_path)
    write_files(tmp_path, {"data/01.csv": "id,d\na,1 month\n"})
    assert run(tmp_path)["marts.totals"].note == "1 rows made again"
    assert rows_of(tmp_path, "select d from marts.totals") == [("1 month",)]
