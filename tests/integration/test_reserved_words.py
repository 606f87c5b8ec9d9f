"""Words of SQL that stand where the name of a column is meant."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import andon
from andon.engines.duckdb.reserved import RESERVED
from andon.errors import AndonError
from tests.factories import write_project


def shop(folder: Path, query: str = "select 1 as n from raw.t") -> Path:
    write_project(
        folder,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/raw.yml": "tables: {t: {path: data/t.csv}}\n",
            "data/t.csv": "at,v\n2026-01-01,1\n",
            "assets/marts/m.sql": query,
        },
    )
    return folder


def test_a_word_of_sql_in_an_asset_is_shown_with_what_to_write(tmp_path: Path) -> None:
    shop(tmp_path, "select\n  max(v) as n,\n  min(at) as m\nfrom raw.t\n")
    with andon.open(tmp_path) as project:
        report = project.run()
    (problem,) = next(o for o in report.outcomes if o.asset == "marts.m").problems
    assert problem.code == "ENG002"
    assert problem.where is not None
    assert (problem.where.line, problem.where.column) == (3, 7)
    assert problem.fix == (
        "`at` is a word of SQL: if a column has that name, write it in double quotes"
    )


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("select min(at) from raw.t", "at"),
        ("select v,\n  order\n, v from raw.t", "order"),
        ("select max(table) from raw.t", "table"),
        ("select v from raw.t where at > 3", "at"),
    ],
)
def test_the_word_is_the_one_at_the_place_or_before_it(
    tmp_path: Path, query: str, word: str
) -> None:
    with andon.open(shop(tmp_path)) as project:
        project.run()
        with pytest.raises(AndonError) as caught:
            project.query(query)
    assert caught.value.problems[0].fix.startswith(f"`{word}` is a word of SQL")


@pytest.mark.parametrize(
    "query", ["select v, , v from raw.t", "select v from where v", "select (v from raw.t"]
)
def test_other_mistakes_blame_no_word(tmp_path: Path, query: str) -> None:
    with andon.open(shop(tmp_path)) as project:
        project.run()
        with pytest.raises(AndonError) as caught:
            project.query(query)
    assert "word of SQL" not in caught.value.problems[0].fix


def test_the_words_are_reserved_by_the_engine() -> None:
    with duckdb.connect() as connection:
        known = connection.execute(
            "select keyword_name from duckdb_keywords() "
            "where keyword_category in ('reserved', 'type_function')"
        ).fetchall()
    assert {word for (word,) in known} >= RESERVED
