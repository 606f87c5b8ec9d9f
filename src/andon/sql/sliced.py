"""What is known of how a query comes apart; plain records that can be kept."""

from __future__ import annotations

from msgspec import Struct


class SlicedInput(Struct, frozen=True, kw_only=True):
    """An input of which a slice reads its own rows only.

    Attributes:
        name: as in `SqlBody.reads`.
        columns: its own columns that tell the slice of a row, in the order of the declaration;
            without any, its rows may be parted anyhow.
    """

    name: str
    columns: tuple[str, ...] = ()


class Sliced(Struct, frozen=True, kw_only=True, tag=True):
    """The query may be built slice by slice.

    Attributes:
        inputs: those that are read by slices, at least one.
        whole: those that every slice reads whole.
    """

    inputs: tuple[SlicedInput, ...]
    whole: tuple[str, ...] = ()


class Unproved(Struct, frozen=True, kw_only=True, tag=True):
    """It is not known that the query may be built slice by slice.

    Attributes:
        reason: in plain words, naming the construct.
        line: of the file, from 1, where that is known.
    """

    reason: str
    line: int | None = None
