"""How far a function that yields rows was read, and which of its rows came before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from andon.acquisition.cursors.position import (
    Position,
    Value,
    decode,
    kind_of,
    landed_value,
    larger,
    value_at,
)
from andon.errors import Problem, TaskFailed, Where
from andon.ports.python_runner import KnownPart, SourceTask
from andon.sources.python.lines import identity, line_of

Row = Mapping[str, Any]
ReadColumns = Callable[[KnownPart, str, Value | None], Iterator[Row]]
"""Rows of a Parquet part whose column is at least a value."""


class Progress:
    """Follows the cursor of one reading.

    A row whose cursor lies within what was read before is dropped as often as an equal one was
    landed: so the boundary is inclusive, what was interrupted is asked for again, and a function
    that takes no notice of its cursor adds nothing twice. A row that came late is kept.

    Args:
        read_columns: reads parts that are Parquet.
    """

    def __init__(self, task: SourceTask, read_columns: ReadColumns) -> None:
        self._task = task
        self._read_columns = read_columns
        self.start = decode(task.position)
        self.since = self.start.next_from(is_ordered=task.is_ordered)
        self._kind = kind_of(self.start.value)
        self._value = self.start.value
        self._low: Value | None = None
        self._high: Value | None = None
        self._last_high = self.start.high
        self._pieces = 0
        self._seen: Counter[bytes] | None = None
        self._floor: Value | None = None

    def admit(self, found: object, row: Row) -> bool:
        """Whether a row with this cursor value is new; then the value counts.

        Raises:
            TaskFailed: (SRC061) it has none; (SRC062) it is of another kind than those before.
        """
        value = self.judged(found)
        if self._is_repeat(value, row):
            return False
        self.note(value, value)
        return True

    @property
    def has_unfinished(self) -> bool:
        """Whether the reading before did not come to its end."""
        return not self.start.is_done

    def _unfinished(self) -> list[KnownPart]:
        """Parts of the reading that did not come to its end."""
        found: list[KnownPart] = []
        for part in self._task.known:
            is_last = not part.position or decode(part.position).is_done
            found = [] if is_last else [*found, part]
        return found

    def is_again(self, row: Row) -> bool:
        """Whether a row was landed by a reading that did not come to its end, and now comes again.

        That is asked where there is no cursor but a state, with which the reading begins again.
        """
        if not self.has_unfinished:
            return False
        if self._seen is None:
            rows = (row for part in self._unfinished() for row in self._rows(part, None))
            self._seen = Counter(identity(row) for row in rows)
        same = identity(json.loads(line_of(row)))
        if not self._seen[same]:
            return False
        self._seen[same] -= 1
        return True

    def note(self, low: Value, high: Value) -> None:
        """Count the values of rows that are kept."""
        known: list[Any] = [low] if self._low is None else [self._low, low]
        self._low = min(known)
        self._high = larger((self._high, high))

    def may_repeat(self, low: Value) -> bool:
        """Whether a row with that value, or one above, may have come before."""
        top: Any = self.start.value
        return top is not None and low <= top

    def judged(self, found: object) -> Value:
        """A cursor value, or the error that says what is wrong with it."""
        plain: Any = found
        if type(found).__module__ == "numpy" and hasattr(found, "item"):
            plain = found.item()
        if isinstance(plain, datetime) and type(plain) is not datetime and plain == plain:  # noqa: PLR0124 (a missing time of pandas differs from itself)
            # Another library's time may be finer than what a position keeps.
            plain = datetime.fromisoformat(plain.isoformat())
        kind = kind_of(plain)
        if kind is None:
            self._refuse_value(plain)
        if self._kind is not None and kind != self._kind:
            self._refuse_kind(kind)
        self._kind = kind
        return plain  # type: ignore[no-any-return]  # it is of a kind

    def close_piece(self, state: dict[str, Any] | None) -> Position:
        """Position of the rows since the last piece.

        Raises:
            TaskFailed: (SRC067) rows come in order, as declared, and these do not.
        """
        low: Any = self._low
        if self._task.is_ordered and self._pieces and low is not None and low < self._value:
            self._refuse_order()
        self._value = larger((self._value, self._high))
        self._last_high, self._low, self._high = self._high, None, None
        self._pieces += 1
        return Position(
            value=self._value,
            since=self.since,
            is_done=False,
            high=self._last_high,
            state=state,
        )

    def end(self, state: dict[str, Any] | None) -> Position:
        """Position of the last piece, now that there is nothing more."""
        return Position(
            value=self._value, since=self.since, is_done=True, high=self._last_high, state=state
        )

    def _is_repeat(self, value: Value, row: Row) -> bool:
        if not self.may_repeat(value):
            return False
        if self._seen is None:
            self._seen, self._floor = Counter(), self.since
            self._seen.update(self._landed(self.since, None))
        below: Any = self._floor
        if below is not None and value < below:
            self._seen.update(self._landed(None, below))
            self._floor = None
        same = self._identity(json.loads(line_of(row)))
        if not self._seen[same]:
            return False
        self._seen[same] -= 1
        return True

    def _landed(self, low: Value | None, below: Value | None) -> Iterator[bytes]:
        """Identities of landed rows from a value on, or below one."""
        bounds: tuple[Any, Any] = (low, below)
        for part in self._task.known:
            high: Any = decode(part.position).high
            if bounds[0] is not None and high is not None and high < bounds[0]:
                continue
            for row in self._rows(part, low):
                value: Any = landed_value(self._kind or "", value_at(row, self._task.cursor))
                if value is None or (bounds[0] is not None and value < bounds[0]):
                    continue
                if bounds[1] is None or value < bounds[1]:
                    yield self._identity(row)

    def _rows(self, part: KnownPart, low: Value | None) -> Iterator[Row]:
        if part.form == "parquet":
            for found in self._read_columns(part, self._task.cursor, low):
                yield json.loads(line_of(found))
            return
        with part.path.open("rb") as lines:
            for line in lines:
                yield json.loads(line)

    def _identity(self, row: Row) -> bytes:
        """The key with the cursor, where rows are added and have one; else all of the row."""
        task = self._task
        if not task.key or task.mode == "merge":
            return identity(row)
        named = {name.casefold(): value for name, value in row.items()}
        values: Sequence[object] = [named.get(name.casefold()) for name in task.key]
        return identity({"key": values, "cursor": value_at(row, task.cursor)})

    def _refuse_value(self, found: object) -> NoReturn:
        shown = "no value" if found is None else f"a value of type `{type(found).__name__}`"
        raise self._failed(
            "SRC061",
            f"`{self._task.function}` yielded a row with {shown} in its cursor `{self._task.cursor}`",
            "rows are told apart from those that came before by the cursor: a number that is not NaN, "
            "a text, a date or a time",
            "leave such rows out, give them a value, or choose another cursor",
        )

    def _refuse_kind(self, kind: str) -> NoReturn:
        raise self._failed(
            "SRC062",
            f"the cursor `{self._task.cursor}` of `{self._task.function}` was a {self._kind} and is "
            f"now a {kind}",
            "values of two kinds have no order, so it would be unknown what was read already",
            "yield it as before; or change `system` of the source, which reads everything anew",
        )

    def _refuse_order(self) -> NoReturn:
        raise self._failed(
            "SRC067",
            f"`{self._task.function}` yielded rows below its cursor `{self._task.cursor}`",
            "`ordered=True` says that they come in order; after an interruption those that are out of "
            "order would be left out",
            "yield in order of the cursor, or take `ordered` out",
        )

    def _failed(self, code: str, what: str, why: str, fix: str) -> TaskFailed:
        where = Where(path=self._task.path)
        return TaskFailed(Problem(code=code, what=what, why=why, fix=fix, where=where))
