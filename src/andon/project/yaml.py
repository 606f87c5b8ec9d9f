"""YAML with positions, resolved by the core schema of YAML 1.2.

PyYAML parses to nodes only; plain words become values here. So ``NO`` and
``on`` stay text, as do dates, and each key and value knows its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

Scalar = None | bool | int | float | str

_WORDS: dict[str, Scalar] = {"": None, "~": None}
for _word, _value in (("null", None), ("true", True), ("false", False)):
    for _form in (_word, _word.capitalize(), _word.upper()):
        _WORDS[_form] = _value
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"([-+]?)\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")


class ScalarNode(Struct, frozen=True):
    """A plain value; `length` is that of its text on its first line."""

    value: Scalar
    line: int
    column: int
    length: int


class ListNode(Struct, frozen=True):
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int
    length: int = 1


class MapNode(Struct, frozen=True):
    """A mapping, in the order written; keys are text."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    line: int
    column: int
    length: int = 1

    def __iter__(self) -> Iterator[tuple[str, ScalarNode, Node]]:
        for key, value in self.entries:
            yield str(key.value), key, value


Node = ScalarNode | ListNode | MapNode
Plain = Scalar | list["Plain"] | dict[str, "Plain"]


class YamlInvalid(Exception):
    """The text is no YAML that Andon reads; `code` tells a syntax error from a repeated key."""

    def __init__(
        self, code: str, message: str, fix: str, line: int, column: int, length: int = 1
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix
        self.line, self.column, self.length = line, column, length


def read_yaml(text: str, *, line: int = 1, column: int = 1) -> Node | None:
    """Nodes of one YAML document, or None if it is empty.

    Args:
        line, column: place of the first character of `text` in its file.

    Raises:
        YamlInvalid: PRJ002 for a syntax error, PRJ003 for a repeated key.
    """
    import yaml
    from yaml.cyaml import CBaseLoader

    loader: Any = CBaseLoader(text)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = (mark.line, mark.column) if mark else (0, 0)
        words = " ".join(part for part in (error.context, error.problem) if part)
        fix = "check the indentation, and quote text that holds `: `, `#` or starts with a sign"
        raise YamlInvalid("PRJ002", words, fix, *_shift(at, line, column)) from error
    except yaml.YAMLError as error:
        fix = "remove the character that is not printable"
        raise YamlInvalid("PRJ002", "unreadable character", fix, line, column) from error
    finally:
        loader.dispose()
    return None if root is None else _Converter(line, column).convert(root)


def plain(node: Node) -> Plain:
    """The value of a node without its positions."""
    match node:
        case ScalarNode(value=value):
            return value
        case ListNode(items=items):
            return [plain(item) for item in items]
        case MapNode():
            return {key: plain(value) for key, _, value in node}


def _shift(at: tuple[int, int], line: int, column: int) -> tuple[int, int]:
    return at[0] + line, at[1] + (column if at[0] == 0 else 1)


class _Converter:
    """Turns the parser's nodes into ours; a node reached by several aliases is converted once."""

    def __init__(self, line: int, column: int) -> None:
        self._line, self._column = line, column
        self._done: dict[int, Node | None] = {}

    def convert(self, node: Any) -> Node:
        if id(node) in self._done:
            known = self._done[id(node)]
            if known is None:
                raise self._invalid(node, "an alias that contains itself", "write the value out")
            return known
        self._done[id(node)] = None
        if not str(node.tag).startswith("tag:yaml.org,2002:"):
            raise self._invalid(
                node,
                "a tag",
                "remove the tag; values are plain, and text that starts with `!` is quoted",
            )
        line, column = self._place(node)
        made: Node
        match node.id:
            case "scalar":
                value = node.value if node.style else resolve(node.value)
                one_line = node.end_mark.line == node.start_mark.line
                length = node.end_mark.column - node.start_mark.column if one_line else 1
                made = ScalarNode(value, line, column, max(1, length))
            case "sequence":
                made = ListNode(tuple(self.convert(item) for item in node.value), line, column)
            case _:
                made = MapNode(self._entries(node), line, column)
        self._done[id(node)] = made
        return made

    def _entries(self, node: Any) -> tuple[tuple[ScalarNode, Node], ...]:
        seen: dict[str, int] = {}
        entries = []
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise self._invalid(key_node, "a key that is no plain word", "use a word as key")
            line, column = self._place(key_node)
            name = str(key_node.value)
            if name in seen:
                message = f"key `{name}` is written twice, first in line {seen[name]}"
                raise YamlInvalid("PRJ003", message, "keep one of them", line, column, len(name))
            seen[name] = line
            entries.append((ScalarNode(name, line, column, len(name)), self.convert(value_node)))
        return tuple(entries)

    def _place(self, node: Any) -> tuple[int, int]:
        mark = node.start_mark
        return _shift((mark.line, mark.column), self._line, self._column)

    def _invalid(self, node: Any, message: str, fix: str) -> YamlInvalid:
        return YamlInvalid("PRJ002", message, fix, *self._place(node))


def resolve(word: str) -> Scalar:
    """Value of a plain word by the core schema.

    >>> resolve("NO"), resolve("2024-01-01"), resolve("0x1F"), resolve("1e3"), resolve("~")
    ('NO', '2024-01-01', 31, 1000.0, None)
    """
    if word in _WORDS:
        return _WORDS[word]
    if not (word[0].isdigit() or word[0] in "-+."):
        return word
    if _INTEGER.match(word):
        return int(word)
    if _OCTAL.match(word):
        return int(word, 8)
    if _HEXADECIMAL.match(word):
        return int(word, 16)
    if _FLOAT.match(word):
        return float(word)
    special = _SPECIAL.match(word)
    if special:
        return float("nan") if special[3] else float(f"{special[1]}inf")
    return word
