"""What a Python file writes: the ``asset`` decorator and the check functions.

The check functions are also what YAML declarations are built with, so that one
check has one record however it was written. They raise `ProjectInvalid` without
a place; who reads a file adds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args

from andon.errors import Problem, ProjectInvalid
from andon.names import did_you_mean, is_asset_name
from andon.spec.check import (
    NO_TOLERANCE,
    Accepted,
    Check,
    Expect,
    Freshness,
    Literal_,
    NotNull,
    OnFail,
    Pattern,
    Range,
    Relationship,
    RowCount,
    SqlCheck,
    Tolerance,
    Unique,
)
from andon.spec.quantity import seconds_of, tolerance_of

F = TypeVar("F", bound=Callable[..., object])
Checks = Check | tuple[Check, ...]
AMOUNT = int | str
ATTRIBUTE = "__andon_asset__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What ``@asset`` was given, as given; for tools that import a project's function."""

    options: tuple[tuple[str, object], ...]


def asset(
    *,
    inputs: Mapping[str, str] | None = None,
    key: str | Sequence[str] = (),
    checks: Sequence[Checks] = (),
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
    materialize: str = "table",
    columns: Mapping[str, object] | None = None,
    limit: AMOUNT | None = None,
    together: str | Sequence[str] = (),
    every: str | None = None,
    retries: int | None = None,
    timeout: str | None = None,
    memory: str | None = None,
    files: str | Sequence[str] = (),
    parameters: Sequence[str] = (),
) -> Callable[[F], F]:
    """Declare the function below as an asset; it stays the plain function it was.

    Andon reads the declaration from the file's text and never imports it to plan, so each
    argument is a literal, the name of a constant of the module, or a call of a check function.

    Args:
        inputs: argument of the function -> asset it receives.
        files: project files the code reads, relative to the project.
        parameters: parameters of ``andon.toml`` it takes as arguments.
        timeout: longest run time (``10 min``); memory: of its worker (``2GB``).
    """
    given = {
        "inputs": inputs,
        "key": key,
        "checks": checks,
        "description": description,
        "owner": owner,
        "tags": tags,
        "materialize": materialize,
        "columns": columns,
        "limit": limit,
        "together": together,
        "every": every,
        "retries": retries,
        "timeout": timeout,
        "memory": memory,
        "files": files,
        "parameters": parameters,
    }

    def declare(function: F) -> F:
        setattr(function, ATTRIBUTE, Declaration(options=tuple(given.items())))
        return function

    return declare


def not_null(
    *columns: str, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = ""
) -> tuple[Check, ...]:
    """No null in any of the columns: one check per column."""
    wanted, slack = _on_fail("not_null", on_fail), _tolerance(tolerance)
    return tuple(
        NotNull(column=column, on_fail=wanted, tolerance=slack, name=name)
        for column in _names("not_null", columns)
    )


