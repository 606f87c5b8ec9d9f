"""Places in a text, and pairs of brackets in its tokens."""

from __future__ import annotations

from collections.abc import Sequence

from andon.errors import Where
from andon.sql.lex import Token

_OPEN = frozenset("([{")
_CLOSE = frozenset(")]}")


def place(text: str, offset: int, path: str, length: int = 1) -> Where:
    """The place of an offset: line and column from 1, with the line itself for the excerpt."""
    begin = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return Where(
        path=path,
        line=text.count("\n", 0, offset) + 1,
        column=offset - begin + 1,
        length=length,
        text=text[begin : end if end >= 0 else len(text)],
    )


def closing(tokens: Sequence[Token], index: int) -> int:
    """Index of the bracket that closes the one at `index`; the last index if none does."""
    depth = 0
    for position in range(index, len(tokens)):
        sign = tokens[position].text
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            depth -= 1
            if depth == 0:
                return position
    return len(tokens) - 1


def before(tokens: Sequence[Token], index: int) -> list[int]:
    """Indices before `index` in the same pair of brackets, nearest first, inner pairs left out.

    The last one is the opening bracket itself, if there is one.
    """
    found: list[int] = []
    depth = 0
    for position in range(index - 1, -1, -1):
        sign = tokens[position].text
        if sign in _CLOSE:
            depth += 1
        elif sign in _OPEN:
            if depth == 0:
                found.append(position)
                break
            depth -= 1
        elif depth == 0:
            found.append(position)
    return found


def after(tokens: Sequence[Token], index: int) -> list[int]:
    """Indices after `index` in the same pair of brackets, in order, inner pairs left out."""
    found: list[int] = []
    depth = 0
    for position in range(index + 1, len(tokens)):
        sign = tokens[position].text
        if sign in _OPEN:
            depth += 1
        elif sign in _CLOSE:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0:
            found.append(position)
    return found
