"""How an incremental asset is parted, as declared."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.intervals import Every

Strategy = Literal["append", "merge", "delete+insert"]


class Slicing(Struct, frozen=True, kw_only=True, tag=True):
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


class Keying(Struct, frozen=True, kw_only=True, tag=True):
    """An asset of which only rows of changed keys, or of new input rows, are made again.

    Attributes:
        strategy: ``merge``: of each key there is one row; rows of changed keys are replaced.
            ``delete+insert``: the same where a key has many rows. ``append``: rows of new input
            rows are added.
        key: columns of the result; none for append.
    """

    strategy: Strategy
    key: tuple[str, ...] = ()
