"""Tables go to user functions and come back in every form, with nothing changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import TaskFailed
from andon.execution.workers.runner import WorkerPool
from andon.ports.python_runner import PythonInputData, PythonTask
from andon.spec.asset import Form

FORMS: tuple[Form, ...] = ("duckdb", "polars", "pandas", "arrow")
BIG = 99999999999999999999999999999999999999
ROWS = f"""
select * from (values
  (1, {BIG}::HUGEINT, 1.10::DECIMAL(18,2), 'ünï 🙂', timestamptz '2020-06-01 12:00:00.000001+02',
   date '2020-01-01', 9007199254740993::BIGINT, true, 0.1::DOUBLE),
  (2, -{BIG}::HUGEINT, null, null, null, null, null, null, null)
) as t(id, wide, price, name, seen, day, exact, flag, share)
"""
BACK = [
    (1, BIG, Decimal("1.10"), "ünï 🙂", datetime(2020, 6, 1, 10, 0, 0, 1, tzinfo=UTC),
     date(2020, 1, 1), 9007199254740993, True, 0.1),
    (2, -BIG, None, None, None, None, None, None, None),
]  # fmt: skip
CODE = """
from __future__ import annotations
import helper

def same(x): return x
def as_polars(x):
    import polars as pl
    return pl.DataFrame({"v": [1, None], "w": ["a", "é"]})
def as_lazy(x):
    import polars as pl
    return pl.LazyFrame({"v": [1, None], "w": ["a", "é"]})
def as_pandas(x):
    import pandas as pd
    return pd.DataFrame({"v": pd.array([1, None], dtype="Int64"), "w": ["a", "é"]})
def as_arrow(x):
    import pyarrow as pa
    return pa.table({"v": [1, None], "w": ["a", "é"]})
def as_relation(x): return x.query("t", "select * from (values (1::BIGINT, 'a'), (null, 'é')) as r(v, w)")
def as_foreign(x):
    import duckdb
    return duckdb.sql("select * from (values (1::BIGINT, 'a'), (null, 'é')) as r(v, w)")
def wide(x):
    import polars as pl
    return pl.DataFrame({"v": [2**100, None, -5]}, schema={"v": pl.Int128})
def doubled(x, factor, word): return x.project(f"id * {factor} as id, '{word}' as word")
def rows(x): return [{"a": 1}]
def nothing(x): return None
def indexed(x): return x.groupby("id").sum(numeric_only=True)
def mixed(x):
    import pandas as pd
    return pd.DataFrame({"v": [1, "a"]})
def no_columns(x):
    import polars as pl
    return pl.DataFrame()
def printing(x):
    import os
    print("to stdout é"); os.system("echo from a child"); os.write(1, b"raw\\n")
    return x
"""

Run = Callable[..., list[tuple[Any, ...]]]


class Bench:
    """A project, its store, an engine and a pool."""

    def __init__(self, root: Path) -> None:
        self.root, self.store = root, root / ".andon"
        self.store.mkdir()
        (root / "assets").mkdir()
        (root / "helper.py").write_text("VALUE = 1\n")
        (root / "assets" / "code.py").write_text(CODE, encoding="utf-8")
        self.engine = DuckDBEngine(self.store, threads=1)
        self.said: list[tuple[str, str]] = []
        self.pool = WorkerPool(
            size=1, spill_dir=self.store / "spill", talk=lambda *said: self.said.append(said)
        )

    def store_rows(self, query: str) -> str:
        schema = self.engine.describe(query, {})
        self.engine.write(query, {}, schema, self.store / "in.parquet")
        return self.engine.scan(schema, [self.store / "in.parquet"])

    def run(
        self,
        function: str,
        form: Form,
        *,
        query: str = ROWS,
        columns: tuple[tuple[str, str], ...] = (),
        parameters: dict[str, None | bool | int | float | str] | None = None,
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Types and rows of what the function gave."""
        task = PythonTask(
            asset="marts.code",
            root=self.root,
            store_root=self.store,
            path="assets/code.py",
            function=function,
            inputs=(PythonInputData(argument="x", scan=self.store_rows(query), form=form),),
            parameters=parameters or {},
            columns=columns,
            output=self.store / "out.parquet",
            logical_time=datetime(2026, 1, 1, tzinfo=UTC),
            memory_bytes=None,
            timeout_s=60,
        )
        result = self.pool.run(task)
        rows = self.engine.rows(f"from {self.engine.scan(result.schema, [task.output])}")
        assert result.written.rows == len(rows)
        return [column.type for column in result.schema.columns], rows


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("projet é"))
    yield made
    made.pool.close()
    made.engine.close()


