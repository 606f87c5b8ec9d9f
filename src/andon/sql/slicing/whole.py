"""What in a query, wherever it stands, leaves no use in building it part by part."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from andon.sql.body import SqlBody
from andon.sql.lex import lex
from andon.sql.slicing.cut import Refused
from andon.sql.slicing.functions import is_table_function, kind_of
from andon.sql.slicing.scope import Scope, inputs_read
from andon.sql.slicing.values import called

if TYPE_CHECKING:
    from sqlglot import exp

_TRUNCS: Final = frozenset({"date_trunc", "datetrunc"})
_BEFORE_SIGN: Final = frozenset({"select", "distinct", "all", ",", "("})


def check_body(body: SqlBody, macros: Collection[str]) -> None:
    """Refuses what the record and the tokens of a query show.

    Raises:
        Refused: with a reason in words.
    """
    if body.is_opaque:
        raise Refused("only the engine's own parser understands the query")
    if body.clocks:
        raise Refused("it reads the clock, so every run changes every part")
    for name in body.functions:
        if name in macros:
            raise Refused(f"`{name}()` is a macro of the project, which may be anything")
    for one, two, three in _threes(body):
        # The parser takes a bare word for the unit; to the engine it is a column.
        if one in _TRUNCS and two == "(" and not three.startswith("'"):
            raise Refused(f"the unit of `{one}` is not written as text")
        if one in _BEFORE_SIGN and two == "+":
            # The parser drops it, and with it the name that the engine gives to the column.
            raise Refused("a plus sign stands before a value")


def _threes(body: SqlBody) -> Iterator[tuple[str, str, str]]:
    words = [token.lower.strip('"') for token in lex(body.text, body.start)]
    for (one, two), (_, three) in pairwise(pairwise(words)):
        yield one, two, three


def check_tree(tree: exp.Expr, body: SqlBody) -> None:
    """Refuses what gives another result each time, and functions that nothing is known of.

    Raises:
        Refused: with a reason in words.
    """
    for node in tree.walk():
        name = type(node).__name__
        if name == "TableSample":
            raise Refused("a sample is another one for each part", node)
        if kind_of(node) == "changing":
            raise Refused(f"`{called(node)}()` gives another result at each run", node)
        if name == "Anonymous" and kind_of(node) == "unknown" and not _is_table(node):
            raise Refused(f"`{called(node)}()` is not known to look at one row only", node)
    if inputs_read(tree, Scope(), are_all=True) != set(body.reads):
        raise Refused("it is not certain which tables the query reads")


def _is_table(node: exp.Expr) -> bool:
    """Whether a function stands in FROM, and is known there."""
    return type(node.parent).__name__ in {"Table", "Lateral"} and is_table_function(node)
