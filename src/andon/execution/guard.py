"""Guard: the engine's own reading of a query, as a second lock beside the one Andon's parser is.

Two parsers may understand one text in two ways. What is executed is what the engine understands, so
it is asked what it would read and call before it may.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from andon.errors import Problem, TaskFailed
from andon.ports.sql_reader import SqlReader
from andon.spec.check import Check, SqlCheck
from andon.sql.body import SqlBody
from andon.sql.outside import unforeseen


class Reading(Struct, frozen=True, kw_only=True):
    """How the engine reads a query.

    Attributes:
        is_told: whether it tells its tree, which then is one select. For a form that it does not
            tell (a `pivot` without `in (...)`, refused as two statements later on) there is one lock.
        refused: problems (SQL003) of what it would read beside what Andon's own reading told.
    """

    is_told: bool
    refused: tuple[Problem, ...] = ()


def second_reading(reader: SqlReader, body: SqlBody, path: str) -> Reading:
    """The engine's reading of a query as written, before tables are put in place.

    Raises:
        TaskFailed: (ENG002) the engine cannot parse it; (ENG010) it is not one select.
    """
    text = body.text[body.start :]
    if not reader.may_reach_out(text):
        return Reading(is_told=True)
    found = reader.parse_uses(text)
    if found is None:
        return Reading(is_told=False)
    refused = unforeseen(body.reads, found.tables, found.functions, path)
    return Reading(is_told=True, refused=refused)


def guard_checks(reader: SqlReader, checks: Iterable[Check]) -> None:
    """Refuse a check file that would read what Andon's own reading of it did not tell.

    Raises:
        TaskFailed: (SQL003) with everything that the first such file would read.
    """
    for check in checks:
        if isinstance(check, SqlCheck) and check.body is not None:
            reading = second_reading(reader, check.body, check.path)
            if reading.refused:
                raise TaskFailed(*reading.refused)
