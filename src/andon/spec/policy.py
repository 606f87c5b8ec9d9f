"""What becomes of deliveries that do not keep to the declared columns of a raw table."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Word = Literal["evolve", "freeze", "discard-row", "discard-value"]
"""evolve: taken in. freeze: the delivery is refused whole. discard-row: the row is set aside.
discard-value: the value is left out, null where its column stays."""

WORDS: Final[tuple[Word, ...]] = ("evolve", "freeze", "discard-row", "discard-value")
WHOLE_WORDS: Final[tuple[Word, ...]] = ("evolve", "freeze")
"""What can be said of a column that a delivery lacks: no row of it differs from another."""


class SchemaPolicy(Struct, frozen=True, kw_only=True):
    """What is done with what was not declared.

    Attributes:
        columns: with columns, and fields within columns, that are not declared.
        types: with values that do not fit their declared type.
        missing: with a delivery that lacks a required column: ``evolve`` or ``freeze``.
    """

    columns: Word = "evolve"
    types: Word = "evolve"
    missing: Word = "evolve"

    @property
    def is_open(self) -> bool:
        """Whether everything is taken in."""
        return self == SchemaPolicy()


OPEN: Final = SchemaPolicy()


class ColumnRule(Struct, frozen=True, kw_only=True):
    """What is declared about one column.

    Attributes:
        type: declared type; empty is found.
        required: whether every delivery must have the column; None was not said.
        word: what is done with values that do not fit; empty is as for the table.
    """

    name: str
    type: str = ""
    required: bool | None = None
    word: Word | Literal[""] = ""


class Accepted(Struct, frozen=True, kw_only=True):
    """The columns that a raw table may have.

    Attributes:
        columns: of those with a declared type, the type by name.
        names: all of them, in order; required: those that every delivery must have.
        words: policies of single columns.
    """

    columns: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    words: tuple[tuple[str, Word], ...] = ()


def accept(promised: tuple[ColumnRule, ...], written: tuple[ColumnRule, ...]) -> Accepted:
    """The accepted columns: those of a contract in its order, as far as nothing else is written.

    What is written without a contract is required unless it says otherwise; of a contract only what
    it calls required.
    """
    found: dict[str, ColumnRule] = {rule.name.casefold(): rule for rule in promised}
    for rule in written:
        known = found.get(rule.name.casefold())
        if known is None:
            required = rule.required is not False
            found[rule.name.casefold()] = ColumnRule(
                name=rule.name, type=rule.type, required=required, word=rule.word
            )
        else:
            found[rule.name.casefold()] = ColumnRule(
                name=known.name,
                type=rule.type or known.type,
                required=known.required if rule.required is None else rule.required,
                word=rule.word,
            )
    rules = found.values()
    return Accepted(
        columns=tuple((rule.name, rule.type) for rule in rules if rule.type),
        names=tuple(rule.name for rule in rules),
        required=tuple(rule.name for rule in rules if rule.required),
        words=tuple((rule.name, rule.word) for rule in rules if rule.word),
    )
