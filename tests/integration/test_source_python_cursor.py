"""Functions go on where they were: each row once, with a cursor, and all that is yielded without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generating import Functions, failing, firsts, functions


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Functions]:
    with functions(tmp_path) as made:
        yield made


NUMBERS = """
import json, pathlib
DATA = pathlib.Path(__file__).with_name("data.json")
@source(mode="append", cursor="at" {more})
def f(cursor=None):
    with DATA.with_name("asked.txt").open("a") as asked:
        asked.write(f"{{cursor!r}}\\n")
    for page in json.loads(DATA.read_text()):
        yield [row for row in page if {passed}]
"""
SINCE = "cursor is None or row['at'] >= cursor"


def pages(shop: Functions, *found: object, passed: str = SINCE, more: str = "") -> None:
    """What the function gives next, page by page."""
    shop.write(NUMBERS.format(passed=passed, more=more))
    (shop.root / "sources/data.json").write_text(json.dumps(found))


def asked(shop: Functions) -> list[str]:
    return (shop.root / "sources/asked.txt").read_text().split()


def at(*values: object) -> list[dict[str, object]]:
    return [{"at": value, "b": "x"} for value in values]


def test_the_cursor_is_the_largest_value_so_far(shop: Functions) -> None:
    pages(shop, at(1, 5), at(3))
    shop.ask()
    shop.ask()
    assert asked(shop) == ["None", "5"]


def test_rows_at_the_boundary_come_again_and_count_once(shop: Functions) -> None:
    pages(shop, at(1, 5))
    shop.ask()
    pages(shop, at(1, 5), at(5), at(6))
    shop.ask()
    assert firsts(shop.rows()) == [1, 5, 5, 6]
    assert shop.ask() == ()


def test_equal_rows_are_as_many_as_were_yielded(shop: Functions) -> None:
    pages(shop, at(1, 5, 5))
    shop.ask()
    pages(shop, at(1, 5, 5, 5))
    shop.ask()
    assert firsts(shop.rows()) == [1, 5, 5, 5]


def test_with_a_key_a_row_at_the_boundary_is_known_by_it(shop: Functions) -> None:
    pages(shop, [{"at": 5, "id": 1, "n": "old"}], more=", key='id'")
    shop.ask()
    pages(shop, [{"at": 5, "id": 1, "n": "new"}, {"at": 5, "id": 2, "n": "x"}], more=", key='id'")
    shop.ask()
    assert shop.rows() == [(5, 1, "old"), (5, 2, "x")]


def test_a_function_that_takes_no_notice_of_the_cursor_adds_nothing_twice(
    shop: Functions,
) -> None:
    pages(shop, at(1, 1), at(3), passed="True")
    shop.ask()
    pages(shop, at(1, 1), at(3), at(4), passed="True")
    shop.ask()
    assert firsts(shop.rows()) == [1, 1, 3, 4]


def test_a_row_that_came_late_is_kept(shop: Functions) -> None:
    pages(shop, at(1, 5), passed="True")
    shop.ask()
    pages(shop, at(1, 2, 5, 6), passed="True")
    shop.ask()
    assert firsts(shop.rows()) == [1, 2, 5, 6]


@pytest.mark.parametrize(
    "order", [[(1, 2), (3, 4), (5,)], [(5, 4), (3, 3), (1,)], [(3,), (5,), (1,)]]
)
@pytest.mark.parametrize("batches", [1, 2])
def test_reading_that_was_interrupted_loses_and_repeats_nothing(
    shop: Functions, order: list[tuple[int, ...]], batches: int
) -> None:
    pages(shop, *(at(*page) for page in order))
    shop.ask(batches=batches)
    shop.ask(batches=batches)
    shop.ask()
    assert firsts(shop.rows()) == sorted(value for page in order for value in page)


def test_rows_in_order_go_on_from_the_last_one(shop: Functions) -> None:
    pages(shop, at(1), at(2), at(3), more=", ordered=True")
    shop.ask(batches=2)
    shop.ask()
    assert asked(shop) == ["None", "2"]
    assert firsts(shop.rows()) == [1, 2, 3]


def test_without_an_order_it_goes_on_from_where_it_began(shop: Functions) -> None:
    pages(shop, at(1), at(2), at(3))
    shop.ask(batches=2)
    shop.ask()
    shop.ask()
    assert asked(shop) == ["None", "None", "3"]


def test_an_order_that_does_not_hold_is_refused(shop: Functions) -> None:
    pages(shop, at(5), at(3), more=", ordered=True")
    assert failing(shop) == "SRC067"
    pages(shop, at(5), at(3))
    shop.ask()
    assert firsts(shop.rows()) == [3, 5]


@pytest.mark.parametrize("row", [{"at": None}, {"b": 1}, {"at": [1]}, {"at": True}])
def test_a_row_without_a_cursor_is_refused(shop: Functions, row: dict[str, object]) -> None:
    pages(shop, at(1), [row], passed="True")
    assert failing(shop) == "SRC061"
    assert firsts(shop.rows()) == [1]


def test_a_cursor_that_changes_its_type_is_refused(shop: Functions) -> None:
    pages(shop, at(1))
    shop.ask()
    pages(shop, at("2"), passed="True")
    assert failing(shop) == "SRC062"


def test_a_cursor_lies_deeper_by_a_dotted_path(shop: Functions) -> None:
    shop.write(
        "@source(mode='append', cursor='m.at')\ndef f(cursor=None):\n"
        "    yield {'m': {'at': (cursor or 0) + 1}}\n"
    )
    shop.ask()
    shop.ask()
    assert shop.rows(columns="m.at") == [(1,), (2,)]


TIMES = """
from datetime import *
from decimal import Decimal
import pandas as pd
@source(mode="append", cursor="at")
def f(cursor=None):
    assert cursor is None or isinstance(cursor, {kind}), cursor
    yield {{"at": {first}}}
    yield {{"at": {second}}}
