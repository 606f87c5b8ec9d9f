"""How the rows of the inputs are parted, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from andon.intervals import Every

if TYPE_CHECKING:
    from sqlglot import exp


class Cut(Struct, frozen=True, kw_only=True):
    """What parts the rows.

    Attributes:
        columns: lower-case names of columns of the result that tell the part of a row; without
            any, the rows of the inputs may be parted anyhow.
        every: length of an interval; None if equal values of the columns are a part.
        inputs: names of the inputs that are read part by part, each with its own columns that
            tell the part, in the order of `columns`.
    """

    columns: tuple[str, ...] = ()
    every: Every | None = None
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def part(self) -> str:
        """What one part is called."""
        return self.every or ("key" if self.columns else "row")

    @property
    def parts(self) -> str:
        """What several of them are called."""
        return f"{self.part}s"

    @property
    def rows(self) -> str:
        """Rows that must not be looked at together."""
        return f"rows of several {self.parts}" if self.columns else "several rows"

    @property
    def all_rows(self) -> str:
        """All rows, as a sentence names them."""
        return f"rows of all {self.parts}" if self.columns else "all rows"

    @property
    def by_parts(self) -> str:
        """How an input is read."""
        return f"by {self.parts}" if self.columns else "row by row"


class Refused(Exception):
    """A construct for which parts put together may not be the whole.

    Attributes:
        reason: in words, naming the construct.
        node: where it stands, if that is known.
    """

    def __init__(self, reason: str, node: exp.Expr | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


def quoted(names: Iterable[str]) -> str:
    """Names as they stand in a sentence.

    >>> quoted(["day", "shop"])
    '`day`, `shop`'
    """
    return ", ".join(f"`{name}`" for name in names)
