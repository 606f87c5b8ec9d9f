"""Databases that are files: what may be a cursor in SQLite, and what is said where none may."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.errors import Problem
from tests.factories import write_files

Execute = Callable[..., Any]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Execute]:
    connection = sqlite3.connect(tmp_path / "till.sqlite", isolation_level=None)
    connection.execute("create table t (id integer primary key, ts text, raw, day datetime)")
    connection.execute(
        "insert into t values (1, '2026-01-01', '2026-01-01', '2026-01-01'),"
        " (2, '2026-01-02', '2026-01-02', '2026-01-02')"
    )
    yield connection.execute
    connection.close()


def project(
    folder: Path, table: str, connection: str = "{kind: sqlite, path: till.sqlite}"
) -> Path:
    source = f"connection: {connection}\ntables:\n  t: {{{table}}}\n"
    return write_files(
        folder, {"andon.toml": '[project]\nname = "shop"\n', "sources/till.yml": source}
    )


def problem(folder: Path, table: str, connection: str | None = None) -> Problem:
    made = project(folder, table, connection) if connection else project(folder, table)
    with andon.open(made) as opened:
        (outcome,) = opened.run().outcomes
        return outcome.problems[0]


CURSORS = [
    "query: 'select id, cast(ts as text) as ts from t', cursor: ts",
    "query: 'select id, ts from t where ts is not null', cursor: ts",
    "query: 'select id, cast(raw as text) as ts from t', cursor: ts",
    "query: 'select id, substr(raw, 1) as ts from t', cursor: ts, columns: {ts: VARCHAR}",
    "query: 'select id, day as ts from t', cursor: ts, columns: {ts: VARCHAR}",
    "query: 'select id, max(day, raw) as ts from t', cursor: ts, columns: {ts: VARCHAR}",
]


@pytest.mark.parametrize("declared", CURSORS)
@pytest.mark.parametrize("mode", ["append", "merge, key: id"])
def test_a_text_may_be_the_cursor_of_a_query(
    tmp_path: Path, till: Execute, declared: str, mode: str
) -> None:
    with andon.open(project(tmp_path, f"{declared}, mode: {mode}")) as opened:
        assert opened.run().exit_code == 0
        till("insert into t values (3, '2026-01-03', '2026-01-03', '2026-01-03')")
        assert opened.run().exit_code == 0
        rows = opened.query("select id::int, ts from till.t order by 1").rows
        assert rows == ((1, "2026-01-01"), (2, "2026-01-02"), (3, "2026-01-03"))
        assert opened.run().publication is None


def test_a_text_column_that_is_declared_as_text_is_a_cursor(tmp_path: Path, till: Execute) -> None:
    till("create table filled (id integer primary key, ts text not null)")
    till("insert into filled select id, ts from t")
    declared = "relation: filled, mode: append, cursor: ts, columns: {ts: VARCHAR}"
    with andon.open(project(tmp_path, declared)) as opened:
        assert opened.run().exit_code == 0


def test_numbers_that_are_taken_as_text_are_no_cursor(tmp_path: Path, till: Execute) -> None:  # noqa: ARG001
    declared = "relation: t, mode: append, cursor: id, columns: {id: VARCHAR}"
    assert problem(tmp_path, declared).code == "SRC045"


def test_a_text_that_may_be_null_is_told_in_words_of_sqlite(tmp_path: Path, till: Execute) -> None:  # noqa: ARG001
    told = problem(tmp_path, "relation: t, mode: append, cursor: ts")
    assert told.code == "SRC045"
    assert "alter" not in told.fix
    assert "lag" not in told.fix
    assert "make the table anew with `ts TEXT not null`" in told.fix
    assert "`where ts is not null`" in told.fix


@pytest.mark.parametrize("what", ["relation: t", "query: select id + 0 as raw from t"])
def test_a_cursor_without_a_type_is_told_with_the_cast_that_gives_it_one(
    tmp_path: Path,
    till: Execute,  # noqa: ARG001
    what: str,
) -> None:
    told = problem(tmp_path, f"{what}, mode: append, cursor: raw")
    assert told.code == "SRC045"
    assert "`cast(raw as text) as raw`" in told.fix


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
@pytest.mark.parametrize("content", [None, "no database at all, but a text of some length" * 99])
def test_a_file_that_is_not_there_or_another_is_told_with_its_path(
    tmp_path: Path, kind: str, content: str | None
) -> None:
    if content:
        (tmp_path / "gone.db").write_text(content)
    told = problem(tmp_path, "relation: t", f"{{kind: {kind}, path: gone.db}}")
    assert told.code == "SRC041"
    assert "`path`" in told.fix
    assert "password" not in str(told)
