"""Rows in = rows kept + rows set aside, on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from andon.spec.check import Accepted, Check, Expect, NotNull, Relationship, Unique
from tests.judging import Table

if TYPE_CHECKING:
    import duckdb


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with duckdb.connect() as connection:
        yield connection


def test_a_row_that_fails_two_checks_is_counted_once_and_says_both(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = Table(engine, "select * from (values (1, 'x'), (null, 'y'), (null, 'x')) as v(id, s)")
    split = table.split(
        [
            NotNull(column="id", on_fail="quarantine"),
            Accepted(column="s", values=("x",), on_fail="quarantine"),
        ]
    )
    counts = split.read(table.rows(split.count))
    assert (counts.total, counts.set_aside, [n for _, n in counts.by_check]) == (3, 2, [2, 1])
    assert table.rows(split.kept) == [(1, "x")]
    assert sorted(table.rows(split.aside), key=str) == [
        (None, "x", ["not_null: id"]),
        (None, "y", ["not_null: id", "accepted: s in x"]),
    ]


def test_unique_sets_aside_every_row_of_a_repeated_key(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, "select * from (values (1), (1), (2), (null), (null)) as v(id)")
    split = table.split([Unique(columns=("id",), on_fail="quarantine")])
    assert split.read(table.rows(split.count)).set_aside == 2
    assert sorted(table.rows(split.kept), key=str) == [(2,), (None,), (None,)]


def test_keep_first_keeps_one_row_by_its_order(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(
        engine,
        "select * from (values (1, 'a', 5), (1, 'b', 9), (1, 'c', null), (2, 'd', 1)) as v(id, s, n)",
    )
    split = table.split([Unique(columns=("id",), keep_first_by=("n desc",), on_fail="quarantine")])
    assert split.read(table.rows(split.count)).set_aside == 2
    assert sorted(table.rows(split.kept)) == [(1, "b", 9), (2, "d", 1)]


def test_keep_first_keeps_one_of_equal_rows(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, "select 1 as id, 2 as at from range(7)")
    split = table.split([Unique(columns=("id",), keep_first_by=("at",), on_fail="quarantine")])
    assert table.rows(split.kept) == [(1, 2)]
    assert len(table.rows(split.aside)) == 6


def test_a_broken_row_does_not_take_its_sound_twin_with_it(
    engine: duckdb.DuckDBPyConnection,
) -> None:
    table = Table(engine, "select * from (values (1, null), (1, 'x')) as v(id, s)")
    checks: list[Check] = [
        Unique(columns=("id",), on_fail="quarantine"),
        NotNull(column="s", on_fail="quarantine"),
    ]
    split = table.split(checks)
    assert table.rows(split.kept) == [(1, "x")]
    assert [n for _, n in split.read(table.rows(split.count)).by_check] == [0, 1]


def test_orphans_are_set_aside_and_null_keys_stay(engine: duckdb.DuckDBPyConnection) -> None:
    others = {"raw.o": "select * from (values (1), (1), (null)) as v(c)"}
    table = Table(engine, "select * from (values (1), (2), (null)) as v(c)", others=others)
    check = Relationship(columns=("c",), to_asset="raw.o", to_columns=("c",), on_fail="quarantine")
    split = table.split([check])
    assert table.rows(split.aside) == [(2, ["relationship: c in raw.o.c"])]
    assert sorted(table.rows(split.kept), key=str) == [(1,), (None,)]


def test_columns_named_like_the_flags_do_no_harm(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(
        engine, 'select true as _fails_0, 1 as _rows, 1 as "_twice_1", 5 as _KEY_1_0 from range(2)'
    )
    checks: list[Check] = [
        Expect(condition="_rows = 1", on_fail="quarantine"),
        Unique(columns=("_twice_1", "_rows"), on_fail="quarantine"),
        Unique(columns=("_fails_0",), on_fail="quarantine"),
    ]
    split = table.split(checks)
    assert table.rows(split.kept) == []
    assert len(table.rows(split.aside)) == 2
    assert [n for _, n in split.read(table.rows(split.count)).by_check] == [0, 2, 2]


def test_an_empty_table_parts_into_nothing(engine: duckdb.DuckDBPyConnection) -> None:
    table = Table(engine, "select 1 as id where false")
    split = table.split([Unique(columns=("id",), on_fail="quarantine")])
    counts = split.read(table.rows(split.count))
    assert (counts.total, counts.set_aside) == (0, 0)