"""


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("datetime", "datetime(2026, 1, 1)", "datetime(2026, 1, 1, 0, 0, 0, 1)"),
        ("datetime", "datetime(2026, 1, 1, tzinfo=UTC)", "datetime(2026, 1, 2, tzinfo=UTC)"),
        ("datetime", "pd.Timestamp(1)", "pd.Timestamp('2026-01-01 00:00:00.123456789')"),
        ("date", "date(2026, 1, 1)", "date(2026, 1, 2)"),
        ("Decimal", "Decimal('1.10')", "Decimal('1.2')"),
        ("float", "1", "1.5"),
        ("str", "'a'", "'b'"),
    ],
)
def test_a_cursor_of_each_kind_comes_back_as_it_was(
    shop: Functions, kind: str, first: str, second: str
) -> None:
    shop.write(TIMES.format(kind=kind, first=first, second=second))
    shop.ask()
    assert shop.ask() == ()
    assert len(shop.rows()) == 2


FRAMES = """
import pandas as pd, json, pathlib
DATA = pathlib.Path(__file__).with_name("data.json")
@source(mode="append", cursor="at")
def f(cursor=None):
    for page in json.loads(DATA.read_text()):
        frame = pd.DataFrame(page)
        frame["at"] = pd.to_datetime(frame["at"], unit="ns").astype("datetime64[ns]")
        yield frame
"""


def test_of_tables_each_row_counts_once_to_the_nanosecond(shop: Functions) -> None:
    shop.write(FRAMES)
    data = shop.root / "sources/data.json"
    data.write_text(json.dumps([at(1001, 2003), at(1500)]))
    shop.ask(batches=1)
    data.write_text(json.dumps([at(1001, 2003), at(1500, 2003), at(2004)]))
    shop.ask()
    assert shop.ask() == ()
    assert [row[0] for row in shop.rows(columns='epoch_ns("at")')] == [1001, 1500, 2003, 2003, 2004]


def test_a_table_without_the_cursor_is_refused(shop: Functions) -> None:
    shop.write(
        "import polars as pl\n@source(mode='append', cursor='at')\ndef f():\n"
        "    yield pl.DataFrame({'b': [1]})\n"
    )
    assert failing(shop) == "SRC061"


def test_tables_after_dicts_are_refused_before_they_are_kept(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n")
    shop.ask()
    shop.write(
        "import polars as pl\n@source(mode='append')\ndef f():\n    yield pl.DataFrame({'a': [1]})\n"
    )
    assert failing(shop) == "SRC063"
    assert shop.rows() == [(1,)]


def test_without_a_cursor_all_that_is_yielded_is_added(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n")
    shop.ask()
    shop.ask()
    assert shop.rows() == [(1,), (1,)]
    assert shop.position == ""


QUEUE = """
import json, pathlib
HERE = pathlib.Path(__file__).parent
@source(mode="append")
def f():
    for letter in sorted(HERE.glob("*.letter")):
        yield [{"a": letter.read_text()}]
        letter.unlink()
"""


def test_a_list_is_recorded_before_the_function_goes_on(shop: Functions) -> None:
    shop.write(QUEUE)
    for name in "abc":
        (shop.root / f"sources/{name}.letter").write_text(name)
    shop.ask(batches=2)
    assert {path.stem for path in (shop.root / "sources").glob("*.letter")} == {"b", "c"}
    assert firsts(shop.rows()) == ["a", "b"]


def test_what_was_yielded_before_an_error_is_kept(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n    raise ValueError('x')\n")
    assert failing(shop) == "PYA001"
    assert shop.rows() == [(1,)]
