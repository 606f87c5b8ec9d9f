"""Try a source: look, land a little, read it, show rows and types; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from msgspec import Struct

from andon.catalog.records import Delivery
from andon.errors import AndonError, Cancelled, Problem, TaskFailed, UsageError
from andon.execution.line import Tools
from andon.names import did_you_mean
from andon.schema import Column
from andon.spec.origin import PushOrigin
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable

MOST_ROWS = 10
_PATHS = 3


class Trial(Struct, frozen=True, kw_only=True):
    """What became of one table of a source that was tried.

    Attributes:
        found: in words, what the origin offers.
        columns: names and types as a run would find them in what was read.
        rows: the first rows, in order of file and record.
        set_aside: malformed records, which a run would set aside or refuse.
        problems: why it does not work; empty if it does.
    """

    table: str
    found: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    set_aside: int = 0
    problems: tuple[Problem, ...] = ()


def tables_of(spec: ProjectSpec, name: str) -> tuple[SourceTable, ...]:
    """The tables that a name means: all of a source, or one.

    Raises:
        UsageError: (SRC060) there is neither a source nor a raw table of that name.
    """
    tables = spec.source_tables
    chosen = tuple(table for table in tables if name in (table.name, table.source))
    if chosen:
        return chosen
    known = sorted({table.source for table in tables} | {str(table.name) for table in tables})
    raise UsageError(
        Problem(
            code="SRC060",
            what=f"project `{spec.name}` declares no source or raw table `{name}`",
            why="a source has the name of its file in sources/, a table that of `source.table`",
            fix=did_you_mean(name, known, "see all tables with `andon ls`"),
        )
    )


def try_tables(
    tools: Tools, tables: Sequence[SourceTable], closed: Mapping[str, Problem]
) -> Iterator[Trial]:
    """Do for each table what a run would do, with a few rows; one that fails hides no other.

    Args:
        tools: over a store that is thrown away.
        closed: tables that whoever asks may not read, with the problem; they are not tried.
    """
    for table in tables:
        if table.name in closed:
            yield Trial(table=table.name, found="", problems=(closed[table.name],))
            continue
        try:
            with closing(tools.origin(table)):
                trial = _try(tools, table)
            yield trial
        except Cancelled:
            raise
        except AndonError as failure:
            yield Trial(table=table.name, found="", problems=failure.problems)


def _try(tools: Tools, table: SourceTable) -> Trial:
    if isinstance(table.origin, PushOrigin):
        command = f"andon source push {table.name}"
        return Trial(table=table.name, found=f"nothing is asked: write documents to `{command}`")
    origin, run_id = tools.origin(table), tools.new_id()
    arrivals = origin.look(table, (), None)
    files = (*arrivals.new, *(item for item, _ in arrivals.repeated))
    found = arrivals.asks or _files([file.path for file in files])
    batches = origin.land(table, arrivals, (), run_id, tools.clock.now(), most_rows=MOST_ROWS)
    landed: tuple[Delivery, ...] = next(
        (batch.deliveries for batch in batches if batch.deliveries), ()
    )
    close = getattr(batches, "close", None)
    if close is not None:
        close()  # what holds a connection lets it go now, not when it is collected
    origin.close()
    if not landed:
        return Trial(table=table.name, found=f"{found}: nothing there")
    raw = tools.reader().build(table, landed, None, lambda name: tools.store.stage(run_id, name))
    if raw.over_limit is not None:
        raise TaskFailed(raw.over_limit)
    engine = tools.engine()
    paths = [part.staged for part in raw.parts if part.role == "data"]
    scan = engine.scan(raw.schema, paths)
    rows = engine.rows(f"select * from {scan} order by _file, _row limit {MOST_ROWS}")
    return Trial(
        table=table.name,
        found=found,
        columns=raw.schema.columns,
        rows=tuple(rows),
        set_aside=raw.set_aside,
    )


def _files(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:_PATHS]) + (" and more" if len(paths) > _PATHS else "")
    return f"{len(paths):,} file{'s' * (len(paths) != 1)} ({shown})"
