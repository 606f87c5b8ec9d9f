"""One file that cannot be read never stops the others: its problem becomes its facts."""

from __future__ import annotations

from collections.abc import Callable

from andon.acquisition.columns.facts import Facts, refuse
from andon.errors import TaskFailed

_NO_ROOM = frozenset({"ENG003", "ENG004"})


def is_of_the_file(error: TaskFailed) -> bool:
    """Whether a failure of the engine tells of the bytes, not of a lack of memory or room."""
    return not any(problem.code in _NO_ROOM for problem in error.problems)


def or_refused(reading: str, measure: Callable[[], Facts]) -> Facts:
    """Facts of one file, or its refusal.

    Raises:
        TaskFailed: what has its cause elsewhere.
    """
    try:
        return measure()
    except TaskFailed as error:
        if not all(problem.code.startswith("SRC") for problem in error.problems):
            raise
        return refuse(reading, error.problems)
