"""Laws of checks: the planned answer equals one obvious query per check; parting loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    NotNull,
    Pattern,
    Range,
    Relationship,
    Unique,
    kind_of,
)
from tests.judging import Table

POOLS = {
    "n": ("INTEGER", ("null", "0", "1", "2", "-2147483648", "2147483647")),
    "s": ("VARCHAR", ("null", "''", "'a'", "'A'", "'ab'", "'é'", "'a''b'", "chr(10)")),
    "f": ("DOUBLE", ("null", "0.0", "-0.0", "1.5", "'nan'", "'infinity'", "'-infinity'")),
    "m": ("DECIMAL(6,2)", ("null", "0.00", "0.01", "-9999.99", "9999.99")),
    "d": ("DATE", ("null", "'2026-01-01'", "'2024-02-29'", "'infinity'")),
    "l": ("INTEGER[]", ("null", "[]", "[1]", "[null]", "[1, 2]")),
    "h": ("HUGEINT", ("null", "0", "170141183460469231731687303715884105727")),
}
ROWS = st.lists(st.tuples(*(st.sampled_from(pool) for _, pool in POOLS.values())), max_size=9)
KEYS = st.lists(st.sampled_from(list(POOLS)), min_size=1, max_size=3, unique=True).map(tuple)
SETTINGS = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ROW_CHECKS: tuple[tuple[Check, str], ...] = (
    (NotNull(column="s"), "s is null"),
    (Accepted(column="s", values=("a", "a'b", None)), "s <> 'a' and s <> 'a''b'"),
    (Accepted(column="n", values=(0, 2)), "n <> 0 and n <> 2"),
    (Accepted(column="f", values=(0, 1.5)), "f <> 0 and f <> 1.5"),
    (Range(column="n", min=0.5), "n < 1"),
    (Range(column="f", min=0, max=2), "f < 0 or f > 2 or isnan(f)"),
    (Range(column="f", min=0), "f < 0 or isnan(f)"),
    (Range(column="m", max="0.005"), "m > 0.005"),
    (Range(column="d", min="2025-01-01", max="2026-12-31"), "d < '2025-01-01' or d > '2026-12-31'"),
    (Range(column="s", min="A", max="a"), "s < 'A' or s > 'a'"),
    (Pattern(column="s", regex="a?"), "not regexp_full_match(s, 'a?')"),
    (Pattern(column="s", regex="[ab]+"), "not regexp_full_match(s, '[ab]+')"),
    (Expect(condition="n > f"), "not (n > f)"),
)

if TYPE_CHECKING:
    import duckdb


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        yield connection


def table_of(engine: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]]) -> Table:
    shown = rows or [("null",) * len(POOLS)]
    types = [type_ for type_, _ in POOLS.values()]
    cells = [
        ", ".join(f"cast({cell} as {type_})" for cell, type_ in zip(row, types, strict=True))
        for row in shown
    ]
    source = f"(values {', '.join(f'({row})' for row in cells)}) as v({', '.join(POOLS)})"
    where = "" if rows else " where false"
    others = {"raw.o": "select * from (values (0, 'a'), (1, 'ab'), (null, 'a')) as o(x, y)"}
    return Table(engine, f"select * from {source}{where}", others)


def whole(columns: tuple[str, ...], prefix: str = "") -> str:
    return " and ".join(f"{prefix}{column} is not null" for column in columns)


def same(columns: tuple[str, ...]) -> str:
    return " and ".join(f"a.{column} = b.{column}" for column in columns)


@SETTINGS
@given(rows=ROWS)
def test_row_checks_count_as_one_obvious_query_each_does(
    engine: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]]
) -> None:
    table = table_of(engine, rows)
    found = table.failing(*(check for check, _ in ROW_CHECKS))
    counts = ", ".join(f"count(*) filter (where {bad})" for _, bad in ROW_CHECKS)
    assert tuple(found) == table.rows(f"select {counts} from {table.relation}")[0]
    for (check, _), failing in zip(ROW_CHECKS, found, strict=True):
        assert len(table.failing_rows(check)) == failing, kind_of(check)


@SETTINGS
@given(rows=ROWS, key=KEYS)
def test_unique_counts_every_row_of_a_repeated_key(
    engine: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]], key: tuple[str, ...]
) -> None:
    table = table_of(engine, rows)
    naive = (
        f"select count(*) from {table.relation} a where {whole(key, 'a.')} "
        f"and (select count(*) from {table.relation} b where {same(key)}) > 1"
    )
    check = Unique(columns=key)
    wanted = table.rows(naive)[0][0]
    assert table.failing(check) == table.failing(check, rows=len(rows)) == [wanted]
    assert len(table.failing_rows(check)) == wanted


@SETTINGS
@given(rows=ROWS)
def test_relationship_counts_keys_that_point_nowhere(
    engine: duckdb.DuckDBPyConnection, rows: list[tuple[str, ...]]
) -> None:
    table = table_of(engine, rows)
    naive = (
        f"select count(*) from {table.relation} a where n is not null and s is not null and "
        "not exists (select 1 from (values (0, 'a'), (1, 'ab')) as o(x, y) where x = a.n and y = a.s)"
    )
    check = Relationship(columns=("n", "s"), to_asset="raw.o", to_columns=("x", "y"))
    assert table.failing(check) == [table.rows(naive)[0][0]]
    assert table.failing(check, rows=len(rows)) == table.failing(check)


@SETTINGS
@given(
    rows=ROWS,
    chosen=st.sets(st.integers(0, len(ROW_CHECKS) - 1), max_size=3),
    keys=st.lists(KEYS, min_size=0, max_size=2, unique=True),
    keeps_first=st.booleans(),
    points=st.booleans(),
)
def test_parting_loses_nothing_and_what_is_kept_passes(
    engine: duckdb.DuckDBPyConnection,
    rows: list[tuple[str, ...]],
    chosen: set[int],
    keys: list[tuple[str, ...]],
    keeps_first: bool,
    points: bool,
) -> None:
    table = table_of(engine, rows)
    checks: list[Check] = [_quarantined(ROW_CHECKS[index][0]) for index in sorted(chosen)]
    first = ("d desc", "n") if keeps_first else ()
    checks += [Unique(columns=key, keep_first_by=first, on_fail="quarantine") for key in keys]
    if points or not checks:
        checks.append(
            Relationship(columns=("n",), to_asset="raw.o", to_columns=("x",), on_fail="quarantine")
        )
    split = table.split(checks)
    counts = split.read(table.rows(split.count))
    kept, aside = table.rows(split.kept), table.rows(split.aside)
    before = Counter(map(repr, table.rows(f"select * from {table.relation}")))
    assert before == Counter(map(repr, kept)) + Counter(repr(row[:-1]) for row in aside)
    assert (counts.total, counts.set_aside) == (len(rows), len(aside))
    assert all(row[-1] for row in aside)
    others = {"raw.o": "select * from (values (0), (1), (null)) as o(x)"}
    assert set(Table(engine, split.kept, others).failing(*checks)) == {0}


def _quarantined(check: Check) -> Check:
    return replace(check, on_fail="quarantine")
