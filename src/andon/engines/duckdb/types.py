"""Column types as DuckDB spells them, read into a tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from msgspec import Struct

from andon.sql.quote import identifier
from andon.sql.quote import literal as literal

_TOKEN = re.compile(r"""\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[A-Za-z0-9_]+|[(),\[\]])""")
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

quote = identifier


class TypeTree(Struct, frozen=True, kw_only=True):
    """One type.

    Attributes:
        kind: upper-case name: ``DECIMAL``, ``LIST``, ``ARRAY``, ``STRUCT``, ``TUPLE``, ``MAP``, ...
        arguments: literal arguments as written (precision and scale, enum values, array size).
        parts: member types, each with its quoted label ("" where it has none).
    """

    kind: str
    arguments: tuple[str, ...] = ()
    parts: tuple[tuple[str, TypeTree], ...] = ()

    def __str__(self) -> str:
        inner = [child for _, child in self.parts]
        match self.kind:
            case "LIST":
                return f"{inner[0]}[]"
            case "ARRAY":
                return f"{inner[0]}[{self.arguments[0]}]"
            case _ if self.parts:
                shown = (f"{label} {child}" if label else str(child) for label, child in self.parts)
                return f"{self.kind}({', '.join(shown)})"
            case "NULL":
                return '"NULL"'
            case _ if self.arguments:
                return f"{self.kind}({','.join(self.arguments)})"
            case _:
                return self.kind

    def leaves(self) -> Iterator[TypeTree]:
        """Every type in it that has no members, itself included."""
        if not self.parts:
            yield self
        for _, child in self.parts:
            yield from child.leaves()

    def any(self, test: Callable[[TypeTree], bool]) -> bool:
        """Whether it, or any type in it, satisfies `test`."""
        return test(self) or any(child.any(test) for _, child in self.parts)


@lru_cache(maxsize=4096)
def parse_type(text: str) -> TypeTree:
    """Read a type as DuckDB prints it.

    >>> str(parse_type('STRUCT(a DECIMAL(4,1), "b c" MAP(VARCHAR, HUGEINT[3])[])'))
    'STRUCT(a DECIMAL(4,1), "b c" MAP(VARCHAR, HUGEINT[3])[])'

    Raises:
        ValueError: the text is not a type.
    """
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != _without_layout(text):
        raise ValueError(f"not a type: {text}")
    tree, end = _read(tokens, 0)
    if end != len(tokens):
        raise ValueError(f"not a type: {text}")
    return tree


def _without_layout(text: str) -> str:
    return "".join(
        part if part[:1] in "\"'" else "".join(part.split())
        for part in re.split(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')""", text)
    )


def _read(tokens: list[str], at: int) -> tuple[TypeTree, int]:
    """One type from `at`: words, arguments, then any number of ``[]`` and ``[n]``."""
    words: list[str] = []
    while at < len(tokens) and tokens[at] not in "(),[]":
        words.append(tokens[at])
        at += 1
    if not words:
        raise ValueError("a type is missing")
    kind = " ".join(words).upper().strip('"')
    tree = TypeTree(kind=kind)
    if at < len(tokens) and tokens[at] == "(":
        if kind in ("STRUCT", "UNION", "TUPLE", "MAP"):
            parts, at = _members(tokens, at + 1, labelled=kind in ("STRUCT", "UNION"))
            tree = TypeTree(kind=kind, parts=parts)
        else:
            end = tokens.index(")", at)
            arguments = tuple(word for word in tokens[at + 1 : end] if word != ",")
            tree, at = TypeTree(kind=kind, arguments=arguments), end + 1
    while at < len(tokens) and tokens[at] == "[":
        if tokens[at + 1] == "]":
            tree, at = TypeTree(kind="LIST", parts=(("", tree),)), at + 2
        else:
            size = tokens[at + 1]
            tree, at = TypeTree(kind="ARRAY", arguments=(size,), parts=(("", tree),)), at + 3
    return tree, at


def _members(
    tokens: list[str], at: int, *, labelled: bool
) -> tuple[tuple[tuple[str, TypeTree], ...], int]:
    parts: list[tuple[str, TypeTree]] = []
    while True:
        label = ""
        if labelled:
            label, at = tokens[at], at + 1
        child, at = _read(tokens, at)
        parts.append((label, child))
        if tokens[at] == ")":
            return tuple(parts), at + 1
        at += 1


def unquote(label: str) -> str:
    """The name that a label of a member stands for."""
    return label if _BARE.match(label) else label[1:-1].replace('""', '"')
