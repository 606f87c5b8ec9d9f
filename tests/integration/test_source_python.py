"""What Python functions yield is kept exactly, each row once, and goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import andon
from andon.errors import ProjectInvalid, TaskFailed
from andon.project.load import load
from tests.factories import rows_of, write_files, write_project
from tests.generating import Functions, firsts, functions


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Functions]:
    with functions(tmp_path) as made:
        yield made


def failing(shop: Functions) -> str:
    """Code of the error that asking raises."""
    with pytest.raises(TaskFailed) as caught:
        shop.ask()
    return caught.value.code


# What may be yielded.


@pytest.mark.parametrize(
    "body",
    [
        "yield {'a': 1}; yield {'a': 2}",
        "yield [{'a': 1}, {'a': 2}]",
        "return [{'a': 1}, {'a': 2}]",
        "return iter(({'a': 1}, None, {'a': 2}))",
        "import polars as pl; yield pl.DataFrame({'a': [1, 2]})",
        "import polars as pl; yield pl.LazyFrame({'a': [1]}); yield [pl.DataFrame({'a': [2]})]",
        "import pandas as pd; return pd.DataFrame({'a': [1, 2]})",
        "import pyarrow as pa; yield pa.table({'a': [1, 2]})",
        "import pyarrow as pa; yield pa.table({'a': [1, 2]}).to_batches()[0]",
        "import polars as pl; yield pl.DataFrame([]); yield pl.DataFrame({'a': [1, 2]})",
        "import pandas as pd; yield pd.DataFrame({'a': [1, 2]}); yield pd.DataFrame([])",
        "import pyarrow as pa; yield pa.Table.from_pylist([]); yield pa.table({'a': [1, 2]})",
        "import types; yield types.MappingProxyType({'a': 1}); yield {'a': 2}",
    ],
)
def test_rows_come_as_dicts_lists_and_tables_of_all_libraries(shop: Functions, body: str) -> None:
    shop.write(f"@source\ndef f():\n    {body}\n")
    shop.ask()
    assert shop.rows() == [(1,), (2,)]


@pytest.mark.parametrize(
    "body",
    [
        "yield 1",
        "yield 'text'",
        "yield {'a': object()}",
        "yield {1: 'a'}",
        "yield {'a': {1: 'b'}}",
        "yield {'a': {1, 2}}",
        "yield {'a': '\\ud800'}",
        "a = []; a.append(a); yield {'a': a}",
        "import polars as pl; yield {'a': 1}; yield pl.DataFrame({'a': [1]})",
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(shop: Functions, body: str) -> None:
    shop.write(f"@source\ndef f():\n    {body}\n")
    assert failing(shop) == "SRC063"


EXACT = """
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID
@source(columns={"d": "DECIMAL(38,9)", "t": "TIMESTAMP", "z": "TIMESTAMPTZ", "b": "BLOB",
    "n": "DOUBLE", "i": "INTERVAL", "u": "UUID", "o": "TIME", "y": "DATE"})
def f():
    yield {
        "big": 12345678901234567890123, "text": "a\\n\\"ä\\u2028", "whole": 9007199254740993,
        "nested": {"a": [1, {"b": "x"}]}, "none": None, "yes": True, "f": 0.1,
        "d": Decimal("12345678901234567890.123456789"), "t": datetime(2026, 1, 2, 3, 4, 5, 6),
        "z": datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "b": bytes(range(256)),
        "n": float("-inf"), "i": timedelta(days=-1, seconds=5, microseconds=7),
        "u": UUID(int=5), "o": time(1, 2, 3), "y": date(2026, 1, 2),
    }
