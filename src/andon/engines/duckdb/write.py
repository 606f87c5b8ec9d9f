"""Writing rows as Parquet in their stored forms."""

from __future__ import annotations

from pathlib import Path

import duckdb

from andon.engines.duckdb import forms
from andon.engines.duckdb.types import literal, quote
from andon.ports.engine import Written
from andon.schema import Column, Schema

# A column of more values than this is written without a dictionary. The engine goes on for a fifth of
# a row group, three times as far, before it gives a dictionary up; it costs a fifth of the writing.
_COPY = (
    "(format parquet, parquet_version v2, compression zstd, compression_level 1,"
    " dictionary_size_limit 8192)"
)


def copy_statement(query: str, schema: Schema, path: Path, *, is_described: bool) -> str:
    """Statement that writes a query's rows; the query begins on its second line.

    Casts cost planning time, so where the schema is the query's own (`is_described`) only the
    columns with a stored form are converted.
    """
    stored = [c for c in schema.columns if c.stored is not None]
    if is_described and not stored:
        source = f"\n{query}\n"
    elif is_described:
        encoded = (f"{forms.encode(quote(c.name), c.type)} as {quote(c.name)}" for c in stored)
        source = f"select * replace ({', '.join(encoded)}) from (\n{query}\n)"
    else:
        source = f"select {_stored_columns(schema)} from (\n{query}\n)"
    return f"copy ({source}) to {literal(str(path))} {_COPY}"


def write_relation(relation: duckdb.DuckDBPyRelation, schema: Schema, path: Path) -> Written:
    """Write the rows of a relation of any connection."""
    source = f"select {_stored_columns(schema)} from andon_result"
    done = relation.query("andon_result", f"copy ({source}) to {literal(str(path))} {_COPY}")
    assert done is not None, "a copy tells how many rows it wrote"
    return Written(rows=int(done.fetchall()[0][0]), bytes=path.stat().st_size)


def _stored_columns(schema: Schema) -> str:
    return ", ".join(f"{_stored_column(c)} as {quote(c.name)}" for c in schema.columns)


def _stored_column(column: Column) -> str:
    if column.stored is not None:
        typed = f"cast({quote(column.name)} as {column.type})"
        return forms.encode(typed, column.type)
    return f"cast({quote(column.name)} as {column.type})"
