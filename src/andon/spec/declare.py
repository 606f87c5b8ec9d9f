"""What a Python file writes: the decorator ``asset`` and the check functions.

The check functions are also what YAML declarations are built with, so that one
check has one record however it was written. They raise `ProjectInvalid` without
a place; who reads a file adds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from andon.names import is_asset_name
from andon.spec.check import (
    Accepted,
    Check,
    Expect,
    Freshness,
    Literal_,
    NotNull,
    Pattern,
    Range,
    Reconcile,
    Relationship,
    RowCount,
    SqlCheck,
    Unique,
)
from andon.spec.options import (
    judge_bounds,
    kept_first_by,
    names_of,
    on_fail_of,
    share_of,
    slack_of,
    target_of,
    wrong,
    wrong_quantity,
)
from andon.spec.quantity import seconds_of

F = TypeVar("F", bound=Callable[..., object])
Checks = Check | tuple[Check, ...]
AMOUNT = int | str
ATTRIBUTE = "__andon_asset__"


class Declaration(Struct, frozen=True, kw_only=True):
    """What ``@asset`` or ``@source`` was given, as given; for tools that import a project's function."""

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
    interval: Mapping[str, object] | None = None,
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
        materialize: ``table``, or ``incremental``: only missing or changed intervals are run.
        interval: for those ``{"column": "day", "every": "day", "inputs": {"staging.orders":
            "ordered_at"}}``: column of the result, length, and the columns by which inputs are
            parted; ``lookback`` is the number of intervals before its own that each one reads.
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
        "interval": interval,
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
    wanted, slack = on_fail_of("not_null", on_fail), slack_of(tolerance)
    return tuple(
        NotNull(column=column, on_fail=wanted, tolerance=slack, name=name)
        for column in names_of("not_null", columns)
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
        columns=names_of("unique", columns),
        keep_first_by=kept_first_by(keep),
        on_fail=on_fail_of("unique", on_fail),
        tolerance=slack_of(tolerance),
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
        raise wrong("accepted", "takes a list of at least one plain value", "write `[a, b]`")
    return Accepted(
        column=names_of("accepted", (column,))[0],
        values=kept,
        on_fail=on_fail_of("accepted", on_fail),
        tolerance=slack_of(tolerance),
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
    judge_bounds("range", min, max)
    return Range(
        column=names_of("range", (column,))[0],
        min=min,
        max=max,
        on_fail=on_fail_of("range", on_fail),
        tolerance=slack_of(tolerance),
        name=name,
    )


def pattern(
    column: str, regex: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = ""
) -> Check:
    """Every non-null value matches the regular expression in full (RE2 syntax)."""
    if not isinstance(regex, str) or not regex:
        raise wrong("pattern", "takes a regular expression as text", "quote the expression")
    return Pattern(
        column=names_of("pattern", (column,))[0],
        regex=regex,
        on_fail=on_fail_of("pattern", on_fail),
        tolerance=slack_of(tolerance),
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
    own = names_of("relationship", (columns,) if isinstance(columns, str) else columns)
    target, theirs = (to, tuple(keys)) if keys else target_of(to)
    if not is_asset_name(target):
        fix = "write `schema.table.column`, or `columns`, `to: schema.table` and `keys`"
        raise wrong(
            "relationship", f"has the target `{to}`, which names no column of an asset", fix
        )
    if len(own) != len(theirs):
        raise wrong(
            "relationship",
            f"compares {len(own)} columns with {len(theirs)} keys",
            "give as many `keys` as `columns`",
        )
    return Relationship(
        columns=own,
        to_asset=target,
        to_columns=names_of("relationship", theirs),
        on_fail=on_fail_of("relationship", on_fail),
        tolerance=slack_of(tolerance),
        name=name,
    )


def expect(
    condition: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = ""
) -> Check:
    """A SQL condition that holds for every row; null passes."""
    if not isinstance(condition, str) or not condition.strip():
        raise wrong("expect", "takes a SQL condition as text", "write `expect: amount >= 0`")
    return Expect(
        condition=condition.strip(),
        on_fail=on_fail_of("expect", on_fail),
        tolerance=slack_of(tolerance),
        name=name,
    )


def reconcile(
    to: str,
    key: str | Sequence[str] = (),
    *,
    completeness: AMOUNT = "100%",
    duplicates: AMOUNT = "0%",
    consistency: AMOUNT = "100%",
    on_fail: str = "stop",
    name: str = "",
) -> Check:
    """What came in at another asset came out here.

    Args:
        to: the asset of the step before.
        key: columns of the key, alike in both; without them only rows are compared.
        completeness: least rows here as a share of the rows there.
        duplicates: largest share of rows here whose key stands here already.
        consistency: least share of the keys there that stand here too.
    """
    if not is_asset_name(to):
        raise wrong("reconcile", f"names `{to}`, which is no asset", "write `schema.table`")
    columns = (key,) if isinstance(key, str) else tuple(key)
    return Reconcile(
        to_asset=to,
        key=names_of("reconcile", columns) if columns else (),
        on_fail=on_fail_of("reconcile", on_fail),
        name=name,
        completeness=share_of("reconcile", "completeness", completeness),
        duplicates=share_of("reconcile", "duplicates", duplicates),
        consistency=share_of("reconcile", "consistency", consistency),
    )


def row_count(
    min: int | None = None, max: int | None = None, *, on_fail: str = "stop", name: str = ""
) -> Check:
    """Number of rows between `min` and `max`, both included, one may be left out."""
    judge_bounds("row_count", min, max)
    for bound in (min, max):
        if bound is not None and (
            not isinstance(bound, int) or isinstance(bound, bool) or bound < 0
        ):
            raise wrong("row_count", f"has the bound `{bound}`", "use whole numbers from 0")
    return RowCount(min=min, max=max, on_fail=on_fail_of("row_count", on_fail), name=name)


def freshness(column: str, max_age: str, *, on_fail: str = "stop", name: str = "") -> Check:
    """The newest value is at most `max_age` (``2 days``) before the run's logical time."""
    try:
        max_age_s = seconds_of(max_age)
    except ValueError as error:
        raise wrong_quantity(error) from error
    return Freshness(
        column=names_of("freshness", (column,))[0],
        max_age_s=max_age_s,
        on_fail=on_fail_of("freshness", on_fail),
        name=name,
    )


def sql_file(path: str, *, on_fail: str = "stop", tolerance: AMOUNT = 0, name: str = "") -> Check:
    """A query in a file of the project; every row it returns is a bad row.

    Its text and what it reads are filled in when the project is loaded.
    """
    if not isinstance(path, str) or not path.endswith(".sql"):
        raise wrong("sql", "takes the path of a .sql file", "write `sql: checks/name.sql`")
    return SqlCheck(
        path=path,
        sql="",
        reads=(),
        on_fail=on_fail_of("sql", on_fail),
        tolerance=slack_of(tolerance),
        name=name,
    )
