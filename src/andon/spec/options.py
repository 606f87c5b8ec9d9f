"""Options of checks, judged where they are declared.

What is wrong raises `ProjectInvalid` without a place; who reads a file adds the place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from andon.errors import Problem, ProjectInvalid
from andon.names import did_you_mean
from andon.spec.check import NO_TOLERANCE, OnFail, Tolerance
from andon.spec.quantity import tolerance_of


def names_of(kind: str, columns: Iterable[object]) -> tuple[str, ...]:
    """Names of columns, at least one and none twice."""
    names = tuple(columns)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise wrong(kind, "needs names of columns", f"write `{kind}: column`")
    if len(set(names)) < len(names):
        raise wrong(kind, "names a column twice", "name each column once")
    return tuple(str(name) for name in names)


def on_fail_of(kind: str, value: object) -> OnFail:
    """What happens when a check fails; what it cannot do is refused (PRJ013)."""
    known = get_args(OnFail)
    if value not in known:
        fix = did_you_mean(str(value), known, "write `stop`, `quarantine` or `warn`")
        raise wrong(kind, f"has `on_fail: {value}`", fix)
    if value == "quarantine" and kind in ("row_count", "reconcile", "freshness", "sql"):
        raise ProjectInvalid(
            Problem(
                code="PRJ013",
                what=f"check `{kind}` cannot quarantine",
                why="it judges the table as a whole, so there is no single row to set aside",
                fix="use `on_fail: stop` or `on_fail: warn`",
            )
        )
    return value  # type: ignore[return-value]  # membership in the closed set was tested above


def slack_of(value: object) -> Tolerance:
    """The tolerance of a check: a number of rows, or a share such as `1%`."""
    try:
        found = tolerance_of(value)
    except ValueError as error:
        raise wrong_quantity(error) from error
    return NO_TOLERANCE if found.rows == 0 else found


def share_of(kind: str, word: str, value: object) -> float:
    """A share such as ``99.9%``, as a number from 0 to 1."""
    try:
        found = tolerance_of(value)
    except ValueError as error:
        raise wrong_quantity(error) from error
    if found.share is None:
        raise wrong(kind, f"has `{word}: {value}`, a number of rows", f"write `{word}: 99.9%`")
    return found.share


def kept_first_by(text: str | None) -> tuple[str, ...]:
    """Terms of ``first by column desc``, by which one of several equal rows is kept."""
    if text is None:
        return ()
    words = text.split(None, 2) if isinstance(text, str) else []
    terms = tuple(" ".join(t.split()) for t in words[2].split(",")) if len(words) == 3 else ()
    if [word.lower() for word in words[:2]] != ["first", "by"] or not all(map(_is_order, terms)):
        raise wrong(
            "unique",
            f"has `keep: {text}`",
            "write `keep: first by column` or `first by column desc`",
        )
    return terms


def _is_order(term: str) -> bool:
    words = term.split()
    return len(words) == 1 or (len(words) == 2 and words[1].lower() in ("asc", "desc"))


def judge_bounds(kind: str, low: object, high: object) -> None:
    """Refuse bounds that no value could lie between, or of two types."""
    if low is None and high is None:
        raise wrong(kind, "has neither `min` nor `max`", "give one of them or both")
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    texts = isinstance(low, str) and isinstance(high, str)
    if low is not None and high is not None and not numbers and not texts:
        raise wrong(kind, "has bounds of two different types", "give both as numbers or as text")
    if numbers and low > high:  # type: ignore[operator]  # both are numbers here
        raise wrong(kind, f"has `min` {low} above `max` {high}", "swap the bounds")


def target_of(to: object) -> tuple[str, tuple[str, ...]]:
    """Asset and column of ``schema.table.column``."""
    target, _, column = str(to).rpartition(".")
    return target, (column,)


def wrong(kind: str, what: str, fix: str) -> ProjectInvalid:
    """A check that is not declared as it must be (PRJ029)."""
    return ProjectInvalid(
        Problem(
            code="PRJ029",
            what=f"check `{kind}` {what}",
            why="a check that is not understood cannot be judged, so nothing it guards is published",
            fix=fix,
        )
    )


def wrong_quantity(error: ValueError) -> ProjectInvalid:
    """A quantity that cannot be read (PRJ006)."""
    return ProjectInvalid(
        Problem(
            code="PRJ006",
            what=str(error),
            why="quantities carry their unit, so that nobody has to guess it",
            fix="write a number and a unit",
        )
    )
