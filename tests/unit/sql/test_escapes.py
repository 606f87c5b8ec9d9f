"""Spellings by which a query, a macro or a condition might reach the outside."""

from __future__ import annotations

import pytest

from andon.errors import ProjectInvalid
from andon.sql.condition import check_condition
from andon.sql.macros import read_macros
from andon.sql.opaque import read_opaque
from andon.sql.parse import NotParsed, parse
from andon.sql.read import read_sql


def codes(sql: str) -> list[str]:
    """Codes of the errors of a query, by whichever parser understands it."""
    try:
        _, problems = read_sql(sql, 0, "a.sql")
    except NotParsed:
        _, problems = read_opaque(sql, 0, "a.sql", ())
    return [problem.code for problem in problems if problem.severity == "error"]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_parquet\u00a0('x.parquet')",
        "select * from\u2003'x.parquet'",
        "select * from\ufeff'x.parquet'",
        "select * from (values (1)) v(x), 'x.parquet'",
        'select * from a.b as c, "x.parquet" as d',
        "select * from ('x.parquet')",
        "select * from x: 'x.parquet'",
        "select 1 as a --\r from 'x.parquet'",
        "select * from a.b as c --\r, 'x.parquet' as d",
        "table 'x.parquet'",
        "from (describe 'x.parquet')",
        "from (summarize 'x.parquet')",
        "unpivot 'x.parquet' on name",
        "from json_execute_serialized_sql(json_serialize_sql('select 1'))",
        "from enable_logging(storage_path = 'x')",
        "from checkpoint()",
        "select current_setting('temp_directory') as a",
        "select txid_current() as a",
        "select pg_sleep(100) as a",
        "select pg_postmaster_start_time() as a",
    ],
)
def test_what_reaches_the_outside_is_refused_however_it_is_spelled(sql: str) -> None:
    assert codes(sql) == ["SQL003"]


def test_an_age_from_the_present_moment_is_a_hidden_clock() -> None:
    assert codes("select ago(interval 1 day) as a") == ["SQL005"]


@pytest.mark.parametrize("sql", ["select 'a.b' in ('c.d', 'x') as a", "select [1, 'x.y'] as a"])
def test_a_text_that_looks_like_a_file_is_a_text(sql: str) -> None:
    assert codes(sql) == []


def test_blanks_beyond_ascii_part_names_as_in_the_engine() -> None:
    body, _ = read_sql("select *\u00a0from\u3000a.b\u2003as t where x = 'a\u00a0b'", 0, "a.sql")
    assert body.reads == ("a.b",)
    assert body.canonical == "select * from a.b as t where x = 'a\u00a0b'".replace("a.b", "a . b")


def test_a_query_that_is_nested_too_deeply_is_not_understood() -> None:
    with pytest.raises(NotParsed, match="nested"):
        parse("select " + "(" * 3000 + "1" + ")" * 3000)


@pytest.mark.parametrize(
    "macro",
    [
        "create macro m() as table select * from (values (1)) v, 'x.parquet'",
        "create macro m() as table from x: 'x.parquet'",
        "create macro m(a) as (select count(*) from (values (1)) v, 'x.parquet')",
        "create macro m(a) as a, (a, b) as (select 1 from (values (1)) v, 'x.parquet')",
        "create macro m() as table table 'x.parquet'",
    ],
)
def test_a_macro_reads_no_file_in_any_of_its_forms(macro: str) -> None:
    with pytest.raises(ProjectInvalid, match="SQL003"):
        read_macros(macro, "macros/m.sql")


def test_a_further_form_of_a_macro_reads_no_table() -> None:
    text = "create macro m(a) as a, (a, b) as (select count(*) from (values (1)) v, raw.t)"
    with pytest.raises(ProjectInvalid, match="SQL031"):
        read_macros(text, "macros/m.sql")


@pytest.mark.parametrize("call", ["getenv('HOME')", "current_setting('x')", "pg_sleep(9)"])
def test_a_condition_looks_at_its_row_only(call: str) -> None:
    assert "reads more than the row" in (check_condition(f"{call} is null") or "")