"""


def test_every_value_comes_back_as_it_was(shop: Functions) -> None:
    shop.write(EXACT)
    shop.ask()
    (row,) = shop.rows(columns="big::varchar, text, whole, nested.a[1]::varchar, none, yes, f, "
        "d, t, z, b, n, i, u::varchar, o, y")  # fmt: skip
    assert row[:8] == (
        "12345678901234567890123", 'a\n"ä\u2028', 9007199254740993, "1", None, True, 0.1,
        Decimal("12345678901234567890.123456789"),
    )  # fmt: skip
    assert row[8:12] == (
        datetime.fromisoformat("2026-01-02 03:04:05.000006"), datetime(2026, 1, 2, 1, tzinfo=UTC), bytes(range(256)),
        float("-inf"),
    )  # fmt: skip
    assert row[12].total_seconds() == -86400 + 5.000007
    assert (row[13][-1], row[14].isoformat(), row[15]) == ("5", "01:02:03", date(2026, 1, 2))


def test_values_of_numpy_and_pandas_are_what_they_hold(shop: Functions) -> None:
    shop.write(
        "import numpy as np, pandas as pd\n@source\ndef f():\n"
        "    yield {'a': np.int64(3), 'b': np.float32(0.5), 'c': np.bool_(True), 'd': pd.NaT,\n"
        "        'e': np.array([1, 2]), 'g': pd.Timestamp('2026-01-02 03:04:05.123456789'), 'h': pd.NA,\n"
        "        'i': np.datetime64('2026-01-02T03')}\n"
    )
    shop.ask()
    ((a, b, c, d, e, g, h, i),) = shop.rows()
    assert (a, b, c, d, e, h) == (3, 0.5, True, None, [1, 2], None)
    assert (g, i) == ("2026-01-02T03:04:05.123456789", "2026-01-02T03")


def test_a_later_row_may_have_other_keys(shop: Functions) -> None:
    shop.write("@source\ndef f():\n    yield {'a': 1}\n    yield {'b': 'x'}\n")
    shop.ask()
    assert shop.rows() == [(1, None), (None, "x")]


# All rows each time.


def test_reading_all_replaces_what_was_there(shop: Functions) -> None:
    shop.write("@source\ndef f():\n    yield {'a': 1}\n")
    shop.ask()
    shop.write("@source\ndef f():\n    yield {'a': 2}\n")
    shop.ask()
    assert shop.rows() == [(2,)]


def test_the_same_rows_again_are_nothing_new(shop: Functions) -> None:
    shop.write("@source\ndef f():\n    yield {'a': 1}\n")
    first = shop.ask()
    assert (len(first), shop.ask()) == (1, ())


def test_a_table_without_rows_has_columns_where_it_is_a_data_frame(shop: Functions) -> None:
    shop.write("import polars as pl\n@source\ndef f():\n    yield pl.DataFrame({'a': [1]})[:0]\n")
    shop.ask()
    assert (shop.rows(), shop.types()) == ([], {"a": "BIGINT"})


@pytest.mark.parametrize("mode", ["full", "append"])
def test_nothing_at_all_is_no_table(shop: Functions, mode: str) -> None:
    shop.write(f"@source(mode={mode!r})\ndef f():\n    yield []\n")
    assert failing(shop) == "SRC064"


# Behind a cursor.

NUMBERS = """
import json, pathlib
DATA = pathlib.Path(__file__).with_name("data.json")
@source(mode="append", cursor="at" {more})
def f(cursor=None):
    with DATA.with_name("asked.txt").open("a") as asked:
        asked.write(f"{{cursor!r}}\\n")
    for page in json.loads(DATA.read_text()):
        yield [row for row in page if {passed}]
