"""`andon source test` does the real thing and keeps nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.terminal import andon
from tests.factories import write_project

SOURCE = """
tables:
  orders: {path: data/orders.csv}
  gone: {path: data/nowhere.csv}
  visits: {path: data/visits.jsonl}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    rows = "".join(f"{number},{number}.5\n" for number in range(1, 26))
    lines = '{"page": "a", "at": 1}\n' * 200 + "{broken\n"
    files = {
        "sources/raw.yml": SOURCE,
        "data/orders.csv": f"id,amount\n{rows}",
        "data/visits.jsonl": lines,
    }
    return write_project(tmp_path / "shop", files)


def test_ten_rows_and_the_types_of_a_table_are_shown(shop: Path) -> None:
    answer = andon("source", "test", "raw.orders", at=shop)
    assert answer.code == 0
    assert "ok    raw.orders: 1 file (data/orders.csv)" in answer.out
    assert "amount  DOUBLE" in answer.out
    assert answer.out.count("data/orders.csv") == 1 + 10


def test_a_table_that_fails_does_not_hide_the_others(shop: Path) -> None:
    answer = andon("source", "test", "raw", "--json", at=shop)
    tables = {table["table"]: table for table in json.loads(answer.out)["tables"]}
    assert answer.code == 1
    assert tables["raw.gone"]["problems"][0]["code"] == "SRC001"
    assert len(tables["raw.orders"]["rows"]) == 10
    assert (len(tables["raw.visits"]["rows"]), tables["raw.visits"]["set_aside"]) == (10, 1)


@pytest.mark.parametrize(
    ("names", "tried", "code"),
    [
        (("other", "raw.orders"), ["other.a", "raw.orders"], 0),
        (("raw.orders", "raw.orders"), ["raw.orders"], 0),
        (("raw.orders", "raw.gone"), ["raw.gone", "raw.orders"], 1),
        ((), ["other.a", "raw.gone", "raw.orders", "raw.visits"], 1),
    ],
)
def test_several_sources_are_tried_each_table_once_and_the_worst_decides_the_exit_code(
    shop: Path, names: tuple[str, ...], tried: list[str], code: int
) -> None:
    write_project(
        shop, {"sources/other.yml": "tables: {a: {path: data/a.csv}}\n", "data/a.csv": "id\n1\n"}
    )
    answer = andon("source", "test", *names, "--json", at=shop)
    found = json.loads(answer.out)
    assert sorted(table["table"] for table in found["tables"]) == tried
    assert (answer.code, found["exit_code"]) == (code, code)


def test_one_unknown_name_among_several_is_told_before_anything_is_tried(shop: Path) -> None:
    answer = andon("source", "test", "raw.orders", "raw.ordrs", at=shop)
    assert (answer.code, answer.out) == (2, "")


def test_what_is_wrong_is_said_with_its_fix(shop: Path) -> None:
    answer = andon("source", "test", "raw.gone", at=shop)
    assert answer.code == 1
    assert "FAIL  raw.gone" in answer.out
    assert "fix: put the file there" in answer.out


def test_nothing_of_a_trial_is_kept(shop: Path) -> None:
    andon("source", "test", "raw.orders", at=shop)
    kept = {path.name for path in (shop / ".andon").iterdir()} if (shop / ".andon").exists() else ()
    assert set(kept) <= {"cache"}


def test_an_unknown_source_is_answered_with_the_closest(shop: Path) -> None:
    answer = andon("source", "test", "raw.ordrs", at=shop)
    assert answer.code == 2
    assert "error[SRC060]" in answer.err
    assert "`raw.orders`" in answer.err


def test_an_unknown_sub_command_is_answered_with_the_closest(tmp_path: Path) -> None:
    answer = andon("source", "tst", at=tmp_path)
    assert answer.code == 2
    assert "`test`" in answer.err


def test_documents_from_standard_input_or_a_file_are_kept_and_read(tmp_path: Path) -> None:
    files = {"sources/raw.yml": "connection: {kind: push}\ntables: {events: {}}\n"}
    folder = write_project(tmp_path / "shop", {**files, "more.jsonl": '{"n": 3}\n'})
    answer = andon("source", "push", "raw.events", at=folder, given='{"n": 1}\n{"n": 2}\n')
    assert (answer.code, answer.out) == (0, "kept 2 documents, 18 bytes\n")
    assert "next: andon run raw.events" in answer.err
    answer = andon("source", "push", "raw", "more.jsonl", "--json", at=folder)
    assert answer.document["documents"] == 1
    assert andon("run", at=folder).code == 0
    answer = andon("query", "select sum(n) as total from raw.events", "--json", at=folder)
    assert answer.document["rows"] == [[6]]


def test_an_empty_stream_keeps_nothing(tmp_path: Path) -> None:
    files = {"sources/raw.yml": "connection: {kind: push}\ntables: {events: {}}\n"}
    answer = andon("source", "push", "raw", at=write_project(tmp_path / "shop", files))
    assert (answer.code, answer.out) == (0, "kept nothing: nothing came\n")
