"""What Python functions yield is kept exactly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from andon.errors import TaskFailed
from tests.generating import Functions, failing, functions


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Functions]:
    with functions(tmp_path) as made:
        yield made


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
