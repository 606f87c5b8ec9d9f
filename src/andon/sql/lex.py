"""DuckDB's lexical grammar: a text as tokens with offsets.

Andon has its own small lexer so that a canonical form, and with it every fingerprint, does not
change when a parser library is upgraded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

Kind = Literal["word", "quoted", "string", "number", "parameter", "operator", "mark"]

_QUOTE: Final = r"'(?:[^']|'')*'"
_TOKEN: Final = re.compile(
    rf"""
      (?P<string>[eE]'(?:[^'\\]|\\.|'')*'
         | [xXbB]?{_QUOTE}(?:[ \t\r\f]*\n\s*{_QUOTE})*
         | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]*)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<gap>[ \t\r\n\f\v]+|--[^\n\r]*)
    | (?P<comment>/\*)
    | (?P<number>(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?[A-Za-z0-9_]*)
    | (?P<parameter>\$[A-Za-z0-9_]+|\?)
    | (?P<operator>(?:::|:=|(?!--|/\*)[-+*/<>=~!@\#%^&|`])(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])*)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_EDGE: Final = re.compile(r"/\*|\*/")
_MUNCHING: Final = re.compile(r"[~!@#%^&|`?]")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what it is, its text as written, and where (end excluded)."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        """Text in lower case, for words."""
        return self.text.lower()


def end_of_comment(text: str, start: int) -> int:
    """Offset after the block comment that begins at `start`; comments nest, as in the engine."""
    depth = 0
    for edge in _EDGE.finditer(text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def lex(text: str, start: int = 0) -> list[Token]:
    """Tokens of `text` from `start`, without layout and comments.

    Never fails: what is no token of SQL becomes one mark per character, and is left for the
    parser to refuse.

    >>> [token.text for token in lex("select a --x")]
    ['select', 'a']
    """
    tokens: list[Token] = []
    position = start
    match = _TOKEN.match
    while found := match(text, position):
        kind, begin, position = found.lastgroup, position, found.end()
        if kind == "gap":
            continue
        if kind == "comment":
            position = end_of_comment(text, begin)
        elif kind == "operator":
            position = _operator_end(text, begin, position)
            tokens.append(Token("operator", text[begin:position], begin, position))
        else:
            # `tag` is the last group only inside a dollar-quoted string.
            named = "string" if kind == "tag" else kind
            tokens.append(Token(cast(Kind, named), found.group(), begin, position))
    return tokens


def _operator_end(text: str, start: int, end: int) -> int:
    """The engine's rule: an operator may end in + or - only if it holds one of ~!@#%^&|`?."""
    while end - start > 1 and text[end - 1] in "+-" and not _MUNCHING.search(text, start, end - 1):
        if text[start:end] in {"->", "->>"}:
            break
        end -= 1
    return end
