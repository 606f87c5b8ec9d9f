"""What a source's function returns, as one iterator; runs in a worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from andon.engines.duckdb.frames import is_table
from andon.ports.python_runner import SourceTask


class Opened:
    """The items of one call, and the state that a dlt resource keeps with them."""

    def __init__(self, task: SourceTask) -> None:
        self._task = task

    def state(self) -> dict[str, Any] | None:
        """What a dlt resource keeps now; None for other functions."""
        return None

    def items(self, loaded: Any, arguments: Mapping[str, Any]) -> Iterator[object]:
        """Call what was loaded, and iterate over what it returns."""
        found: object = loaded(**arguments)
        if found is None:
            return iter(())
        if is_table(found) or isinstance(found, Mapping | list | tuple) or not _is_iterable(found):
            return iter((found,))  # what is no row and no table is refused where it is taken
        return iter(found)  # type: ignore[call-overload,no-any-return]  # tested just above


def _is_iterable(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)
