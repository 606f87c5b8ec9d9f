"""Databases in projects: from YAML to published tables, back by a rollback, and on again."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.errors import TaskFailed
from andon.sources.databases.chunks import chunks
from andon.sources.databases.landing import ahead
from andon.spec.origin import DatabaseOrigin, Secret
from tests.factories import write_files

Execute = Callable[..., Any]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Execute]:
    """Runs statements in the file that the project reads."""
    connection = sqlite3.connect(tmp_path / "till.sqlite", isolation_level=None)
    connection.execute("create table sales (id integer primary key, article text not null)")
    connection.execute("insert into sales (article) values ('tea'), ('cup')")
    yield connection.execute
    connection.close()


def project(
    folder: Path, table: str, connection: str = "{kind: sqlite, path: till.sqlite}"
) -> Path:
    source = f"connection: {connection}\ntables:\n  sales: {{{table}}}\n"
    return write_files(
        folder, {"andon.toml": '[project]\nname = "shop"\n', "sources/till.yml": source}
    )


def articles(opened: andon.Project) -> list[str]:
    return [row[0] for row in opened.query("select article from till.sales order by id").rows]


APPEND = "relation: sales, mode: append, cursor: id, checks: [{unique: id}, {not_null: _file}]"


def test_appended_rows_are_checked_and_published(tmp_path: Path, till: Execute) -> None:
    with andon.open(project(tmp_path, APPEND)) as opened:
        assert opened.run().exit_code == 0
        till("insert into sales (article) values ('pot')")
        assert opened.run().exit_code == 0
        assert articles(opened) == ["tea", "cup", "pot"]


def test_a_run_without_news_publishes_nothing(tmp_path: Path, till: Execute) -> None:  # noqa: ARG001
    with andon.open(project(tmp_path, "relation: sales")) as opened:
        opened.run()
        assert opened.run().publication is None


def test_a_key_that_was_published_gone_comes_back_with_its_new_row(
    tmp_path: Path, till: Execute
) -> None:
    till("alter table sales add column seq integer not null default 5")
    merged = "relation: sales, mode: merge, key: id, cursor: seq, deletes: true"
    with andon.open(project(tmp_path, merged)) as opened:
        opened.run()
        till("delete from sales where id = 1")
        opened.run()
        assert articles(opened) == ["cup"]
        till("insert into sales values (1, 'reborn', 1), (9, 'late', 1)")
        assert opened.run().exit_code == 0
        assert articles(opened) == ["reborn", "cup", "late"]
        assert opened.run().publication is None


def test_a_rollback_takes_the_cursor_back(tmp_path: Path, till: Execute) -> None:
    with andon.open(project(tmp_path, APPEND)) as opened:
        opened.run()
        till("insert into sales (article) values ('pot')")
        opened.run()
        opened.rollback(to=1)
        assert articles(opened) == ["tea", "cup"]
        till("insert into sales (article) values ('jug')")
        opened.run()
        assert articles(opened) == ["tea", "cup", "pot", "jug"]


@pytest.mark.parametrize("mode", ["append, cursor: id", "merge, key: id, cursor: id", "full"])
def test_run_and_plan_say_that_what_was_read_again_is_withdrawn(
    tmp_path: Path, till: Execute, mode: str
) -> None:
    with andon.open(project(tmp_path, f"relation: sales, mode: {mode}")) as opened:
        opened.run()
        till("insert into sales (article) values ('pot')")
        opened.run()
        opened.rollback()
        (outcome,) = opened.run().outcomes
        assert (outcome.word, outcome.is_withdrawn) == ("unchanged", True)
        (action,) = opened.plan().actions
        assert action.verb == "ask"
        assert action.reasons[0] == "this build was withdrawn by a rollback"
        opened.release()
        (outcome,) = opened.run().outcomes
        assert (outcome.word, outcome.is_withdrawn) == ("reused", False)
        assert articles(opened) == ["tea", "cup", "pot"]


@pytest.mark.parametrize("chunk_rows", [100, 1])
def test_a_whole_table_that_was_taken_back_stays_away_until_it_changes_or_is_released(
    tmp_path: Path, till: Execute, chunk_rows: int
) -> None:
    with andon.open(project(tmp_path, f"relation: sales, chunk_rows: {chunk_rows}")) as opened:
        opened.run()
        till("delete from sales where id = 2")
        opened.run()
        opened.rollback()
        for _ in range(2):
            assert opened.run().publication is None
            assert articles(opened) == ["tea", "cup"]
        opened.release()
        opened.run()
        assert articles(opened) == ["tea"]
        opened.rollback()
        till("insert into sales (article) values ('pot')")
        opened.run()
        assert articles(opened) == ["tea", "pot"]


@pytest.mark.parametrize(("mode", "is_mended"), [("", True), (", mode: append, cursor: id", False)])
def test_landed_bytes_that_were_altered_are_read_anew_or_told(
    tmp_path: Path,
    till: Execute,  # noqa: ARG001
    mode: str,
    is_mended: bool,
) -> None:
    with andon.open(project(tmp_path, f"relation: sales{mode}")) as opened:
        opened.run()
        for landed in (tmp_path / ".andon" / "raw").rglob("*"):
            if landed.is_file():
                landed.write_bytes(b"altered")
        report = opened.run()
        assert (report.exit_code == 0) is is_mended
        if is_mended:
            assert articles(opened) == ["tea", "cup"]


def test_a_connection_is_read_as_it_is_declared(tmp_path: Path) -> None:
    connection = "{kind: postgres, host: db, port: 5433, database: shop, password: {env: PW}}"
    table = "query: select 1 as id, mode: append, cursor: id, lag: 5 minutes, chunk_rows: 10"
    with andon.open(project(tmp_path, table, connection)) as opened:
        (read,) = opened.spec.source_tables
    assert read.format == "parquet"
    assert read.origin == DatabaseOrigin(
        kind="postgres",
        settings=(
            ("database", "shop"),
            ("host", "db"),
            ("password", Secret(via="env", name="PW")),
            ("port", "5433"),
        ),
        query="select 1 as id",
        mode="append",
        cursor="id",
        lag_s=300.0,
        chunk_rows=10,
    )


@pytest.mark.parametrize(
    ("kind", "missing", "extra"),
    [
        ("postgres", "adbc_driver_postgresql", "andon[postgres]"),
        ("mysql", "pymysql", "andon[mysql]"),
    ],
)
def test_a_driver_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, missing: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    connection = f"{{kind: {kind}, host: 127.0.0.1, database: shop}}"
    with andon.open(project(tmp_path, "relation: t", connection)) as opened:
        problems = [p for o in opened.run().outcomes for p in o.problems]
    assert [problem.code for problem in problems] == ["SRC040"]
    assert extra in problems[0].fix


def test_chunks_end_where_they_should_whatever_the_batches() -> None:
    import pyarrow as pa

    batches = [pa.record_batch({"n": pa.array(range(size))}) for size in (0, 3, 0, 5, 1, 0)]
    found = [[b.num_rows for b in chunk] for chunk in chunks(iter(batches), 4)]
    assert [sum(sizes) for sizes in found] == [4, 4, 1]
    assert [list(chunk) for chunk in chunks(iter(batches[:1]), 4)] == [[batches[0]]]


def test_what_is_read_ahead_comes_in_order_and_its_failure_at_its_place() -> None:
    def numbers() -> Any:
        yield from range(20)
        raise TaskFailed

    seen: list[int] = []
    with pytest.raises(ValueError, match="at least one problem"):
        seen.extend(ahead(numbers))
    assert seen == list(range(20))


def test_what_reads_ahead_ends_with_its_reader() -> None:
    ended: list[bool] = []

    def endless() -> Any:
        try:
            while True:
                yield 1
        finally:
            ended.append(True)

    items = ahead(endless)
    assert next(items) == 1
    items.close()
    assert ended == [True]