def unique(
    *columns: str,
    keep: str | None = None,
    on_fail: str = "stop",
    tolerance: AMOUNT = 0,
    name: str = "",
) -> Check:
    """No two rows share these columns; ``keep="first by ts desc"`` keeps one row when quarantined."""
    return Unique(
        columns=_names("unique", columns),
        keep_first_by=_keep(keep),
        on_fail=_on_fail("unique", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def accepted(
    column: str,
    values: Iterable[Literal_],
    *,
    on_fail: str = "stop",
    tolerance: AMOUNT = 0,
    name: str = "",
) -> Check:
    """Every non-null value is one of `values`."""
    kept = tuple(values) if not isinstance(values, str) else ()
    if not kept or not all(isinstance(value, Literal_) for value in kept):
        raise _wrong("accepted", "takes a list of at least one plain value", "write `[a, b]`")
    return Accepted(
        column=_names("accepted", (column,))[0],
        values=kept,
        on_fail=_on_fail("accepted", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def in_range(
    column: str,
    min: Literal_ = None,
    max: Literal_ = None,
    *,
    on_fail: str = "stop",
    tolerance: AMOUNT = 0,
    name: str = "",
) -> Check:
    """Every non-null value lies between `min` and `max`, both included, one may be left out."""
    _bounds("range", min, max)
    return Range(
        column=_names("range", (column,))[0],
        min=min,
        max=max,
        on_fail=_on_fail("range", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def pattern(
    column: str, regex: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = ""
) -> Check:
    """Every non-null value matches the regular expression in full (RE2 syntax)."""
    if not isinstance(regex, str) or not regex:
        raise _wrong("pattern", "takes a regular expression as text", "quote the expression")
    return Pattern(
        column=_names("pattern", (column,))[0],
        regex=regex,
        on_fail=_on_fail("pattern", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def relationship(
    columns: str | Sequence[str],
    to: str,
    *,
    keys: Sequence[str] = (),
    on_fail: str = "stop",
    tolerance: AMOUNT = 0,
    name: str = "",
) -> Check:
    """Every non-null value stands in another asset.

    Args:
        to: ``schema.table.column``; with `keys`, ``schema.table``.
        keys: columns of the other asset, for several columns at once.
    """
    own = _names("relationship", (columns,) if isinstance(columns, str) else columns)
    target, theirs = (to, tuple(keys)) if keys else _split_target(to)
    if not is_asset_name(target):
        fix = "write `schema.table.column`, or `columns`, `to: schema.table` and `keys`"
        raise _wrong(
            "relationship", f"has the target `{to}`, which names no column of an asset", fix
        )
    if len(own) != len(theirs):
        raise _wrong(
            "relationship",
            f"compares {len(own)} columns with {len(theirs)} keys",
            "give as many `keys` as `columns`",
        )
    return Relationship(
        columns=own,
        to_asset=target,
        to_columns=_names("relationship", theirs),
        on_fail=_on_fail("relationship", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def expect(
    condition: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = ""
) -> Check:
    """A SQL condition that holds for every row; null passes."""
    if not isinstance(condition, str) or not condition.strip():
        raise _wrong("expect", "takes a SQL condition as text", "write `expect: amount >= 0`")
    return Expect(
        condition=condition.strip(),
        on_fail=_on_fail("expect", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def row_count(
    min: int | None = None, max: int | None = None, *, on_fail: str = "stop", name: str = ""
) -> Check:
    """Number of rows between `min` and `max`, both included, one may be left out."""
    _bounds("row_count", min, max)
    for bound in (min, max):
        if bound is not None and (
            not isinstance(bound, int) or isinstance(bound, bool) or bound < 0
        ):
            raise _wrong("row_count", f"has the bound `{bound}`", "use whole numbers from 0")
    return RowCount(min=min, max=max, on_fail=_on_fail("row_count", on_fail), name=name)


def freshness(column: str, max_age: str, *, on_fail: str = "stop", name: str = "") -> Check:
    """The newest value is at most `max_age` (``2 days``) before the run's logical time."""
    try:
        max_age_s = seconds_of(max_age)
    except ValueError as error:
        raise _quantity(error) from error
    return Freshness(
        column=_names("freshness", (column,))[0],
        max_age_s=max_age_s,
        on_fail=_on_fail("freshness", on_fail),
        name=name,
    )


def sql_file(path: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = "") -> Check:
    """A query in a file of the project; every row it returns is a bad row.

    Its text and what it reads are filled in when the project is loaded.
    """
    if not isinstance(path, str) or not path.endswith(".sql"):
        raise _wrong("sql", "takes the path of a .sql file", "write `sql: checks/name.sql`")
    return SqlCheck(
        path=path,
        sql="",
        reads=(),
        on_fail=_on_fail("sql", on_fail),
        tolerance=_tolerance(tolerance),
        name=name,
    )


def _names(kind: str, columns: Iterable[object]) -> tuple[str, ...]:
    names = tuple(columns)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise _wrong(kind, "needs names of columns", f"write `{kind}: column`")
    if len(set(names)) < len(names):
        raise _wrong(kind, "names a column twice", "name each column once")
    return tuple(str(name) for name in names)


def _on_fail(kind: str, value: object) -> OnFail:
    known = get_args(OnFail)
    if value not in known:
        fix = did_you_mean(str(value), known, "write `stop`, `quarantine` or `warn`")
        raise _wrong(kind, f"has `on_fail: {value}`", fix)
    if value == "quarantine" and kind in ("row_count", "freshness", "sql"):
        raise ProjectInvalid(
            Problem(
                code="PRJ013",
                what=f"check `{kind}` cannot quarantine",
                why="it judges the table as a whole, so there is no single row to set aside",
                fix="use `on_fail: stop` or `on_fail: warn`",
            )
        )
    return value  # type: ignore[return-value]  # membership in the closed set was tested above


def _tolerance(value: object) -> Tolerance:
    try:
        found = tolerance_of(value)
    except ValueError as error:
        raise _quantity(error) from error
    return NO_TOLERANCE if found.rows == 0 else found


def _keep(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    words = text.split(None, 2) if isinstance(text, str) else []
    terms = tuple(" ".join(t.split()) for t in words[2].split(",")) if len(words) == 3 else ()
    if [word.lower() for word in words[:2]] != ["first", "by"] or not all(map(_is_order, terms)):
        raise _wrong(
            "unique",
            f"has `keep: {text}`",
            "write `keep: first by column` or `first by column desc`",
        )
    return terms


def _is_order(term: str) -> bool:
    words = term.split()
    return len(words) == 1 or (len(words) == 2 and words[1].lower() in ("asc", "desc"))


def _bounds(kind: str, low: object, high: object) -> None:
    if low is None and high is None:
        raise _wrong(kind, "has neither `min` nor `max`", "give one of them or both")
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    texts = isinstance(low, str) and isinstance(high, str)
    if low is not None and high is not None and not numbers and not texts:
        raise _wrong(kind, "has bounds of two different types", "give both as numbers or as text")
    if numbers and low > high:  # type: ignore[operator]  # both are numbers here
        raise _wrong(kind, f"has `min` {low} above `max` {high}", "swap the bounds")


def _split_target(to: object) -> tuple[str, tuple[str, ...]]:
    target, _, column = str(to).rpartition(".")
    return target, (column,)


def _wrong(kind: str, what: str, fix: str) -> ProjectInvalid:
    return ProjectInvalid(
        Problem(
            code="PRJ029",
            what=f"check `{kind}` {what}",
            why="a check that is not understood cannot be judged, so nothing it guards is published",
            fix=fix,
        )
    )


def _quantity(error: ValueError) -> ProjectInvalid:
    return ProjectInvalid(
        Problem(
            code="PRJ006",
            what=str(error),
            why="quantities carry their unit, so that nobody has to guess it",
            fix="write a number and a unit",
        )
    )
