"""The one place that calls the parser library; it is imported when the first text is parsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from andon.sql.lex import SPACES, lex

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.dialects.dialect import Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class NotParsed(Exception):
    """The parser does not understand a text; the engine may.

    Attributes:
        line, column: in the given text, from 1.
        reason: what the parser says, one line.
    """

    line: int
    column: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}"


_UNLIKE: Final = re.compile(rf"[{SPACES}]|\r(?!\n)")
"""Blanks and line ends of the engine that the parser takes for something else."""

_dialect: list[Dialect] = []
_is_own: Final = ContextVar("_is_own", default=False)


def _duckdb() -> Dialect:
    if not _dialect:
        from sqlglot.dialects.duckdb import DuckDB
        from sqlglot.parser import logger

        # It warns of what Andon tells as a problem; what others parse is theirs.
        logger.addFilter(lambda _: not _is_own.get())
        _dialect.append(DuckDB())
    return _dialect[0]


def parse(text: str) -> list[exp.Expr]:
    """Syntax trees of the statements of a text, in order; empty statements left out.

    Raises:
        NotParsed: if the parser does not understand it.
    """
    from sqlglot import exp
    from sqlglot.errors import ParseError, TokenError

    dialect = _duckdb()
    plain = _with_plain_blanks(text)
    own = _is_own.set(True)
    try:
        trees = dialect.parser().parse(dialect.tokenize(plain), plain)
    except RecursionError as error:
        raise NotParsed(line=1, column=1, reason="it is nested too deeply") from error
    except ParseError as error:
        raise _not_parsed(plain, error.errors[0] if error.errors else {}) from error
    except TokenError as error:
        raise NotParsed(line=1, column=1, reason=str(error).splitlines()[0]) from error
    finally:
        _is_own.reset(own)
    # A comment after the last semicolon becomes a statement of its own.
    return [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]


def _not_parsed(text: str, found: Mapping[str, Any]) -> NotParsed:
    """What the parser complains of, with its place found again: it counts some lines twice."""
    before, token, after = (
        str(found.get(name) or "") for name in ("start_context", "highlight", "end_context")
    )
    at = text.find(before + token + after)
    start = at + len(before) if at >= 0 else 0
    return NotParsed(
        line=text.count("\n", 0, start) + 1,
        column=start - text.rfind("\n", 0, start),
        reason=_in_words(str(found.get("description") or "it is not understood"), token),
    )


def _in_words(description: str, token: str) -> str:
    told = description.splitlines()[0]
    if told.startswith("Required keyword"):  # the rest names classes of the parser
        return f"something is missing at `{token}`"
    if told == "Invalid expression / Unexpected token":
        return f"`{token}` is not expected here"
    if told.startswith("Expecting "):
        return f"`{told.removeprefix('Expecting ')}` is missing at `{token}`"
    return told


def is_query(tree: exp.Expr) -> bool:
    """Whether a statement gives rows and does nothing else."""
    from sqlglot import exp

    if isinstance(tree, exp.Select) and tree.args.get("into") is not None:
        return False
    return isinstance(tree, (exp.Query, exp.Pivot, exp.Values, exp.Table))


def _with_plain_blanks(text: str) -> str:
    """The text, of the same length, with blanks between tokens as the parser knows them."""
    if _UNLIKE.search(text) is None:
        return text
    pieces: list[str] = []
    position = 0
    for token in lex(text):
        pieces += (_plain(text[position : token.start]), token.text)
        position = token.end
    return "".join((*pieces, _plain(text[position:])))


def _plain(gap: str) -> str:
    return _UNLIKE.sub(lambda found: "\n" if found.group() == "\r" else " ", gap)
