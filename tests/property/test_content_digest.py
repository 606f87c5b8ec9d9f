"""Laws of the content digest: row order is not content, every value of every cell is."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andon.catalog.digest import combine
from andon.engines.duckdb.engine import DuckDBEngine
from andon.engines.duckdb.types import literal

Row = tuple[str | None, ...]
TYPES: dict[str, st.SearchStrategy[str]] = {
    "INTEGER": st.integers(-3, 3).map(str),
    "BIGINT": st.integers(-(2**63), 2**63 - 1).map(str),
    "HUGEINT": st.sampled_from(["0", "-1", "1", str(2**64), str(2**64 + 1), str(-(2**64))]),
    "DECIMAL(38,2)": st.sampled_from(["0", "-0.01", "0.01", "184467440737095516.16"]),
    "VARCHAR": st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4
    ),
    "VARCHAR[]": st.sampled_from(["[]", "[a, b]", "['a, b']", "[NULL]", "['NULL']", "['']"]),
    "INTEGER[][]": st.sampled_from(["[[1], [2]]", "[[1, 2]]", "[[1, 2], []]", "[[1], [2], []]"]),
    "STRUCT(a INTEGER, b INTEGER)": st.sampled_from(
        ["{'a': NULL, 'b': NULL}", "{'a': 1, 'b': NULL}", "{'a': NULL, 'b': 1}"]
    ),
    'STRUCT(t VARCHAR, "it\'s" STRUCT(h HUGEINT, l VARCHAR[]))': st.sampled_from(
        [
            "row(null, null)",
            "row(null, row(null, null))",
            "row('', row(null, []))",
            "row('a', row(0, ['b']))",
            "row('a', row(-1, ['b']))",
            "row('b', row(0, ['a']))",
            "row('a', row(0, ['a', 'b']))",
            "row('a', row(0, ['a, b']))",
        ]
    ),
    "INTERVAL": st.sampled_from(["1 month", "30 days", "720 hours"]),
    "TIME WITH TIME ZONE": st.sampled_from(["12:00:00+00", "13:00:00+01"]),
    "ENUM('a', 'b')": st.sampled_from(["a", "b"]),
    "UUID": st.uuids().map(str),
    "BIT": st.sampled_from(["1", "01", "001"]),
}
KINDS = tuple(TYPES)
tables = st.lists(st.tuples(*(st.none() | TYPES[kind] for kind in KINDS)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> DuckDBEngine:
    return DuckDBEngine(tmp_path_factory.mktemp("store"), threads=1, memory_bytes=200 << 20)


def digest_of(engine: DuckDBEngine, rows: Sequence[Row], kinds: Sequence[str] = KINDS) -> str:
    def cell(value: str | None, kind: str) -> str:
        is_written = value is not None and kind.startswith("STRUCT(t")
        written = value if is_written else "null" if value is None else literal(value)
        return f"cast({written} as {kind})"

    values = ", ".join(
        f"({', '.join(cell(value, kind) for value, kind in zip(row, kinds, strict=True))})"
        for row in rows
    )
    names = ", ".join(f"c{at}" for at in range(len(kinds)))
    query = f"select * from (values {values}) as t({names})"
    schema = engine.describe(query, {})
    high, low = engine.digest_columns(schema)
    [(count, one, two)] = engine.rows(f"select count(*), {high}, {low} from ({query})")
    return combine(schema, count, one, two, algorithm=engine.digest_algorithm()).value


@given(rows=tables, seed=st.integers(0, 9))
@settings(max_examples=20)
def test_row_order_is_not_content(engine: DuckDBEngine, rows: list[Row], seed: int) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert digest_of(engine, shuffled) == digest_of(engine, rows)


@given(rows=tables, data=st.data())
@settings(max_examples=60)
def test_any_changed_cell_changes_it(
    engine: DuckDBEngine, rows: list[Row], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(KINDS) - 1))
    old = rows[at][column]
    new = data.draw((st.none() | TYPES[KINDS[column]]).filter(lambda value: value != old))
    changed = [*rows]
    changed[at] = (*rows[at][:column], new, *rows[at][column + 1 :])
    assert digest_of(engine, changed) != digest_of(engine, rows)


@given(rows=tables)
@settings(max_examples=20)
def test_equal_rows_do_not_cancel(engine: DuckDBEngine, rows: list[Row]) -> None:
    digests = {digest_of(engine, rows + [rows[0]] * times) for times in range(4)}
    assert len(digests) == 4


def test_values_exchanged_between_rows_change_it(engine: DuckDBEngine) -> None:
    kinds = ("INTEGER", "INTEGER")
    assert digest_of(engine, [("1", "2"), ("3", "4")], kinds) != digest_of(
        engine, [("1", "4"), ("3", "2")], kinds
    )


def test_boundaries_between_columns_matter(engine: DuckDBEngine) -> None:
    kinds = ("VARCHAR", "VARCHAR")
    digests = {
        digest_of(engine, [row], kinds)
        for row in [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc"), ("abc", None)]
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("-0.0", "0.0", "DOUBLE"),
        ("-nan", "nan", "DOUBLE"),
        ("-0.0", "0.0", "FLOAT"),
        ("[-0.0, 1.5]", "[0.0, 1.5]", "DOUBLE[]"),
        ("[-nan]", "[nan]", "DOUBLE[]"),
        ("{'a': -0.0, 'b': [-0.0]}", "{'a': 0.0, 'b': [0.0]}", "STRUCT(a DOUBLE, b DOUBLE[])"),
        ("{'a': -nan}", "{'a': nan}", "STRUCT(a DOUBLE)"),
    ],
)
def test_equal_numbers_have_one_encoding(
    engine: DuckDBEngine, one: str, other: str, kind: str
) -> None:
    assert digest_of(engine, [(one,)], (kind,)) == digest_of(engine, [(other,)], (kind,))


def test_no_rows_and_rows_of_nulls_differ(engine: DuckDBEngine) -> None:
    schema = engine.describe("select null::INTEGER as a", {})
    high, low = engine.digest_columns(schema)
    assert engine.rows(f"select {high}, {low} from (select null::INTEGER as a) where false") == [
        (0, 0)
    ]
    assert engine.rows(f"select {high} from (select null::INTEGER as a)") != [(0,)]