"""
SINCE = "cursor is None or row['at'] >= cursor"


def pages(shop: Functions, *found: object, passed: str = SINCE, more: str = "") -> None:
    """What the function gives next, page by page."""
    shop.write(NUMBERS.format(passed=passed, more=more))
    (shop.root / "sources/data.json").write_text(json.dumps(found))


def asked(shop: Functions) -> list[str]:
    return (shop.root / "sources/asked.txt").read_text().split()


def at(*values: object) -> list[dict[str, object]]:
    return [{"at": value, "b": "x"} for value in values]


def test_the_cursor_is_the_largest_value_so_far(shop: Functions) -> None:
    pages(shop, at(1, 5), at(3))
    shop.ask()
    shop.ask()
    assert asked(shop) == ["None", "5"]


def test_rows_at_the_boundary_come_again_and_count_once(shop: Functions) -> None:
    pages(shop, at(1, 5))
    shop.ask()
    pages(shop, at(1, 5), at(5), at(6))
    shop.ask()
    assert firsts(shop.rows()) == [1, 5, 5, 6]
    assert shop.ask() == ()


def test_equal_rows_are_as_many_as_were_yielded(shop: Functions) -> None:
    pages(shop, at(1, 5, 5))
    shop.ask()
    pages(shop, at(1, 5, 5, 5))
    shop.ask()
    assert firsts(shop.rows()) == [1, 5, 5, 5]


def test_with_a_key_a_row_at_the_boundary_is_known_by_it(shop: Functions) -> None:
    pages(shop, [{"at": 5, "id": 1, "n": "old"}], more=", key='id'")
    shop.ask()
    pages(shop, [{"at": 5, "id": 1, "n": "new"}, {"at": 5, "id": 2, "n": "x"}], more=", key='id'")
    shop.ask()
    assert shop.rows() == [(5, 1, "old"), (5, 2, "x")]


def test_a_function_that_takes_no_notice_of_the_cursor_adds_nothing_twice(
    shop: Functions,
) -> None:
    pages(shop, at(1, 1), at(3), passed="True")
    shop.ask()
    pages(shop, at(1, 1), at(3), at(4), passed="True")
    shop.ask()
    assert firsts(shop.rows()) == [1, 1, 3, 4]


def test_a_row_that_came_late_is_kept(shop: Functions) -> None:
    pages(shop, at(1, 5), passed="True")
    shop.ask()
    pages(shop, at(1, 2, 5, 6), passed="True")
    shop.ask()
    assert firsts(shop.rows()) == [1, 2, 5, 6]


@pytest.mark.parametrize(
    "order", [[(1, 2), (3, 4), (5,)], [(5, 4), (3, 3), (1,)], [(3,), (5,), (1,)]]
)
@pytest.mark.parametrize("batches", [1, 2])
def test_reading_that_was_interrupted_loses_and_repeats_nothing(
    shop: Functions, order: list[tuple[int, ...]], batches: int
) -> None:
    pages(shop, *(at(*page) for page in order))
    shop.ask(batches=batches)
    shop.ask(batches=batches)
    shop.ask()
    assert firsts(shop.rows()) == sorted(value for page in order for value in page)


def test_rows_in_order_go_on_from_the_last_one(shop: Functions) -> None:
    pages(shop, at(1), at(2), at(3), more=", ordered=True")
    shop.ask(batches=2)
    shop.ask()
    assert asked(shop) == ["None", "2"]
    assert firsts(shop.rows()) == [1, 2, 3]


def test_without_an_order_it_goes_on_from_where_it_began(shop: Functions) -> None:
    pages(shop, at(1), at(2), at(3))
    shop.ask(batches=2)
    shop.ask()
    shop.ask()
    assert asked(shop) == ["None", "None", "3"]


def test_an_order_that_does_not_hold_is_refused(shop: Functions) -> None:
    pages(shop, at(5), at(3), more=", ordered=True")
    assert failing(shop) == "SRC067"
    pages(shop, at(5), at(3))
    shop.ask()
    assert firsts(shop.rows()) == [3, 5]


@pytest.mark.parametrize("row", [{"at": None}, {"b": 1}, {"at": [1]}, {"at": True}])
def test_a_row_without_a_cursor_is_refused(shop: Functions, row: dict[str, object]) -> None:
    pages(shop, at(1), [row], passed="True")
    assert failing(shop) == "SRC061"
    assert firsts(shop.rows()) == [1]


def test_a_cursor_that_changes_its_type_is_refused(shop: Functions) -> None:
    pages(shop, at(1))
    shop.ask()
    pages(shop, at("2"), passed="True")
    assert failing(shop) == "SRC062"


def test_a_cursor_lies_deeper_by_a_dotted_path(shop: Functions) -> None:
    shop.write(
        "@source(mode='append', cursor='m.at')\ndef f(cursor=None):\n"
        "    yield {'m': {'at': (cursor or 0) + 1}}\n"
    )
    shop.ask()
    shop.ask()
    assert shop.rows(columns="m.at") == [(1,), (2,)]


TIMES = """
from datetime import *
from decimal import Decimal
import pandas as pd
@source(mode="append", cursor="at")
def f(cursor=None):
    assert cursor is None or isinstance(cursor, {kind}), cursor
    yield {{"at": {first}}}
    yield {{"at": {second}}}
