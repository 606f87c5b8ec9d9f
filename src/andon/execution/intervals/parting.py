"""Parting: which inputs of an incremental asset are read interval by interval, and which whole."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from andon.catalog.records import Snapshot
from andon.execution.intervals.proofs import proved_slices
from andon.execution.line import Line
from andon.schema import Schema
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.slicing import Slicing
from andon.sql.sliced import Unproved

MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE")
"""Types of columns that tell an interval."""


class Parting(Struct, frozen=True, kw_only=True):
    """How the inputs of an asset are read.

    Attributes:
        sliced: input and the column that tells the interval of its rows.
        whole: inputs that every interval reads whole.
        is_vouched: whether the author says so where it could not be proved.
    """

    sliced: tuple[tuple[str, str], ...]
    whole: tuple[str, ...]
    is_vouched: bool = False


def parting_of(
    line: Line, asset: AssetSpec, slicing: Slicing, inputs: Mapping[str, Snapshot]
) -> Parting | str:
    """How an asset's inputs are parted, or why it has to be built in full, in words.

    What the author declares is taken; of a query without such words it is found, where it can be
    proved that running it interval by interval gives what running it on everything does.
    """
    if slicing.inputs or not isinstance(asset.body, SqlBody):
        return _declared(slicing, inputs)
    found = proved_slices(line, asset, asset.body, slicing, inputs)
    if isinstance(found, Unproved):
        return found.reason + (f" (line {found.line})" if found.line else "")
    return Parting(
        sliced=tuple(
            (one.name, _spelled(inputs[one.name].schema, one.columns[0])) for one in found.inputs
        ),
        whole=found.whole,
    )


def _spelled(schema: Schema, name: str) -> str:
    """A column as the input spells it."""
    return next(c.name for c in schema.columns if c.name.casefold() == name.casefold())


def _declared(slicing: Slicing, inputs: Mapping[str, Snapshot]) -> Parting | str:
    """What the author vouches for."""
    for name, column in slicing.inputs:
        if name not in inputs:
            return f"`interval` parts `{name}`, which it does not read"
        found = inputs[name].schema.column(column)
        if found is None:
            return f"`interval` parts `{name}` by `{column}`, a column it does not have"
        if found.type not in MOMENTS:
            return f"`interval` parts `{name}` by `{column}`, which is a {found.type} and no moment"
    parted = {name for name, _ in slicing.inputs}
    return Parting(
        sliced=slicing.inputs,
        whole=tuple(name for name in inputs if name not in parted),
        is_vouched=True,
    )
