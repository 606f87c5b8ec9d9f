"""What a source's function returns, as one iterator; runs in a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from andon.engines.duckdb.frames import is_table
from andon.ports.python_runner import SourceTask
from andon.sources.python import dlt_resources


class Opened:
    """The items of one call, and the state that a dlt resource keeps with them.

    Args:
        begun: state that the reading begins with, None if there is none.
    """

    def __init__(self, task: SourceTask, begun: dict[str, Any] | None) -> None:
        self._task = task
        self._begun = begun
        self._now: Callable[[], dict[str, Any]] | None = None

    def state(self) -> dict[str, Any] | None:
        """What a dlt resource keeps now; None for other functions, and where all is read each time."""
        return None if self._now is None else self._now()

    def items(self, loaded: Any, arguments: Mapping[str, Any]) -> Iterator[object]:
        """Call what was loaded, and iterate over what it returns.

        Raises:
            TaskFailed: (SRC063) it is not said which resource of a dlt source is meant.
        """
        found: object = loaded(**arguments)
        if found is None:
            return iter(())
        if dlt_resources.is_dlt(found):
            keeps = self._task.mode != "full"
            items, now = dlt_resources.open_items(self._task, found, self._begun if keeps else None)
            self._now = now if keeps else None
            return items
        if is_table(found) or isinstance(found, Mapping | list | tuple):
            return iter((found,))
        if isinstance(found, Iterable) and not isinstance(found, str | bytes):
            return iter(found)
        return iter((found,))  # it is refused where it is taken
