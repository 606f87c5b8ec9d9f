"""What the reader of files says when it cannot go on. Never a value of a row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import get_args

from msgspec.structs import replace

from andon.acquisition.columns.facts import Facts
from andon.errors import Problem, TaskFailed, Where
from andon.names import did_you_mean
from andon.spec.address import is_remote, parse
from andon.spec.source import Format, SourceTable


def shown(path: str) -> str:
    """A declared path as it may be told: an address without its query."""
    return parse(path).name if is_remote(path) else path


def nothing_there(table: SourceTable) -> Problem:
    """No file matches, and none ever did."""
    listed = ", ".join(f"`{shown(path)}`" for path in table.paths)
    return Problem(
        code="SRC001",
        what=f"no file for `{table.name}`: nothing matches {listed}",
        why="a raw table without a single delivery has no columns; paths are relative to the "
        "project's folder, and names that begin with a dot are skipped",
        fix="put the file there, or correct `path`",
        where=_where(table),
    )


@contextmanager
def told_of_files(path: str = "") -> Iterator[None]:
    """Failures of the file system as an error that names the file, as the system says it.

    Raises:
        TaskFailed: (SRC003) something may not or cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise TaskFailed(
            _unreadable(path or str(error.filename), error.strerror or "it cannot be opened")
        ) from error


def check_paths(paths: Sequence[str]) -> None:
    """Refuse names of files that no text can hold."""
    for path in paths:
        if not path.isascii():
            try:
                path.encode()
            except UnicodeEncodeError:
                raise TaskFailed(_unreadable(path, "its name is not valid UTF-8")) from None


def nameless(table: SourceTable, paths: Sequence[str]) -> dict[str, Problem]:
    """A warning for each file whose name no text can hold, by its path."""
    found: dict[str, Problem] = {}
    for path in paths:
        try:
            check_paths([path])
        except TaskFailed as error:
            found[path] = left_out(
                table,
                error,
                "every row tells the file that it comes from, and no text can hold this name",
            )
    return found


def left_out(table: SourceTable, error: TaskFailed, why: str = "") -> Problem:
    """What keeps one file out of its table, as a warning; the others are read."""
    (problem,) = error.problems
    return replace(
        problem,
        what=f"left out of `{table.name}`: {problem.what}",
        why=f"{why or 'it is there, and the system does not give it'}; the other files are read",
        severity="warning",
    )


def nothing_readable(table: SourceTable, left_out: Iterable[Problem]) -> TaskFailed:
    """The error for a table that has no file, or only such as are left out."""
    told = [replace(problem, severity="error") for problem in left_out]
    return TaskFailed(*(told or [nothing_there(table)]))


def _unreadable(path: str, reason: str) -> Problem:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    return Problem(
        code="SRC003",
        what=f"`{shown}` cannot be read: {reason}",
        why="a source is read whole or not at all, so a file is never left out unseen",
        fix="correct the file's name or rights, or move it away",
    )


def unknown_format(table: SourceTable, path: str) -> Problem:
    """The name of a file does not tell its format."""
    return Problem(
        code="SRC002",
        what=f"the format of `{path}` is unknown",
        why="its name ends in none of .csv .tsv .json .jsonl .ndjson .xml .xlsx .avro .parquet (before "
        ".gz and so on)",
        fix=f"declare `format:` of `{table.name}`: {', '.join(get_args(Format))}",
        where=_where(table),
    )


def mixed_formats(table: SourceTable, paths: Sequence[str]) -> Problem:
    """Files of one table that cannot be read in one way."""
    listed = " and ".join(f"`{path}`" for path in paths)
    return Problem(
        code="SRC002",
        what=f"`{table.name}` mixes formats: {listed}",
        why="text, JSON and Parquet know different types, so one table of them has none",
        fix="declare one table per format and unite them in an asset",
        where=_where(table),
    )


def check_declared(table: SourceTable, facts: Sequence[Facts]) -> None:
    """Refuse declared columns that no file has; of a contract they may still come.

    Raises:
        TaskFailed: (SRC009) one problem per column.
    """
    present = {name.casefold(): name for one in facts for name, _ in one.columns}
    if not present or table.contract:
        return
    problems = [
        Problem(
            code="SRC009",
            what=f"`{table.name}` declares the column `{name}`, which no file has",
            why="a declared type that is never applied is a mistake more often than not",
            fix=did_you_mean(name, present.values(), "remove it, or correct its name"),
            where=_where(table),
        )
        for name, _ in table.columns
        if name.casefold() not in present
    ]
    if problems:
        raise TaskFailed(*problems)


def told_by_case(path: str, name: str, other: str) -> Problem:
    """Two names of which one would hide the other; where they are in one file, or one is declared."""
    return Problem(
        code="SRC004",
        what=f"`{path}` has `{name}` beside `{other}`, which differs by upper and lower case alone",
        why="columns and fields are told apart by name without case, so one would hide the other",
        fix="rename one where the file is written, or declare it as the file writes it",
    )


def too_many_malformed(
    table: SourceTable,
    bad: int,
    total: int,
    shown: Sequence[tuple[str, int, Sequence[str]]],
) -> Problem:
    """More malformed records than the table allows."""
    listed = "; ".join(
        f"`{path}` has {count:,} ({', '.join(first)})" for path, count, first in shown
    )
    limit = table.limit
    allowed = (
        f"{limit.rows:,} rows" if limit.rows is not None else f"{limit.share or 0:.2%} of rows"
    )
    return Problem(
        code="SRC007",
        what=f"{bad:,} of {total:,} records of `{table.name}` are malformed: {listed}",
        why=f"at most {allowed} may be set aside; nothing was loaded, the last good state stays",
        fix=f"look at them all with `andon quarantine show {table.name}`; then have the file delivered "
        "again, correct `delimiter`, `quote`, `encoding` or `columns`, repair and replay them, raise "
        f"`limit`, or go on without it: `andon check --set-aside {shown[0][0]}`",
        where=_where(table),
    )


def rows_lost(table: SourceTable, counted: int, written: int) -> Problem:
    """What was written is not what was counted."""
    return Problem(
        code="SRC008",
        what=f"`{table.name}` would have {written:,} rows of {counted:,} counted",
        why="records are counted apart from the parser, and none may be lost or invented",
        fix="run again; if it comes back, report it as a fault of Andon",
        where=_where(table),
    )


def key_is_null(table: SourceTable) -> Problem:
    """A row of a merged table cannot be told from others."""
    listed = ", ".join(f"`{name}`" for name in table.key)
    return Problem(
        code="SRC048",
        what=f"rows of `{table.name}` have no value in their key {listed}",
        why="a row replaces the earlier one of its key; without a key it would be kept twice or lost",
        fix="choose a `key` that is never null, leave such rows out in a `query`, or write"
        " `mode: append`",
        where=_where(table),
    )


def key_is_missing(table: SourceTable, name: str, known: Sequence[str]) -> Problem:
    """The key of a merged table is none of its columns."""
    return Problem(
        code="SRC048",
        what=f"`{table.name}` has no column `{name}`, which is in its key",
        why="a row replaces the earlier one of its key",
        fix=did_you_mean(name, known, "correct `key`"),
        where=_where(table),
    )


def _where(table: SourceTable) -> Where | None:
    return Where(path=table.where_path) if table.where_path else None
