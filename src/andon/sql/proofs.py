"""What a query proves of its rows, so that no check of that needs to look at them.

Only what holds for every input is a proof: a name that may mean two things, an expression that is
not known to give one value a row, a clause that is not listed, and there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from andon.sql.body import Proof
from andon.sql.relations import known

if TYPE_CHECKING:
    from sqlglot import exp


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