"""


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("datetime", "datetime(2026, 1, 1)", "datetime(2026, 1, 1, 0, 0, 0, 1)"),
        ("datetime", "datetime(2026, 1, 1, tzinfo=UTC)", "datetime(2026, 1, 2, tzinfo=UTC)"),
        ("datetime", "pd.Timestamp(1)", "pd.Timestamp('2026-01-01 00:00:00.123456789')"),
        ("date", "date(2026, 1, 1)", "date(2026, 1, 2)"),
        ("Decimal", "Decimal('1.10')", "Decimal('1.2')"),
        ("float", "1", "1.5"),
        ("str", "'a'", "'b'"),
    ],
)
def test_a_cursor_of_each_kind_comes_back_as_it_was(
    shop: Functions, kind: str, first: str, second: str
) -> None:
    shop.write(TIMES.format(kind=kind, first=first, second=second))
    shop.ask()
    assert shop.ask() == ()
    assert len(shop.rows()) == 2


FRAMES = """
import pandas as pd, json, pathlib
DATA = pathlib.Path(__file__).with_name("data.json")
@source(mode="append", cursor="at")
def f(cursor=None):
    for page in json.loads(DATA.read_text()):
        frame = pd.DataFrame(page)
        frame["at"] = pd.to_datetime(frame["at"], unit="ns").astype("datetime64[ns]")
        yield frame
"""


def test_of_tables_each_row_counts_once_to_the_nanosecond(shop: Functions) -> None:
    shop.write(FRAMES)
    data = shop.root / "sources/data.json"
    data.write_text(json.dumps([at(1001, 2003), at(1500)]))
    shop.ask(batches=1)
    data.write_text(json.dumps([at(1001, 2003), at(1500, 2003), at(2004)]))
    shop.ask()
    assert shop.ask() == ()
    assert [row[0] for row in shop.rows(columns='epoch_ns("at")')] == [1001, 1500, 2003, 2003, 2004]


def test_a_table_without_the_cursor_is_refused(shop: Functions) -> None:
    shop.write(
        "import polars as pl\n@source(mode='append', cursor='at')\ndef f():\n"
        "    yield pl.DataFrame({'b': [1]})\n"
    )
    assert failing(shop) == "SRC061"


def test_tables_after_dicts_are_refused_before_they_are_kept(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n")
    shop.ask()
    shop.write(
        "import polars as pl\n@source(mode='append')\ndef f():\n    yield pl.DataFrame({'a': [1]})\n"
    )
    assert failing(shop) == "SRC063"
    assert shop.rows() == [(1,)]


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


# Without a cursor.


def test_without_a_cursor_all_that_is_yielded_is_added(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n")
    shop.ask()
    shop.ask()
    assert shop.rows() == [(1,), (1,)]
    assert shop.position == ""


QUEUE = """
import json, pathlib
HERE = pathlib.Path(__file__).parent
@source(mode="append")
def f():
    for letter in sorted(HERE.glob("*.letter")):
        yield [{"a": letter.read_text()}]
        letter.unlink()
