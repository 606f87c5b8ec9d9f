"""Whether a SQL asset can be built slice by slice, and which inputs are then read by slices.

A query may be built so if it distributes over the slices: run once for each slice, with only the
rows of that slice of some inputs, its results put together are what it gives over everything.
Rows whose column is null are a slice as well. Only what is known to distribute is a proof; what is
not listed is refused with a reason.

A proof supposes that the session is as Andon fixes it, in UTC, that an input that is read whole is
the same for every slice, and that the query, where it leaves the engine a choice between rows, may
choose for each slice anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from andon.intervals import Every
from andon.schema import Schema
from andon.sql.body import SqlBody
from andon.sql.fold import folded
from andon.sql.parse import parse
from andon.sql.sliced import Sliced, SlicedInput, Unproved
from andon.sql.slicing.cut import Cut, Refused, quoted
from andon.sql.slicing.driving import driving_inputs
from andon.sql.slicing.joins import Wish
from andon.sql.slicing.rows import Column, Root, Rows
from andon.sql.slicing.walk import Walk
from andon.sql.slicing.whole import check_body, check_tree

if TYPE_CHECKING:
    from sqlglot import exp


def slices(
    body: SqlBody,
    column: str,
    every: Every,
    columns_of: Mapping[str, Schema],
    *,
    macros: Collection[str] = (),
) -> Sliced | Unproved:
    """Whether a query may be built interval by interval.

    Args:
        body: as read.
        column: the column of the result that tells the interval of a row; DATE or TIMESTAMP, with
            a time zone or without.
        every: length of an interval.
        columns_of: columns of the inputs, as far as they are known.
        macros: lower-case names of macros of the project.
    """
    return _proved(body, Cut(columns=(folded(column),), every=every), columns_of, macros)


def keyed(
    body: SqlBody,
    key: Sequence[str],
    columns_of: Mapping[str, Schema],
    *,
    macros: Collection[str] = (),
) -> Sliced | Unproved:
    """Whether a query may be built key by key: rows with equal values of `key` are a slice.

    Args:
        body, columns_of, macros: as for `slices`.
        key: columns of the result, at least one.
    """
    if not key:
        raise ValueError("a key has at least one column")
    return _proved(body, Cut(columns=tuple(map(folded, key))), columns_of, macros)


def row_wise(
    body: SqlBody,
    columns_of: Mapping[str, Schema],
    *,
    growing: Collection[str] = (),
    macros: Collection[str] = (),
) -> Sliced | Unproved:
    """Whether each row of the result comes from one row of one input.

    If so, what the query gives over new rows of that input alone may be appended to what it gave
    over the old ones, as long as the inputs that are read whole are the same.

    Args:
        body, columns_of, macros: as for `slices`.
        growing: the inputs that may have new rows; none to have them found.
    """
    try:
        tree = _checked(body, macros)
        found: Refused | None = None
        for chosen in [tuple(growing)] if growing else driving_inputs(tree):
            try:
                cut = Cut(inputs=dict.fromkeys(chosen, ()))
                rows = Walk(cut, columns_of).rows(tree)
            except Refused as refused:
                found = found or refused
                continue
            if rows.is_parted:
                return _sliced(cut, body)
        raise found or Refused("it reads no input of which each row gives rows of its own")
    except Refused as refused:
        return _unproved(refused, body)


def _checked(body: SqlBody, macros: Collection[str]) -> exp.Expr:
    check_body(body, macros)
    trees = parse(body.text[body.start :])
    if len(trees) != 1:
        raise Refused("it is not one query")
    check_tree(trees[0], body)
    return trees[0]


def _proved(
    body: SqlBody, cut: Cut, columns_of: Mapping[str, Schema], macros: Collection[str]
) -> Sliced | Unproved:
    try:
        tree = _checked(body, macros)
        columns = _outputs(Walk(cut, columns_of).rows(tree), cut)
        cut = replace(cut, inputs=_chosen([column.roots for column in columns], cut))
        wishes = _walked(tree, cut, columns_of)
        while (wider := _wider(tree, cut, columns_of, wishes)) is not None:
            cut, wishes = wider
        return _sliced(cut, body)
    except Refused as refused:
        return _unproved(refused, body)


def _outputs(rows: Rows, cut: Cut) -> list[Column]:
    """Columns of the result that tell the slice.

    Raises:
        Refused: if one is not there, or does not come from a column of an input.
    """
    found = []
    for name in cut.columns:
        column = next((one for one in rows.columns if one.name == name), None)
        if column is None:
            known = " that are known before it is run" if rows.is_open else ""
            raise Refused(f"`{name}` is not among the columns of the query{known}")
        if not column.roots:
            raise Refused(f"`{name}` cannot tell the {cut.part} of a row, as {column.note}")
        found.append(column)
    return found


def _chosen(roots: Sequence[Iterable[Root]], cut: Cut) -> dict[str, tuple[str, ...]]:
    """Inputs to be read by slices, if each of the columns comes from these columns of inputs.

    Raises:
        Refused: if they contradict each other.
    """
    found: list[dict[str, str]] = []
    for name, some in zip(cut.columns, roots, strict=True):
        own: dict[str, str] = {}
        for table, column in sorted(some):
            if own.setdefault(table, column) != column:
                raise Refused(
                    f"`{name}` comes from two columns of `{table}`:"
                    f" {quoted(sorted({own[table], column}))}"
                )
        found.append(own)
    tables = set(found[0])
    if any(set(own) != tables for own in found):
        raise Refused(f"{quoted(cut.columns)} do not come from one input")
    return {table: tuple(own[table] for own in found) for table in sorted(tables)}


def _walked(tree: exp.Expr, cut: Cut, columns_of: Mapping[str, Schema]) -> list[Wish]:
    """Walks over the query with the inputs of a cut; gives what else could be read by slices.

    Raises:
        Refused: if that is no proof.
    """
    walk = Walk(cut, columns_of)
    rows = walk.rows(tree)
    for name, mark in zip(cut.columns, rows.marks, strict=bool(rows.marks)):
        at = next(at for at, one in enumerate(rows.columns) if one.name == name)
        if not mark.tell(frozenset({at})):
            raise Refused(
                f"`{name}` may be null in rows of any {cut.part}, where a join finds none"
            )
    if not rows.is_parted:
        raise Refused("no input is read by slices")
    return walk.wishes


def _wider(
    tree: exp.Expr, cut: Cut, columns_of: Mapping[str, Schema], wishes: Iterable[Wish]
) -> tuple[Cut, list[Wish]] | None:
    """The cut with more inputs read by slices, if one of the wishes can be had."""
    for more in _granted(cut, wishes):
        wider = replace(cut, inputs={**cut.inputs, **more})
        try:
            return wider, _walked(tree, wider, columns_of)
        except Refused:
            continue
    return None


def _granted(cut: Cut, wishes: Iterable[Wish]) -> Iterator[dict[str, tuple[str, ...]]]:
    for wish in wishes:
        try:
            more = _chosen([value.roots for value in wish.values], cut)
        except Refused:
            continue
        if more and not set(more) & set(cut.inputs):
            yield more


def _sliced(cut: Cut, body: SqlBody) -> Sliced:
    return Sliced(
        inputs=tuple(
            SlicedInput(name=name, columns=cut.inputs[name])
            for name in body.reads
            if name in cut.inputs
        ),
        whole=tuple(name for name in body.reads if name not in cut.inputs),
    )


def _unproved(refused: Refused, body: SqlBody) -> Unproved:
    node, offset = refused.node, None
    while node is not None and offset is None:
        starts = [one.meta["start"] for one in node.walk() if "start" in one.meta]
        offset = min(starts, default=None)
        node = node.parent
    line = None
    if offset is not None:
        line = body.text.count("\n", 0, body.start + offset) + 1
    return Unproved(reason=refused.reason, line=line)
