"""Proofs of slicing: what stands around the query, and corners that no corpus shows well."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from andon.schema import Column, Schema
from andon.sql.read import read_sql
from andon.sql.sliced import Sliced, SlicedInput, Unproved
from andon.sql.slices import keyed, row_wise, slices


def schema(**types: str) -> Schema:
    return Schema(tuple(Column(name=name, type=type_) for name, type_ in types.items()))


COLUMNS_OF = {
    "t": schema(Day="DATE", at="TIMESTAMP", k="INTEGER", x="INTEGER", note="VARCHAR"),
    "u": schema(day="DATE", k="INTEGER", y="INTEGER"),
    "v": schema(day="DATE", k="BIGINT", y="INTEGER"),
}


def daily(query: str, **others: Schema) -> Sliced | Unproved:
    body, _ = read_sql(query, 0, "query.sql")
    return slices(body, "day", "day", COLUMNS_OF | others)


def refused(query: str) -> str:
    found = daily(query)
    assert isinstance(found, Unproved), found
    return found.reason


def test_the_line_counts_from_the_start_of_the_file() -> None:
    text = "/* andon\nowner: me\n*/\nselect day,\n  sum(x) over (order by day) as s\nfrom t"
    body, _ = read_sql(text, text.index("select"), "query.sql")
    found = slices(body, "Day", "day", COLUMNS_OF)
    assert found == Unproved(reason="`sum()` looks across days: partition it by `day`", line=5)


def test_a_query_that_only_the_engine_understands_is_refused() -> None:
    body, _ = read_sql("select * from t", 0, "query.sql")
    found = slices(replace(body, is_opaque=True), "day", "day", COLUMNS_OF)
    assert found == Unproved(reason="only the engine's own parser understands the query")


def test_a_macro_of_the_project_is_refused_even_under_the_name_of_a_function() -> None:
    body, _ = read_sql("select day, lower(note) as n from t", 0, "query.sql")
    assert isinstance(slices(body, "day", "day", COLUMNS_OF), Sliced)
    found = slices(body, "day", "day", COLUMNS_OF, macros={"lower"})
    assert found == Unproved(reason="`lower()` is a macro of the project, which may be anything")


def test_an_input_whose_columns_are_not_known_may_be_read_whole() -> None:
    assert daily("select t.day from t join w using (k)") == Sliced(
        inputs=(SlicedInput(name="t", columns=("day",)),), whole=("w",)
    )


def test_a_bare_name_beside_unknown_columns_is_that_of_the_known_input() -> None:
    # Were it in both, the engine would refuse the query.
    assert isinstance(daily("select day, w.z from t join w using (k)"), Sliced)


def test_a_name_that_may_be_an_alias_or_a_column_must_tell_the_slice_as_both() -> None:
    query = "select day, sum(x) over (partition by {}) as s, k as at from t"
    assert isinstance(daily(query.format("day")), Sliced)
    assert "looks across days" in refused(query.format("at"))
    assert isinstance(
        daily("select at::date as day, count(*) over (partition by t.at) from t"), Sliced
    )


def test_a_column_of_another_meaning_is_not_taken_for_the_slice() -> None:
    assert "`t.k` is INTEGER" in refused("select k as day, day as other from t")
    # Of two columns of one name the engine keeps the first under it.
    assert "`t.x` is INTEGER" in refused("select x as day, day from t")


def test_a_name_that_the_engine_changes_does_not_lead_to_a_column() -> None:
    inner = "select k as day_1, x as y, at as y, day as y_1 from t"
    assert "cannot tell" in refused(f"select y_1 as day from ({inner})")


def test_a_plus_sign_changes_the_name_of_a_column() -> None:
    assert "plus sign" in refused("select +x, day from t")


def test_a_unit_that_is_a_column_is_not_taken_for_a_word() -> None:
    assert "is not written as text" in refused("select date_trunc(day, at) as day from t")


def test_a_week_is_not_taken_for_a_part_of_a_month() -> None:
    body, _ = read_sql("select date_trunc('week', at) as day from t", 0, "query.sql")
    assert isinstance(slices(body, "day", "month", COLUMNS_OF), Unproved)
    assert isinstance(slices(body, "day", "year", COLUMNS_OF), Unproved)
    assert isinstance(slices(body, "day", "week", COLUMNS_OF), Sliced)


@pytest.mark.parametrize("type_", ["TIMESTAMP_S", "TIMESTAMP_NS", "VARCHAR", "TIME", ""])
def test_types_that_the_engine_rounds_or_guesses_are_refused(type_: str) -> None:
    found = daily("select day::date as day from w", w=schema(day=type_))
    assert isinstance(found, Unproved)


def test_keys_of_unlike_types_are_not_read_together() -> None:
    query = "select t.k, y from t join {} on t.k = {}.k"
    body, _ = read_sql(query.format("u", "u"), 0, "query.sql")
    found = keyed(body, ["k"], COLUMNS_OF)
    assert isinstance(found, Sliced)
    assert [one.name for one in found.inputs] == ["t", "u"]
    body, _ = read_sql(query.format("v", "v"), 0, "query.sql")
    found = keyed(body, ["k"], COLUMNS_OF)
    assert isinstance(found, Sliced)
    assert found.whole == ("v",)


def test_a_key_has_a_column() -> None:
    body, _ = read_sql("select k from t", 0, "query.sql")
    with pytest.raises(ValueError, match="at least one column"):
        keyed(body, [], COLUMNS_OF)


def test_an_input_that_grows_can_be_named() -> None:
    body, _ = read_sql("select t.x, u.y from t join u using (k)", 0, "query.sql")
    assert row_wise(body, COLUMNS_OF) == Sliced(inputs=(SlicedInput(name="t"),), whole=("u",))
    assert row_wise(body, COLUMNS_OF, growing=["u"]) == Sliced(
        inputs=(SlicedInput(name="u"),), whole=("t",)
    )
    assert isinstance(row_wise(body, COLUMNS_OF, growing=["t", "u"]), Unproved)


def test_a_query_of_many_levels_is_refused_and_not_followed_without_end() -> None:
    query = "select day, x from t"
    for _ in range(80):
        query = f"select day, x from ({query}) as s"
    assert "nested too deeply" in refused(query)


def test_common_table_expressions_that_double_are_followed_once_each() -> None:
    parts = ["c0 as (select day, k from t)"]
    parts += [
        f"c{at} as (select a.day, a.k from c{at - 1} a join c{at - 1} b using (day, k))"
        for at in range(1, 40)
    ]
    assert isinstance(daily(f"with {', '.join(parts)} select day, k from c39"), Sliced)
