"""Keys of a select: those that it makes, and those that it passes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from andon.sql.conjuncts import equal_to_number
from andon.sql.grouping import group_key
from andon.sql.known import Key, Shown, Source, set_beside

if TYPE_CHECKING:
    from sqlglot import exp


def keys_of(select: exp.Expr, source: Source, list_: Shown) -> tuple[Key, ...]:
    """All keys, provided that no item makes rows of its own."""
    group = select.args.get("group")
    keys: list[Key] = []
    if group is not None:
        key = group_key(group, source, list_)
        keys += [key] if key else []
    else:
        keys += _passed(select, source, list_)
    keys += _numbered(select, source, list_)
    if select.args.get("distinct") is not None and list_.columns is not None:
        keys.append(all_of(list_.columns))
    return tuple(keys)


def _passed(select: exp.Expr, source: Source, list_: Shown) -> Iterator[Key]:
    """Keys of the one relation whose columns all come through."""
    if not source.rows.keys:
        return
    fixed = {
        column[0]
        for clause in ("where", "qualify")
        for column in _fixed(select, clause, source)
        if len(column) == 1
    }
    for key in source.rows.keys:
        is_fixed = key.number in fixed
        names = list_.outputs((name,) for name in key.columns if not is_fixed or name != key.number)
        if names is None:
            continue
        if is_fixed or not key.number:
            why = _each(key.columns - {key.number}) if is_fixed else key.why
            yield Key(columns=names, why=why)
        else:
            number = list_.name_of((key.number,)) or ""
            yield Key(columns=names, why=key.why, number=number)


def _numbered(select: exp.Expr, source: Source, list_: Shown) -> Iterator[Key]:
    """Keys that `row_number()` makes: as a column, or as a condition of QUALIFY."""
    fixed: set[str] = set()
    for left in equal_to_number(select, "qualify"):
        column = source.column(left)
        if len(column) == 1 and source.rows.has_no(column[0]):
            fixed.add(column[0])  # so it means the item of that name
        parts = _parts(left, source, list_)
        names = None if parts is None else list_.outputs(parts)
        if parts is not None and names is not None:
            yield Key(columns=names, why=_each(part[-1] for part in parts))
    for item in list_.items:
        parts = _parts(item.tree, source, list_)
        names = None if parts is None else list_.outputs(parts)
        if parts is None or names is None:
            continue
        if item.name in fixed:
            yield Key(columns=names, why=_each(part[-1] for part in parts))
        within = f" of each {', '.join(part[-1] for part in parts)}" if parts else ""
        why = f"{item.name} numbers the rows{within}"
        yield Key(columns=names | {item.name}, why=why, number=item.name)


def _parts(tree: exp.Expr, source: Source, list_: Shown) -> list[tuple[str, ...]] | None:
    """Columns within which `row_number()` counts; None if it is none, or not certain."""
    if type(tree).__name__ != "Window" or set_beside(tree, "this", "partition_by", "order", "over"):
        return None
    if type(tree.this).__name__ != "RowNumber" or set_beside(tree.this):
        return None
    parts = [source.column(one) for one in tree.args.get("partition_by") or ()]
    certain = all(part and not (len(part) == 1 and list_.meant(part[0])) for part in parts)
    return parts if certain else None


def _fixed(select: exp.Expr, clause: str, source: Source) -> Iterator[tuple[str, ...]]:
    """Columns that a condition holds at one whole number."""
    for left in equal_to_number(select, clause):
        column = source.column(left)
        if column:
            yield column


def _each(columns: Iterable[str]) -> str:
    """A row, and of what there is one only."""
    named = ", ".join(sorted(columns))
    return f"one row for each {named}" if named else "it is one row"


def all_of(columns: tuple[str, ...]) -> Key:
    """The key of rows of which no two are equal."""
    return Key(columns=frozenset(columns), why="its rows are distinct")