"""


def test_a_list_is_recorded_before_the_function_goes_on(shop: Functions) -> None:
    shop.write(QUEUE)
    for name in "abc":
        (shop.root / f"sources/{name}.letter").write_text(name)
    shop.ask(batches=2)
    assert {path.stem for path in (shop.root / "sources").glob("*.letter")} == {"b", "c"}
    assert firsts(shop.rows()) == ["a", "b"]


def test_what_was_yielded_before_an_error_is_kept(shop: Functions) -> None:
    shop.write("@source(mode='append')\ndef f():\n    yield {'a': 1}\n    raise ValueError('x')\n")
    assert failing(shop) == "PYA001"
    assert shop.rows() == [(1,)]


# Settings.


def test_settings_are_handed_over_and_secrets_stand_in_no_text(
    shop: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "sesame-open")
    shop.write(
        "@source(settings={'token': secret(env='SHOP_TOKEN'), 'url': 'http://a'})\n"
        "def f(token, url):\n    raise ValueError(url + token)\n"
    )
    with pytest.raises(TaskFailed) as caught:
        shop.ask()
    assert "http://a***" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_secret_that_is_not_there_is_told(shop: Functions) -> None:
    shop.write("@source(settings={'token': secret(env='NOWHERE')})\ndef f(token):\n    yield {}\n")
    assert failing(shop) == "SRC020"


# Declarations.


def problems(tmp_path: Path, code: str, **more: str) -> set[str]:
    files = {"sources/s.py": f"from andon import source, secret, not_null\n{code}", **more}
    with pytest.raises(ProjectInvalid) as caught:
        load(write_project(tmp_path, files))
    return {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("@source(mode='append', cursors='at')\ndef f(): ...", "PRJ004"),
        ("@source(mode='often')\ndef f(): ...", "PRJ005"),
        ("@source(cursor='at')\ndef f(cursor): ...", "PRJ044"),
        ("@source(mode='merge')\ndef f(): ...", "PRJ044"),
        ("@source(mode='append', ordered=True)\ndef f(): ...", "PRJ044"),
        ("@source\ndef f(cursor): ...", "PRJ023"),
        ("@source\ndef f(token): ...", "PRJ023"),
        ("@source\ndef f(*rest): ...", "PRJ023"),
        ("@source(settings={'a': 'b'})\ndef f(): ...", "PRJ023"),
        ("@source(settings={'token': 'written out'})\ndef f(token): ...", "PRJ037"),
        ("@source(settings={'a': secret(password='b')})\ndef f(a): ...", "PRJ005"),
        ("@source(key=[c for c in 'ab'])\ndef f(): ...", "PRJ021"),
        ("@source\nasync def f(): ...", "PRJ043"),
        ("def f(): ...", "PRJ043"),
        ("@source\ndef F(): ...", "PRJ007"),
        ("@source\ndef f(:", "PRJ025"),
    ],
)
def test_a_wrong_declaration_is_told(tmp_path: Path, declaration: str, code: str) -> None:
    assert code in problems(tmp_path, declaration + "\n")


def test_a_table_is_declared_once(tmp_path: Path) -> None:
    yaml = {"sources/s.yml": "tables: {f: {path: a.csv}}\n"}
    assert problems(tmp_path, "@source\ndef f(): ...\n", **yaml) == {"PRJ008"}


def test_nothing_is_run_while_a_project_is_loaded(tmp_path: Path) -> None:
    code = "from andon import source\nraise SystemExit(1)\n@source\ndef f(): ...\n"
    spec = load(write_project(tmp_path, {"sources/deep/s.py": code, "sources/_helper.py": "1/0"}))
    assert [table.name for table in spec.source_tables] == ["s.f"]


# In a process of their own, through a whole run.


def project_of(folder: Path, code: str, **files: str) -> Path:
    text = f"from andon import source\nimport os, time\n{code}"
    settings = '[project]\nname = "shop"\n[settings]\nthreads = 1\n'
    return write_project(folder, {"andon.toml": settings, "sources/s.py": text, **files})


COUNTS = """
@source(mode='append', cursor='n')
def f(cursor=None):
    start = -1 if cursor is None else cursor
    print('said by the function')
    yield [{'n': start + 1}]
    yield [{'n': start + 2}]
