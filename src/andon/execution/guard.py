"""Guard: the engine's own reading of a query, as a second lock beside the one Andon's parser is.

Two parsers may understand one text in two ways. What is executed is what the engine understands, so
it is asked what it would read and call before it may.
"""

from __future__ import annotations

from collections.abc import Iterable

from andon.errors import Problem, TaskFailed
from andon.ports.engine import Engine
from andon.spec.check import Check, SqlCheck
from andon.sql.body import SqlBody
from andon.sql.outside import unforeseen


def trespasses(engine: Engine, body: SqlBody, path: str) -> tuple[Problem, ...]:
    """Problems (SQL003) of a query as written, before tables are put in place.

    A form whose tree the engine does not tell (a `pivot` without `in (...)`, which is refused as
    two statements later on) passes: for it there is one lock.

    Raises:
        TaskFailed: (ENG002) the engine cannot parse it.
    """
    found = engine.parse_uses(body.text[body.start :])
    if found is None:
        return ()
    return unforeseen(body.reads, found.tables, found.functions, path)


def guard_checks(engine: Engine, checks: Iterable[Check]) -> None:
    """Refuse a check file that would read what Andon's own reading of it did not tell.

    Raises:
        TaskFailed: (SQL003) with everything that the first such file would read.
    """
    for check in checks:
        if isinstance(check, SqlCheck) and check.body is not None:
            refused = trespasses(engine, check.body, check.path)
            if refused:
                raise TaskFailed(*refused)