@pytest.mark.parametrize("form", FORMS)
def test_values_come_back_exactly(bench: Bench, form: Form) -> None:
    _, rows = bench.run("same", form, columns=(("WIDE", "HUGEINT"),))
    assert sorted(rows) == BACK


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_table_keeps_declared_types(bench: Bench, form: Form) -> None:
    columns = (("wide", "HUGEINT"), ("price", "DECIMAL(18,2)"), ("name", "VARCHAR"))
    types, rows = bench.run(
        "same", form, query=f"select * from ({ROWS}) where false", columns=columns
    )
    assert rows == []
    assert types[1:4] == ["HUGEINT", "DECIMAL(18,2)", "VARCHAR"]


@pytest.mark.parametrize(
    "function",
    ["as_polars", "as_lazy", "as_pandas", "as_arrow", "as_relation", "as_foreign"],
)
def test_every_form_of_result_is_taken(bench: Bench, function: str) -> None:
    types, rows = bench.run(function, "duckdb")
    assert types == ["BIGINT", "VARCHAR"]
    assert rows == [(1, "a"), (None, "é")]


@pytest.mark.parametrize("form", FORMS)
def test_types_that_arrow_would_change_keep_their_values(bench: Bench, form: Form) -> None:
    kinds = {
        "u": "UHUGEINT", "t": "TIME WITH TIME ZONE", "b": "BIT", "n": "BIGNUM", "i": "INTERVAL",
    }  # fmt: skip
    values = {"u": str(2**128 - 1), "t": "12:00:00+02", "b": "0101", "n": "9" * 50, "i": "1 month"}
    query = "select " + ", ".join(f"cast('{values[c]}' as {k}) as {c}" for c, k in kinds.items())
    types, _ = bench.run("same", form, query=query, columns=tuple(kinds.items()))
    scan = bench.engine.scan(bench.engine.describe(query, {}), [bench.store / "out.parquet"])
    shown = "select u::VARCHAR, t::VARCHAR, b::VARCHAR, n::VARCHAR, i::VARCHAR from "
    assert types == list(kinds.values())
    assert bench.engine.rows(shown + scan) == [tuple(values.values())]


def test_128_bit_numbers_of_polars_are_stored(bench: Bench) -> None:
    types, rows = bench.run("wide", "duckdb", columns=(("v", "HUGEINT"),))
    assert (types, rows) == (["HUGEINT"], [(2**100,), (None,), (-5,)])


def test_parameters_are_keyword_arguments(bench: Bench) -> None:
    _, rows = bench.run("doubled", "duckdb", parameters={"factor": 10, "word": "é"})
    assert sorted(rows) == [(10, "é"), (20, "é")]


@pytest.mark.parametrize(
    ("function", "form", "code"),
    [
        ("rows", "duckdb", "ENG014"),
        ("nothing", "duckdb", "ENG014"),
        ("indexed", "pandas", "ENG015"),
        ("mixed", "duckdb", "ENG015"),
        ("no_columns", "duckdb", "ENG015"),
        ("absent", "duckdb", "PYA006"),
    ],
)
def test_what_is_no_table_is_refused(bench: Bench, function: str, form: Form, code: str) -> None:
    with pytest.raises(TaskFailed) as refused:
        bench.run(function, form)
    assert refused.value.code == code


def test_a_declared_column_must_be_returned(bench: Bench) -> None:
    with pytest.raises(TaskFailed, match="ENG016"):
        bench.run("same", "duckdb", columns=(("absent", "INTEGER"),))


def test_a_value_that_does_not_fit_its_declared_type_is_not_told(bench: Bench) -> None:
    with pytest.raises(TaskFailed, match="ENG009") as refused:
        bench.run("same", "polars", columns=(("name", "INTEGER"),))
    assert "ünï" not in str(refused.value.problems)


def test_what_user_code_prints_is_relayed_line_by_line(bench: Bench) -> None:
    bench.said.clear()
    bench.run("printing", "duckdb")
    assert sorted(bench.said) == [
        ("marts.code", "from a child"),
        ("marts.code", "raw"),
        ("marts.code", "to stdout é"),
    ]
