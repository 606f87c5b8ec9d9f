"""The newest row of each key is in a table that a function is merged into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from tests.factories import write_files
from tests.generating import Functions, functions


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Functions]:
    with functions(tmp_path) as made:
        yield made


MERGED = "{{'id': {n}, 'at': {at}, 'word': '{word}'}}"


def test_the_last_row_of_each_key_is_in_a_merged_table(shop: Functions) -> None:
    code = "@source(mode='merge', cursor='at', key='id')\ndef f(cursor=None):\n    yield [{rows}]\n"
    first = [MERGED.format(n=1, at=1, word="a"), MERGED.format(n=2, at=1, word="b")]
    shop.write(code.format(rows=", ".join(first)))
    shop.ask()
    more = [*first, MERGED.format(n=1, at=2, word="c"), MERGED.format(n=2, at=1, word="d")]
    shop.write(code.format(rows=", ".join(more)))
    shop.ask()
    assert shop.rows(columns="id, word") == [(1, "c"), (2, "d")]
    assert shop.ask() == ()


def test_a_whole_table_that_was_taken_back_stays_away_when_it_is_yielded_again(
    tmp_path: Path,
) -> None:
    for words in ("one", "two"):
        body = f"from andon import source\n@source\ndef t():\n    yield {{'word': '{words}'}}\n"
        write_files(tmp_path, {"andon.toml": '[project]\nname = "p"\n', "sources/s.py": body})
        with andon.open(tmp_path) as opened:
            assert opened.run().publication is not None
    with andon.open(tmp_path) as opened:
        opened.rollback()
        report = opened.run()
        assert (report.publication, report.outcomes[0].is_withdrawn) == (None, True)
        assert opened.query("select word from s.t").rows == (("one",),)


CURSORS = [
    ("{n}", "at"),
    ("Decimal('{n}.5')", "at"),
    ("10.0 ** {n}", "at"),
    ("'b{n:02}'", "at"),
    ("date(2026, 1, 1) + timedelta(days={n})", "at"),
    ("datetime(2026, 1, 1) + timedelta(days={n})", "at"),
    # Two zones: in the order of their texts the later one would be the earlier.
    ("datetime(2026, 1, 1, 20 - {n}, tzinfo=timezone(timedelta(hours=12 - 2 * {n})))", "at"),
    ("{n}", "meta.at"),
    ("Decimal('{n}.5')", "meta.at"),
]


@pytest.mark.parametrize(("form", "cursor"), CURSORS)
def test_the_greatest_cursor_of_each_key_wins_whatever_the_order_rows_come_in(
    shop: Functions, form: str, cursor: str
) -> None:
    head = (
        "from datetime import date, datetime, timedelta, timezone\nfrom decimal import Decimal\n"
        f"@source(mode='merge', cursor='{cursor}', key='id')\ndef f(cursor=None):\n"
    )

    def row(key: int, n: int, word: str) -> str:
        at = f"'at': {form.format(n=n)}"
        at = f"'meta': {{{at}}}" if "." in cursor else at
        return f"    yield {{'id': {key}, {at}, 'word': '{word}'}}\n"

    shop.write(head + row(1, 9, "newest") + row(1, 5, "older") + row(2, 5, "first"))
    shop.ask()
    assert shop.rows(columns="id, word") == [(1, "newest"), (2, "first")]
    shop.write(head + row(1, 7, "between") + row(2, 5, "as new") + row(2, 4, "older"))
    shop.ask()
    assert shop.rows(columns="id, word") == [(1, "newest"), (2, "as new")]


def test_an_older_row_that_comes_later_changes_no_published_table(tmp_path: Path) -> None:
    code = "from andon import source\n@source(mode='merge', cursor='at', key='id')\ndef t(cursor=None):\n"
    steps = [
        ("yield {'id': 1, 'at': 10, 'word': 'ten'}; yield {'id': 2, 'at': 1, 'word': 'b'}", "ten"),
        ("yield {'id': 1, 'at': 5, 'word': 'five'}; yield {'id': 3, 'at': 2, 'word': 'c'}", "ten"),
        ("yield {'id': 1, 'at': 10, 'word': 'as new'}", "as new"),
        ("yield {'id': 1, 'at': 11, 'word': 'eleven'}", "eleven"),
    ]
    for body, wanted in steps:
        write_files(
            tmp_path,
            {"andon.toml": '[project]\nname = "p"\n', "sources/s.py": f"{code}    {body}\n"},
        )
        with andon.open(tmp_path) as opened:
            assert opened.run().exit_code == 0
            rows = opened.query("select word from s.t where id = 1").rows
            assert rows == ((wanted,),)
