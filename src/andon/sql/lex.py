"""DuckDB's lexical grammar: a text as tokens with offsets.

Andon has its own small lexer so that a canonical form, and with it every fingerprint, does not
change when a parser library is upgraded.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

from msgspec import Struct

Kind = Literal["word", "quoted", "string", "number", "parameter", "operator", "mark"]

SPACES: Final = "\u00a0\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Characters beyond ASCII that the engine reads as blanks, as part of a character class."""

_LETTER: Final = (
    r"\x80-\x9f\xa1-\u1fff\u200c-\u202e\u2030-\u205e\u2061-\u2fff\u3001-\ufefe\uff00-\U0010ffff"
)
_BLANK: Final = rf" \t\r\n\f\v{SPACES}"
_QUOTE: Final = r"'(?:[^']|'')*'"
_TOKEN: Final = re.compile(
    rf"""[{_BLANK}]*+
    (?:
      (?P<word>(?![eExXbB]')[A-Za-z_{_LETTER}][A-Za-z0-9_${_LETTER}]*)
    | (?P<mark>[(),;\[\]{{}}]|\.(?![0-9]))
    | (?P<number>(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?[A-Za-z0-9_]*)
    | (?P<comment>--[^\n\r]*|/\*)
    | (?P<operator>(?:::|:=|[-+*/<>=~!@\#%^&|`])(?:(?!--|/\*)[-+*/<>=~!@\#%^&|`?])*)
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'
         | [xXbB]?{_QUOTE}(?:[ \t\r\f]*\n\s*{_QUOTE})*
         | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
    | (?P<parameter>\$[A-Za-z0-9_]+|\?)
    | (?P<other>[^{_BLANK}])
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_EDGE: Final = re.compile(r"/\*|\*/")
_MUNCHING: Final = re.compile(r"[~!@#%^&|`?]")


class Token(Struct, frozen=True, gc=False):
    """One token: what it is, its text as written and in lower case, where (end excluded)."""

    kind: Kind
    text: str
    start: int
    end: int
    lower: str


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
    append, match = tokens.append, _TOKEN.match
    position = start
    while found := match(text, position):
        kind: Any = found.lastgroup
        if kind == "tag":
            # The last group only inside a dollar-quoted string.
            kind = "string"
        part, position = found[kind], found.end()
        begin = position - len(part)
        if kind == "comment":
            if part == "/*":
                position = end_of_comment(text, begin)
            continue
        if kind == "operator":
            position = _operator_end(text, begin, position)
            part = text[begin:position]
        elif kind == "other":
            kind = "mark"
        append(Token(kind, part, begin, position, part.lower()))
    return tokens


def _operator_end(text: str, start: int, end: int) -> int:
    """The engine's rule: an operator may end in + or - only if it holds one of ~!@#%^&|`?."""
    while end - start > 1 and text[end - 1] in "+-" and not _MUNCHING.search(text, start, end - 1):
        if text[start:end] in {"->", "->>"}:
            break
        end -= 1
    return end
