"""What is known of the rows of an input."""

from __future__ import annotations

from collections.abc import Mapping

from andon.schema import Schema
from andon.sql.fold import folded
from andon.sql.slicing.cut import Cut
from andon.sql.slicing.rows import Column, Marks, Root, Rows
from andon.sql.slicing.values import base_value


def input_rows(name: str, cut: Cut, columns_of: Mapping[str, Schema]) -> Rows:
    """Rows of an input: parted, if the cut says so."""
    schema = columns_of.get(name)
    columns: tuple[Column, ...] = ()
    if schema is not None:
        columns = tuple(_column(name, one.name, one.type, cut) for one in schema.columns)
    rows = Rows(columns=columns, is_open=schema is None)
    if name not in cut.inputs:
        return rows
    places = {one.name: at for at, one in enumerate(columns)}
    told = [frozenset({places[folded(one)]}) for one in cut.inputs[name]]
    marks = tuple(Marks(covers=frozenset({one}), halves=one) for one in told)
    return Rows(columns=columns, is_open=schema is None, is_parted=True, marks=marks)


def _column(table: str, name: str, type_: str, cut: Cut) -> Column:
    followed, note = base_value(table, name, type_, cut)
    roots = frozenset({(table, folded(name))}) if followed else frozenset[Root]()
    return Column(name=folded(name), type=followed, roots=roots, note=note)