"""


def numbers(folder: Path) -> list[int]:
    return [row[0] for row in rows_of(folder, "select n from s.f")]


def test_a_run_asks_again_each_time(tmp_path: Path) -> None:
    folder = project_of(tmp_path, COUNTS)
    with andon.open(folder) as project:
        assert [project.run().status for _ in range(2)] == ["done", "done"]
    assert numbers(folder) == [0, 1, 2, 3]


def test_a_rollback_takes_the_cursor_back_and_what_is_asked_for_again_is_not_lost(
    tmp_path: Path,
) -> None:
    folder = project_of(tmp_path, COUNTS)
    with andon.open(folder) as project:
        project.run()
        project.run()
        project.rollback()
        assert numbers(folder) == [0, 1]
        project.run()  # gives the same again, which was taken back
        assert numbers(folder) == [0, 1]
        project.run()
    assert numbers(folder) == [0, 1, 2, 3, 4, 5]


def test_nothing_new_publishes_nothing(tmp_path: Path) -> None:
    folder = project_of(tmp_path, "@source\ndef f():\n    yield {'n': 1}\n")
    with andon.open(folder) as project:
        assert (project.run().publication is None, project.run().publication) == (False, None)


@pytest.mark.parametrize(
    ("body", "timeout", "code"),
    [
        ("os._exit(7)", "60s", "PYA004"),
        ("time.sleep(60)", "1s", "PYA002"),
        ("kept = [bytearray(4_000_000) for _ in iter(lambda: 0, 1)]", "60s", "PYA003"),
        ("raise KeyError('x')", "60s", "PYA001"),
    ],
)
def test_a_function_that_ends_badly_fails_one_table_and_keeps_what_it_gave(
    tmp_path: Path, body: str, timeout: str, code: str
) -> None:
    bad = (
        f"@source(mode='append', timeout='{timeout}', memory='300MB')\ndef bad():\n"
        f"    yield [{{'n': 1}}]\n    {body}\n"
        "@source\ndef good():\n    yield {'n': 2}\n"
    )
    folder = project_of(tmp_path, bad)
    with andon.open(folder) as project:
        report = project.run()
        found = {outcome.asset: outcome for outcome in report.outcomes}
        assert found["s.good"].word == "built"
        assert found["s.bad"].problems[0].code == code
    (folder / "sources/s.py").write_text(
        "from andon import source\n@source(mode='append')\ndef bad():\n    yield []\n"
    )
    with andon.open(folder) as project:
        project.run()
    assert len(rows_of(folder, "select n from s.bad")) == 1


def test_an_error_begins_at_the_line_of_the_user(tmp_path: Path) -> None:
    code = "@source\ndef f():\n    yield {'n': 1}\n    inner()\ndef inner():\n    raise KeyError('x')\n"
    with andon.open(project_of(tmp_path, code)) as project:
        (problem,) = project.run().outcomes[0].problems
    assert problem.where is not None
    assert (problem.where.path, problem.where.line) == ("sources/s.py", 8)
    assert problem.why.splitlines()[1].strip().startswith('File "sources/s.py", line 6, in f')


def test_a_source_is_tried_before_it_is_run(tmp_path: Path) -> None:
    code = "@source(mode='append')\ndef f():\n    for n in range(10**12):\n        yield {'n': n}\n"
    with andon.open(project_of(tmp_path, code)) as project:
        (trial,) = project.sources.test("s")
    assert [row[0] for row in trial.rows] == list(range(10))
