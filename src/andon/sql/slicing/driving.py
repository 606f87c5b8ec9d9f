"""Inputs from whose rows, one by one, the rows of a query may come."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from andon.sql.slicing.scope import Scope, input_name

if TYPE_CHECKING:
    from sqlglot import exp

_MANY: Final = 32
"""Choices that are tried."""

_DEEPEST: Final = 60


def driving_inputs(
    tree: exp.Expr, scope: Scope | None = None, depth: int = 0
) -> list[tuple[str, ...]]:
    """Choices of inputs, the likeliest first; none of them is known to be right."""
    scope = (scope or Scope()).below(tree)
    if depth > _DEEPEST:
        return []
    found: list[tuple[str, ...]] = []
    match type(tree).__name__:
        case "Select":
            first = tree.args.get("from_")
            joins = tree.args.get("joins") or []
            for one in (*([first] if first else []), *joins):
                found += driving_inputs(one.this, scope, depth + 1)
        case "Subquery" | "Lateral":
            found += driving_inputs(tree.this, scope, depth + 1)
        case "Union" | "Except" | "Intersect":
            sides = (driving_inputs(one, scope, depth + 1) for one in (tree.this, tree.expression))
            found += ((*one, *other) for one, other in product(*sides))
        case "Table":
            cte = scope.find(tree)
            name = input_name(tree)
            if cte is not None and not cte.is_recursive:
                found += driving_inputs(cte.tree.this, cte.scope, depth + 1)
            elif cte is None and name:
                found.append((name,))
        case _:
            return []
    for one in tree.args.get("joins") or () if type(tree).__name__ != "Select" else ():
        found += driving_inputs(one.this, scope, depth + 1)
    return list(dict.fromkeys(tuple(sorted(set(one))) for one in found))[:_MANY]
