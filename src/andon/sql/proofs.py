"""What a query proves of its rows, so that no check of that needs to look at them.

Only what holds for every input is a proof: a name that may mean two things, an expression that is
not known to give one value a row, a clause that is not listed, and there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from andon.sql.body import SqlBody
from andon.sql.parse import parse
from andon.sql.relations import known

if TYPE_CHECKING:
    from sqlglot import exp


class Proof(Struct, frozen=True, kw_only=True):
    """Something that holds for the rows of a query whatever its inputs hold.

    Attributes:
        kind: ``unique``: no two rows have the same values in all `columns`, nulls taken for equal;
            ``not_null``: the one column of `columns` is never null.
        columns: lower-case names of columns of the result.
        why: what in the query makes it so, in words.
    """

    kind: Literal["unique", "not_null"]
    columns: tuple[str, ...]
    why: str


def proofs_of(body: SqlBody) -> tuple[Proof, ...]:
    """Proofs of the query of an asset; of one that only the engine understands there are none."""
    if body.is_opaque:
        return ()
    (tree,) = parse(body.text[body.start :])
    return proofs(tree)


def proofs(tree: exp.Expr) -> tuple[Proof, ...]:
    """Proofs of a parsed query, keys first.

    They suppose that the functions it names are the engine's: a macro may be anything.
    """
    rows = known(tree)
    unique = (
        Proof(kind="unique", columns=tuple(sorted(key.columns)), why=key.why) for key in rows.keys
    )
    present = (Proof(kind="not_null", columns=(name,), why=why) for name, why in rows.filled)
    return tuple(dict.fromkeys((*unique, *present)))
