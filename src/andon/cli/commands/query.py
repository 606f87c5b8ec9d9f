"""`andon query`: read published data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from andon.cli.session import Session, global_options
from andon.errors import Problem, ProjectInvalid, UsageError

if TYPE_CHECKING:
    from andon.app.showing.views import Result
    from andon.ports.engine import Scalar

_LIMIT = 100


@click.command()
@click.argument("sql")
@click.option("--as-of", metavar="WHEN", help="Publication number, or a time (ISO 8601).")
@click.option(
    "-p",
    "--parameter",
    "parameters",
    metavar="NAME=VALUE",
    multiple=True,
    help="Value of $NAME in the query: a number, true, false, null, or text. Usable more than once.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help="Most rows to print; 0 is all [table 100, csv and json all].",
)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "csv", "json"]),
    help="How rows are printed [table].",
)
@global_options
@click.pass_obj
def command(
    session: Session,
    sql: str,
    as_of: str | None,
    parameters: tuple[str, ...],
    limit: int | None,
    shape: str | None,
) -> int:
    """Read published data with SQL; every table is one publication, whole.

    SQL `-` reads the query from standard input.
    """
    text = _read_sql(sql)
    values = dict(_parameter(item) for item in parameters)
    chosen = shape or ("json" if session.is_machine else "table")
    most = limit if limit is not None else (_LIMIT if chosen == "table" else 0)
    when = int(as_of) if as_of and as_of.isdecimal() else as_of
    with session.open() as project:
        try:
            result = project.query(text, values or None, when, limit=most or None)
        except ProjectInvalid as error:
            # the project is sound if every problem lies in the query that was typed
            if all(p.where is not None and p.where.path == "query" for p in error.problems):
                raise UsageError(*error.problems) from error
            raise
    if session.is_machine or chosen == "json":
        session.document("query", _record(result))
    elif chosen == "csv":
        _write_csv(result, session)
    else:
        _write_table(result, session)
    if result.is_cut and not session.is_machine:
        session.say(f"first {len(result.rows):,} rows; --limit 0 prints all")
    return 0


def _read_sql(sql: str) -> str:
    text = sys.stdin.read() if sql == "-" else sql
    if not text.strip():
        raise UsageError(
            Problem(
                code="CLI006",
                what="the query is empty",
                why="standard input held no SQL" if sql == "-" else "the argument holds no SQL",
                fix="write `andon query 'select ...'`, or pipe SQL into `andon query -`",
            )
        )
    return text


def _parameter(item: str) -> tuple[str, Scalar]:
    """``name=value``; the value is a number, true, false, null or otherwise text."""
    name, equals, value = item.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(
            Problem(
                code="CLI005",
                what=f"`-p {name}` does not name a parameter and its value",
                why="a parameter is given as NAME=VALUE",
                fix="write for example `-p country=NL`, and `$country` in the query",
            )
        )
    words: dict[str, Scalar] = {"true": True, "false": False, "null": None}
    if value in words:
        return name, words[value]
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, value


def _record(result: Result) -> dict[str, object]:
    return {
        "columns": [
            {"name": name, "type": kind}
            for name, kind in zip(result.columns, result.types, strict=True)
        ],
        "rows": result.rows,
        "cut": result.is_cut,
    }


def _write_table(result: Result, session: Session) -> None:
    from andon.cli.tables import WIDEST, table
    from andon.cli.text import rows

    session.data(table(result.columns, result.rows, widest=None if session.verbose else WIDEST))
    session.say(f"({rows(len(result.rows))})")


def _write_csv(result: Result, session: Session) -> None:
    """Values as text: null is empty; text is not escaped, since csv quotes it."""
    import csv
    from io import StringIO

    from andon.cli.text import cell

    for row in (result.columns, *result.rows):
        line = StringIO()
        texts = ["" if v is None else v if isinstance(v, str) else cell(v) for v in row]
        csv.writer(line, lineterminator="").writerow(texts)
        session.data(line.getvalue())
