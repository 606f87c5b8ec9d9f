"""Canonical form: what is left of a SQL text when only its meaning counts.

It removes layout, comments, the trailing semicolon, the case of keywords and the case of function
names. It never rewrites logic, and it never touches a name that could become a column of the
result: two texts with equal forms give columns of equal names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from andon.sql.lex import Token, lex
from andon.sql.version import CANONICAL_VERSION as CANONICAL_VERSION

FIXED_WORDS: Final = frozenset(
    "all analyse analyze and anti any array as asc asof asymmetric at authorization both by case "
    "cast check collate collation column concurrently constraint create cross default deferrable "
    "desc describe distinct do else end except false fetch for foreign freeze from full glob group "
    "having ilike in initially inner intersect into is join lambda lateral leading left like limit "
    "natural not null offset on only or order outer overlaps pivot placing positional primary "
    "qualify references returning right select semi show similar some summarize symmetric table "
    "tablesample then to trailing true union unique unpack unpivot using variadic verbose when "
    "where window with".split()
)
"""Words that DuckDB never takes as a name of a table or column unless quoted, dotted or after AS.

Found by asking DuckDB 2.0 for each of its reserved and type_function keywords.
"""

_BESIDE: Final[dict[str, frozenset[str]]] = {
    "partition": frozenset({"by"}),
    "rows": frozenset({"between", "unbounded", "current"}),
    "range": frozenset({"between", "unbounded", "current"}),
    "groups": frozenset({"between", "unbounded", "current"}),
    "unbounded": frozenset({"preceding", "following"}),
    "nulls": frozenset({"first", "last"}),
    "current": frozenset({"row"}),
    "recursive": frozenset(),
}
_AFTER: Final[dict[str, frozenset[str]]] = {
    "preceding": frozenset({"unbounded"}),
    "following": frozenset({"unbounded"}),
    "first": frozenset({"nulls"}),
    "last": frozenset({"nulls"}),
    "row": frozenset({"current"}),
    "recursive": frozenset({"with"}),
}
_LABELS: Final = frozenset({":", ":=", "=>"})


def canonical(source: str | Sequence[Token]) -> str:
    """Canonical form of a SQL text or of its tokens.

    Args:
        source: a query without its header, or its tokens.

    Returns:
        Tokens joined by one space. Equal forms mean equal results, names of columns included;
        texts of equal meaning may have unlike forms.

    >>> canonical("SELECT a , Sum( b ) FROM t GROUP BY ALL;  -- total")
    'select a , sum ( b ) from t group by all'
    """
    tokens = lex(source) if isinstance(source, str) else source
    last = len(tokens)
    while last and tokens[last - 1].text == ";":
        last -= 1
    return " ".join(
        token.text
        if token.kind != "word" or token.text == token.lower
        else _word(tokens, index, last)
        for index, token in enumerate(tokens[:last])
    )


def _word(tokens: Sequence[Token], index: int, last: int) -> str:
    """A word in lower case where its case cannot show in the result."""
    text, lower = tokens[index].text, tokens[index].lower
    before = tokens[index - 1].lower if index else ""
    after = tokens[index + 1].lower if index + 1 < last else ""
    if after == "(":
        return lower
    if before in {".", "as"} or after in _LABELS:
        return text
    if lower in FIXED_WORDS:
        return lower
    if after in _BESIDE.get(lower, ()) or before in _AFTER.get(lower, ()):
        return lower
    if (
        lower == "between"
        and index
        and _ends_operand(tokens[index - 1])
        and after not in {"", ",", ")"}
    ):
        return lower
    return text


def _ends_operand(token: Token) -> bool:
    return token.kind in {"word", "quoted", "string", "number", "parameter"} or token.text in {
        ")",
        "]",
    }
