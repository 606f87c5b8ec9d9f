"""Parting: which inputs of an incremental asset are read interval by interval, and which whole."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from andon.catalog.records import Snapshot
from andon.spec.slicing import Slicing

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


def parting_of(slicing: Slicing, inputs: Mapping[str, Snapshot]) -> Parting | str:
    """How an asset's inputs are parted, or why it has to be built in full, in words."""
    if slicing.inputs:
        return _declared(slicing, inputs)
    return "its `interval` does not say by which columns its inputs are parted"


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
