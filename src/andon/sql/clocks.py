"""Clock functions in a query: where they stand and what takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from andon.sql.body import ClockKind, Span
from andon.sql.lex import Token
from andon.sql.place import before

CALLED: Final[dict[str, ClockKind]] = {
    "now": "timestamptz",
    "get_current_timestamp": "timestamptz",
    "transaction_timestamp": "timestamptz",
    "current_localtimestamp": "timestamp",
    "today": "date",
    "current_date": "date",
    "get_current_time": "timetz",
    "current_localtime": "time",
}
BARE: Final[dict[str, ClockKind]] = {
    "current_date": "date",
    "current_time": "timetz",
    "current_timestamp": "timestamptz",
    "localtime": "time",
    "localtimestamp": "timestamp",
}
_STEMS: Final = ("now", "current_", "today", "localtime", "transaction_timestamp")
_NAMES_FOLLOW: Final = frozenset({".", "as"})
_ITEM_STARTS: Final = frozenset({"select", "distinct", "all", ",", ")"})
_ITEM_ENDS: Final = frozenset(
    {"", ",", ")", ";", "from", "where", "group", "order", "limit", "having", "qualify", "union"}
    | {"intersect", "except", "window", "using", "offset"}
)
_CLAUSES: Final = frozenset(
    {"select", "from", "where", "group", "order", "by", "having", "qualify", "limit", "on"}
    | {"using", "values", "set", "with", "offset"}
)

Clock = tuple[Span, ClockKind]


def may_hold_clock(text: str) -> bool:
    """A quick look that most texts need no more than."""
    lower = text.lower()
    return any(stem in lower for stem in _STEMS)


def clocks(text: str, tokens: Sequence[Token]) -> tuple[Clock, ...]:
    """Clock functions, with or without parentheses, never a dotted or declared name."""
    if not may_hold_clock(text):
        return ()
    found: list[Clock] = []
    for index, token in enumerate(tokens):
        if token.kind != "word":
            continue
        name = token.lower
        if name not in CALLED and name not in BARE:
            continue
        if index and tokens[index - 1].lower in _NAMES_FOLLOW:
            continue
        next_two = [one.text for one in tokens[index + 1 : index + 3]]
        if name in CALLED and next_two == ["(", ")"]:
            found.append((Span(start=token.start, end=tokens[index + 2].end), CALLED[name]))
        elif name in BARE and next_two[:1] not in (["("], ["."], [":"], [":="]):
            found.append((Span(start=token.start, end=token.end), BARE[name]))
    return tuple(found)


def clock_names(
    text: str, tokens: Sequence[Token], found: Sequence[Clock]
) -> tuple[tuple[int, str], ...]:
    """Names that clocks give to columns of the result, each with the offset after which it goes.

    `select current_date` names its column ``current_date``; a literal in its place would not.
    """
    if not found:
        return ()
    starts = {token.start: index for index, token in enumerate(tokens)}
    ends = {token.end: index for index, token in enumerate(tokens)}
    names: list[tuple[int, str]] = []
    for span, _ in found:
        index, last = starts[span.start], ends[span.end]
        left = tokens[index - 1].lower if index else ""
        right = tokens[last + 1].lower if last + 1 < len(tokens) else ""
        if left in _ITEM_STARTS and right in _ITEM_ENDS and _is_selected(tokens, index):
            names.append((span.end, text[span.start : span.end].lower()))
    return tuple(names)


def _is_selected(tokens: Sequence[Token], index: int) -> bool:
    """Whether a token stands in a select list: the nearest clause before it is `select`."""
    for position in before(tokens, index):
        word = tokens[position].lower
        if word in _CLAUSES:
            return word == "select"
    return False
