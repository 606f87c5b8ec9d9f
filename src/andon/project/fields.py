"""Typed reading of a mapping of declarations: unknown keys and wrong types become problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from msgspec.structs import replace

from andon.errors import ProjectInvalid, Where
from andon.names import closest, did_you_mean
from andon.project.discreet import keys_of_yaml
from andon.project.text import Findings, TextFile
from andon.project.yaml import ListNode, MapNode, Node, ScalarNode, YamlInvalid, read_yaml
from andon.spec.check import Tolerance
from andon.spec.quantity import seconds_of, tolerance_of

T = TypeVar("T")


def where_of(file: TextFile, node: Node) -> Where:
    """The place of a node in its file."""
    return file.where(node.line, node.column, node.length)


def unseen(where: Where) -> Where:
    """A place without the text that stands there: it may be a secret."""
    return replace(where, text=None)


def read_mapping(
    file: TextFile, findings: Findings, text: str, *, line: int = 1, column: int = 1
) -> MapNode | None:
    """The mapping that a YAML text is; problems (PRJ002, PRJ003, PRJ005) are noted."""
    try:
        node = read_yaml(text, line=line, column=column)
    except YamlInvalid as error:
        repeated = error.code == "PRJ003"
        where = file.where(error.line, error.column, error.length)
        findings.add(
            error.code,
            where if repeated or not file.may_hold_secrets else unseen(where),
            what=error.message if repeated else f"this is not valid YAML: {error.message}",
            why="one of the two values would be lost" if repeated else "the file cannot be read",
            fix=error.fix,
        )
        return None
    if node is None:
        return MapNode((), line, column)
    if isinstance(node, MapNode):
        return node
    findings.add(
        "PRJ005",
        where_of(file, node),
        what="expected keys with values here",
        why="declarations are a mapping such as `description: one row per customer`",
        fix="write `key: value` lines",
    )
    return None


class Fields:
    """The keys of one mapping. Each reader notes a problem and gives the default if it is wrong.

    An explicit null (``owner:`` with nothing behind it) counts as not written. An unknown key that
    is close to one that is not written is read as that one, so that its mistake is told once.
    """

    def __init__(
        self,
        file: TextFile,
        findings: Findings,
        node: MapNode,
        known: Collection[str],
        of: str,
    ) -> None:
        self.file, self.findings, self.node, self.of = file, findings, node, of
        self.keys: dict[str, ScalarNode] = {}
        self.values: dict[str, Node] = {}
        written = {name for name, _, _ in node}
        for name, key, value in node:
            meant: str | None = name
            if name not in known:
                self._unknown(name, key, known, of)
                unwritten = [word for word in known if word not in written]
                meant = closest(name, unwritten, likeness=0.75)
            if meant is not None and not (isinstance(value, ScalarNode) and value.value is None):
                self.keys[meant], self.values[meant] = key, value

    def _unknown(self, name: str, key: ScalarNode, known: Collection[str], of: str) -> None:
        where = where_of(self.file, key)
        if where.text and self.file.is_source:
            where = replace(where, text=keys_of_yaml(where.text))
        is_word = re.fullmatch(r"[\w .-]+", name)  # no address with a password, for one
        self.findings.add(
            "PRJ004",
            where,
            what=f"unknown key `{name}` of {of}" if is_word else f"a key that is no word in {of}",
            why="a key that is silently ignored would look as if it worked",
            fix=did_you_mean(
                name, known, "use one of " + ", ".join(f"`{k}`" for k in sorted(known))
            ),
        )

    def where(self, name: str) -> Where:
        """Place of the value of a key, or of its mapping if it is not written."""
        return where_of(self.file, self.values.get(name, self.node))

    def wrong(self, node: Node, name: str, expected: str, example: str, why: str = "") -> None:
        """Note that a value is of the wrong kind, or why it is not what is expected (PRJ005)."""
        self.findings.add(
            "PRJ005",
            where_of(self.file, node),
            what=f"`{name}` must be {expected}",
            why=why or f"it is {_kind_word(node)} here",
            fix=f"write `{name}: {example}`",
        )

    def text(self, name: str, default: str = "") -> str:
        """A text; numbers and words like true are refused, quote them."""
        node = self.values.get(name)
        if node is None:
            return default
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            return node.value
        self.wrong(node, name, "text", '"some text"')
        return default

    def choice(self, name: str, known: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        node = self.values.get(name)
        if node is None:
            return default
        if isinstance(node, ScalarNode) and node.value in known:
            return str(node.value)
        self.not_among(node, name, known)
        return default

    def not_among(self, node: Node, name: str, known: tuple[str, ...]) -> None:
        """Note that a value is none of the words that there are (PRJ005)."""
        listed = ", ".join(f"`{word}`" for word in known)
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            self.wrong(node, name, f"one of {listed}", known[0])
            return
        near = closest(node.value, known)
        self.findings.add(
            "PRJ005",
            where_of(self.file, node),
            what=f"`{name}` must be one of {listed}",
            why=f"`{node.value}` is none of them",
            fix=f"write `{name}: {near}` (closest known word)" if near else "write one of them",
        )

    def boolean(self, name: str) -> bool | None:
        """True, false, or None if not written."""
        node = self.values.get(name)
        if node is None or (isinstance(node, ScalarNode) and isinstance(node.value, bool)):
            return bool(node.value) if isinstance(node, ScalarNode) else None
        self.wrong(node, name, "`true` or `false`", "true")
        return None

    def count(self, name: str) -> int | None:
        """A whole number from 0, None if it is not given."""
        node = self.values.get(name)
        if node is None:
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong(node, name, "a whole number from 0", "2")
        return None

    def names(self, name: str, example: str = "[a, b]") -> tuple[str, ...]:
        """One text or a list of texts, without repeats."""
        node = self.values.get(name)
        if node is None:
            return ()
        items = node.items if isinstance(node, ListNode) else (node,)
        found: list[str] = []
        for item in items:
            if (
                not isinstance(item, ScalarNode)
                or not isinstance(item.value, str)
                or not item.value
            ):
                self.wrong(item, name, "a name or a list of names", example)
            elif item.value in found:
                self.wrong(item, name, "a list without repeats", example)
            else:
                found.append(item.value)
        return tuple(found)

    def seconds(self, name: str) -> float | None:
        """A duration in seconds, or None if not written."""
        return self.quantity(name, seconds_of, "write for example `1h` or `2 days`")

    def tolerance(self, name: str, default: Tolerance) -> Tolerance:
        """Rows or a share of them."""
        return self.quantity(name, tolerance_of, "write for example `1%` or `100`") or default

    def quantity(self, name: str, read: Callable[[object], T], fix: str) -> T | None:
        """What `read` makes of a value, or None if not written; its ValueError is noted (PRJ006)."""
        node = self.values.get(name)
        if node is None:
            return None
        try:
            return read(node.value if isinstance(node, ScalarNode) else "a list")
        except ValueError as error:
            self.findings.add(
                "PRJ006",
                where_of(self.file, node),
                what=f"`{name}`: {error}",
                why="quantities carry their unit, so that nobody has to guess it",
                fix=fix,
            )
            return None

    def mapping(self, name: str, example: str) -> MapNode | None:
        """A mapping, or None if not written or wrong."""
        node = self.values.get(name)
        if node is None or isinstance(node, MapNode):
            return node
        self.wrong(node, name, "a mapping", example)
        return None

    def items(self, name: str, example: str) -> tuple[Node, ...]:
        """The items of a list; empty if not written or wrong."""
        node = self.values.get(name)
        if node is None:
            return ()
        if isinstance(node, ListNode):
            return node.items
        self.wrong(node, name, "a list", example)
        return ()

    def try_make(self, node: Node, make: Callable[[], T]) -> T | None:
        """The record that `make` gives, or its problems noted at `node`."""
        try:
            return make()
        except ProjectInvalid as error:
            self.findings.adopt(error, where_of(self.file, node))
            return None


def _kind_word(node: Node) -> str:
    match node:
        case ListNode():
            return "a list"
        case MapNode():
            return "a mapping"
        case ScalarNode(value=value):
            if value is None:
                return "nothing"
            if isinstance(value, bool):
                return "`true`" if value else "`false`"
            return "text" if isinstance(value, str) else "a number"
