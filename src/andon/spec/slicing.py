"""How an incremental asset is parted, as declared."""

from __future__ import annotations

from msgspec import Struct

from andon.intervals import Every


class Slicing(Struct, frozen=True, kw_only=True):
    """An asset that is kept interval by interval.

    Attributes:
        column: output column that says which interval a row belongs to.
        every: length of an interval.
        lookback: how many intervals before its own each one reads.
        inputs: input -> column by which it is parted, where the author vouches for that; of SQL it is
            found, if it can be proved.
    """

    column: str
    every: Every
    lookback: int = 0
    inputs: tuple[tuple[str, str], ...] = ()
