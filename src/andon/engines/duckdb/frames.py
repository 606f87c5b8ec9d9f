"""Relations as tables of polars, pandas and Arrow, and back. The libraries are optional extras."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb

from andon.engines.duckdb import forms
from andon.engines.duckdb.faults import translate
from andon.engines.duckdb.types import quote
from andon.errors import Problem, TaskFailed

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

Relation = duckdb.DuckDBPyRelation
_TABLES = frozenset(
    {
        ("polars", "DataFrame"),
        ("polars", "LazyFrame"),
        ("pandas", "DataFrame"),
        ("pyarrow", "Table"),
        ("pyarrow", "RecordBatch"),
    }
)


def to_arrow(relation: Relation) -> pa.Table:
    """All rows as a pyarrow.Table. Types that Arrow would change come in their stored form.

    Raises:
        TaskFailed: (ENG013) pyarrow is not installed.
    """
    _library("pyarrow", "arrow")
    try:
        return _portable(relation).to_arrow_table()
    except duckdb.Error as error:
        raise translate(error) from error


def to_polars(relation: Relation) -> pl.DataFrame:
    """All rows as a polars.DataFrame. HUGEINT comes as Decimal(38, 0).

    Raises:
        TaskFailed: (ENG013) polars or pyarrow is not installed.
    """
    polars = _library("polars", "polars")
    frame: pl.DataFrame = polars.from_arrow(to_arrow(relation))
    return frame


def to_pandas(relation: Relation) -> pd.DataFrame:
    """All rows as a pandas.DataFrame; nothing is rounded.

    Whole numbers with nulls have pandas' nullable types, decimals are `decimal.Decimal`.

    Raises:
        TaskFailed: (ENG013) pandas or pyarrow is not installed.
    """
    pandas = _library("pandas", "pandas")
    arrow = _library("pyarrow", "pandas")
    table = to_arrow(relation)
    frame: pd.DataFrame = table.to_pandas()
    for at, field in enumerate(table.schema):
        if arrow.types.is_integer(field.type) and table.column(at).null_count:
            kind = ("UInt" if str(field.type)[0] == "u" else "Int") + str(field.type.bit_width)
            values = table.column(at).to_pandas(
                types_mapper={field.type: pandas.api.types.pandas_dtype(kind)}.get
            )
            frame.isetitem(at, values)
    return frame


def is_table(value: object) -> bool:
    """Whether `relation_of` takes it."""
    library = type(value).__module__.split(".")[0].lstrip("_")
    return isinstance(value, Relation) or (library, type(value).__name__) in _TABLES


def is_bare(table: Any) -> bool:
    """Whether a table has neither columns nor rows: what libraries make of an empty list.

    Of a relation and of a query that is not run yet nothing is asked; a relation has columns.
    """
    if isinstance(table, Relation) or type(table).__name__ == "LazyFrame":
        return False
    return not len(table.columns) and not len(table)


def relation_of(cursor: duckdb.DuckDBPyConnection, table: object) -> Relation:
    """A table of Python as a relation; the cursor must stay open as long as it is used.

    Raises:
        TaskFailed: (ENG014) not a table; (ENG015) it cannot be read as one.
    """
    if isinstance(table, Relation):
        return table
    library = type(table).__module__.split(".")[0]
    match library, type(table).__name__:
        case "polars", "DataFrame" | "LazyFrame":
            arrow = _from_polars(table)
        case "pandas", "DataFrame":
            arrow = _from_pandas(table)
        case "pyarrow", "Table":
            arrow = table
        case "pyarrow", "RecordBatch":
            arrow = _library("pyarrow", "arrow").Table.from_batches([table])
        case _:
            raise _no_table(table)
    if not arrow.column_names:
        raise _unreadable("it has no columns")
    names = [name.casefold() for name in arrow.column_names]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _unreadable(f"two columns are called `{twice}`", "rename one; case does not count")
    cursor.register("andon_table", arrow)
    return cursor.sql("from andon_table")


def typed(relation: Relation, columns: Sequence[tuple[str, str]]) -> Relation:
    """The relation with declared columns cast to their types.

    Raises:
        TaskFailed: (ENG016) a declared column is missing.
    """
    if not columns:
        return relation
    declared = {name.casefold(): kind for name, kind in columns}
    known = {name.casefold() for name in relation.columns}
    missing = [name for name, _ in columns if name.casefold() not in known]
    if missing:
        raise _missing(missing, relation.columns)
    parts = []
    for name in relation.columns:
        kind = declared.get(name.casefold())
        cast = f"cast({quote(name)} as {kind})" if kind else quote(name)
        parts.append(f"{cast} as {quote(name)}")
    return relation.project(", ".join(parts))


def _portable(relation: Relation) -> Relation:
    parts = []
    is_changed = False
    for name, kind in zip(relation.columns, map(str, relation.types), strict=True):
        if forms.arrow_form(kind):
            is_changed = True
            parts.append(f"{forms.encode(quote(name), kind)} as {quote(name)}")
        else:
            parts.append(quote(name))
    return relation.project(", ".join(parts)) if is_changed else relation


def _from_polars(table: Any) -> Any:
    """Arrow table of a polars frame; its 128-bit numbers as decimals, the only kind Arrow has."""
    polars = _library("polars", "polars")
    frame = table.collect() if isinstance(table, polars.LazyFrame) else table
    if any(kind == polars.Object for kind in frame.schema.values()):
        raise _unreadable("a column holds Python objects, which are no values")
    wide = [name for name, kind in frame.schema.items() if kind == polars.Int128]
    try:
        return frame.with_columns(polars.col(wide).cast(polars.Decimal(38, 0))).to_arrow()
    except polars.exceptions.PolarsError as error:
        raise _unreadable(f"polars cannot pass it on ({type(error).__name__})") from error


def _from_pandas(table: Any) -> Any:
    arrow = _library("pyarrow", "pandas")
    named = [str(name) for name in table.index.names if name is not None]
    if named:
        raise _unreadable(f"its index `{', '.join(named)}` is not a column", "call reset_index()")
    if any(not isinstance(name, str) for name in table.columns):
        raise _unreadable("a column's name is not text", "rename the columns: df.columns = [...]")
    try:
        return arrow.Table.from_pandas(table, preserve_index=False)
    except arrow.ArrowException as error:
        raise _unreadable(
            f"a column mixes types ({type(error).__name__})", "give each column one type"
        ) from error


def _library(name: str, extra: str) -> ModuleType:
    try:
        return import_module(name)
    except ImportError as error:
        raise TaskFailed(
            Problem(
                code="ENG013",
                what=f"{name} is not installed",
                why=f"tables of {extra} need it; it is an optional part of Andon",
                fix=f"pip install 'andon[{extra}]'",
            )
        ) from error


def _no_table(table: object) -> TaskFailed:
    kind = type(table)
    return TaskFailed(
        Problem(
            code="ENG014",
            what=f"`{kind.__module__}.{kind.__qualname__}` is not a table",
            why="a table is a polars.DataFrame, pandas.DataFrame, pyarrow.Table or DuckDB relation",
            fix="return one of these; for rows: `pl.DataFrame(rows, schema={...}, orient='row')`",
        )
    )


def _unreadable(why: str, fix: str = "return plain columns, each of one type") -> TaskFailed:
    return TaskFailed(
        Problem(code="ENG015", what="the table cannot be stored as it is", why=why, fix=fix)
    )


def _missing(names: Sequence[str], found: Sequence[str]) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="ENG016",
            what=f"declared column `{', '.join(names)}` is not in the table",
            why=f"the table has: {', '.join(found)}",
            fix="return the column, or take it out of `columns`",
        )
    )
