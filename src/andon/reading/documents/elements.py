"""XML: the repeated element becomes a row, its attributes and children become fields.

Entities are never expanded and nothing is fetched: a document that declares an entity is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from andon.acquisition.deliveries.choose import Load
from andon.errors import Problem, TaskFailed
from andon.reading.documents.clean import LONGEST, CleanLines
from andon.reading.documents.survey import MOST_DEPTH
from andon.reading.stored.codecs import chunks, damaged, too_deep
from andon.reading.stored.readable import ReadableFiles
from andon.spec.source import SourceTable

TEXT = "_text"
"""Field of the text of an element that has attributes or children as well."""

_NIL = ("xsi:nil", "nil")
Path = tuple[str, ...]


class Elements:
    """Finds the records of XML documents; implements `Convert`."""

    def __init__(self, table: SourceTable, readable: ReadableFiles) -> None:
        self._table = table
        self._readable = readable
        self._path = tuple(table.records.split(".")) if table.records else ()

    def __call__(self, load: Load, out: CleanLines) -> None:
        """Write every element at the path; without one every element below the root.

        A field that is repeated in any record is a list in all of them.

        Raises:
            TaskFailed: (SRC003) it is no XML; (SRC014) it is nested too deeply; (SRC019) nothing is
                at the path; (SRC031) it declares an entity.
        """
        shapes = _Shapes()
        first = _Reading(self._path, shapes.learn)
        self._parse(load, first)
        if not first.has_parent:
            raise _nothing_there(self._table, load.path)

        def put(record: _Node, line: int) -> None:
            value = shapes.value(record, ())
            body = json.dumps(value if isinstance(value, dict) else {TEXT: value}).encode()
            out.put(body, line, "longer than 16 MB" if len(body) > LONGEST else "")

        self._parse(load, _Reading(self._path, put))

    def _parse(self, load: Load, reading: _Reading) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.ordered_attributes = False
        reading.attach(parser, load.path)
        total = 0
        try:
            with self._readable.open(load) as stream:
                for chunk in chunks(stream):
                    total += len(chunk)
                    parser.Parse(chunk, False)
                    if total - max(parser.CurrentByteIndex, 0) > 2 * LONGEST:
                        raise damaged(load.path, "an element of it is larger than 16 MB")
            if total:
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code) or "it is no XML"
            raise damaged(load.path, f"{reason}, at line {error.lineno:,}") from error
        except (LookupError, ValueError) as error:
            raise damaged(load.path, "its encoding is unknown") from error


class _Node:
    """One element: attributes and children by name, and its text."""

    __slots__ = ("attributes", "children", "is_nil", "size", "text")

    def __init__(self, attributes: dict[str, str]) -> None:
        self.is_nil = any(attributes.get(name) in ("true", "1") for name in _NIL)
        self.attributes = {
            _local(name): value
            for name, value in attributes.items()
            if not name.startswith(("xmlns", "xsi:"))
        }
        self.children: dict[str, list[_Node]] = {}
        self.text = ""
        self.size = 0


class _Reading:
    """Follows one parse and hands every record over, with its line."""

    def __init__(self, path: Path, found: Callable[[_Node, int], None]) -> None:
        self._path = path
        self._found = found
        self._open: list[str] = []
        self._nodes: list[_Node] = []
        self._line = 0
        self._held = 0
        self.has_parent = False

    def attach(self, parser: expat.XMLParserType, origin: str) -> None:
        """Listen to a parser."""
        self._parser, self._origin = parser, origin
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(_local(name))
        above = self._path[:-1] or self._path
        self.has_parent = self.has_parent or not above or tuple(self._open) == above
        if len(self._open) > MOST_DEPTH:
            raise too_deep(self._origin, MOST_DEPTH)
        if self._nodes:
            node = _Node(attributes)
            self._nodes[-1].children.setdefault(_local(name), []).append(node)
            self._nodes.append(node)
        elif self._is_record():
            self._line, self._held = self._parser.CurrentLineNumber, 0
            self._nodes.append(_Node(attributes))
        self._held += 200
        self._check_size()

    def _end(self, _name: str) -> None:
        self._open.pop()
        if self._nodes:
            node = self._nodes.pop()
            if not self._nodes:
                self._found(node, self._line)

    def _characters(self, text: str) -> None:
        if self._nodes:
            self._held += len(text)
            self._check_size()
            self._nodes[-1].text += text

    def _check_size(self) -> None:
        if self._nodes and self._held > 2 * LONGEST:
            raise damaged(self._origin, "a record of it is larger than 16 MB")

    def _entity(self, *_declared: Any) -> None:
        raise TaskFailed(
            Problem(
                code="SRC031",
                what=f"`{self._origin}` declares an entity at line {self._parser.CurrentLineNumber:,}",
                why="entities can grow without bound or name files and addresses; none is expanded",
                fix="have the document written without a DTD. To go on without it: "
                f"`andon check --set-aside {self._origin}`",
            )
        )

    def _is_record(self) -> bool:
        if self._path:
            return tuple(self._open) == self._path
        return len(self._open) == 2


class _Shapes:
    """Which fields are lists, and which are more than text, over all records of a document."""

    def __init__(self) -> None:
        self._lists: set[Path] = set()
        self._objects: set[Path] = set()

    def learn(self, record: _Node, _line: int) -> None:
        """Look at a record."""
        self._learn(record, ())

    def _learn(self, node: _Node, path: Path) -> None:
        if node.attributes or node.children:
            self._objects.add(path)
        for name, same in node.children.items():
            if len(same) > 1 or name in node.attributes:
                self._lists.add((*path, name))
            for child in same:
                self._learn(child, (*path, name))

    def value(self, node: _Node, path: Path) -> Any:
        """A node as JSON."""
        text = node.text.strip()
        if path and path not in self._objects:
            return None if node.is_nil or not text else text
        found: dict[str, Any] = dict(node.attributes)
        for name, same in node.children.items():
            inner = (*path, name)
            values = [self.value(child, inner) for child in same]
            own = [found[name]] if name in node.attributes else []
            found[name] = [*own, *values] if inner in self._lists else values[0]
        if text:
            found[TEXT] = text
        return found


def _local(name: str) -> str:
    """A name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def _nothing_there(table: SourceTable, origin: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC019",
            what=f"`{origin}` has no element at `{table.records}`",
            why="`records` is the path of the repeated element from the root, such as `orders.order`",
            fix=f"correct `records` of `{table.name}`. To go on without the file: "
            f"`andon check --set-aside {origin}`",
        )
    )
