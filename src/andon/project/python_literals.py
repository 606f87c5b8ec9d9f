"""Literals of a Python declaration, as nodes with positions and as checks."""

from __future__ import annotations

import ast

from msgspec.structs import replace

from andon.errors import ProjectInvalid
from andon.project.conditions import judge_conditions
from andon.project.imports import Imports
from andon.project.text import Findings, TextFile
from andon.project.yaml import ListNode, MapNode, Node, Plain, ScalarNode, plain
from andon.spec import declare
from andon.spec.check import Check

BUILDERS = {
    name: getattr(declare, name)
    for name in (
        "accepted",
        "expect",
        "freshness",
        "in_range",
        "not_null",
        "pattern",
        "relationship",
        "reconcile",
        "row_count",
        "sql_file",
        "unique",
    )
}


_SECRETS = ("andon.secret", "andon.spec.declare_source.secret")


class LiteralsInvalid(Exception):
    """A part of the declaration that cannot be read without running the file."""

    def __init__(self, node: ast.expr, what: str) -> None:
        super().__init__(what)
        self.node, self.what = node, what


class LiteralReader:
    """Reads literals, and names of the module that are bound once to a literal."""

    def __init__(self, tree: ast.Module, imports: Imports, file: TextFile) -> None:
        self._imports, self._file = imports, file
        self._constants: dict[str, ast.expr | None] = {}
        for statement in tree.body:
            for name, value in _assigned(statement):
                self._constants[name] = None if name in self._constants else value

    def node(self, node: ast.expr) -> Node:
        """The value with positions, in the shape that YAML declarations have."""
        line, column = node.lineno, node.col_offset + 1
        match node:
            case ast.Constant(value=None | bool() | int() | float() | str() as value):
                return ScalarNode(value, line, column, _length(node))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return ScalarNode(-number, line, column, _length(node))
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return ListNode(tuple(self.node(item) for item in items), line, column)
            case ast.Dict():
                return MapNode(tuple(self._entries(node)), line, column)
            case ast.Call() if self._imports.dotted(node.func) in _SECRETS and not node.args:
                return MapNode(tuple(self._reference(node)), line, column)
            case ast.Name(id=name):
                bound = self._constants.get(name)
                if bound is not None:
                    return self.node(bound)
            case _:
                pass
        raise LiteralsInvalid(node, f"`{_short(node)}`, which is no literal")

    def _entries(self, node: ast.Dict) -> list[tuple[ScalarNode, Node]]:
        entries = []
        for key, value in zip(node.keys, node.values, strict=True):
            name = self.node(key) if key is not None else None
            if not isinstance(name, ScalarNode) or not isinstance(name.value, str):
                raise LiteralsInvalid(key or value, "a key that is no text")
            entries.append((name, self.node(value)))
        return entries

    def _reference(self, node: ast.Call) -> list[tuple[ScalarNode, Node]]:
        """``secret(env="TOKEN")`` as the mapping that YAML has for it."""
        entries: list[tuple[ScalarNode, Node]] = []
        for keyword in node.keywords:
            if keyword.arg is None:
                raise LiteralsInvalid(keyword.value, "`**` arguments")
            key = ScalarNode(keyword.arg, keyword.lineno, keyword.col_offset + 1, len(keyword.arg))
            entries.append((key, self.node(keyword.value)))
        return entries

    def checks(self, node: ast.expr, findings: Findings) -> tuple[Check, ...]:
        """Checks of a list of calls of the check functions; what they refuse is noted."""
        if isinstance(node, ast.Name) and self._constants.get(node.id) is not None:
            node = self._constants[node.id] or node
        if not isinstance(node, ast.List | ast.Tuple):
            raise LiteralsInvalid(node, "`checks` that are no list")
        checks = tuple(check for item in node.elts for check in self._check(item, findings))
        judge_conditions(checks, findings)
        return checks

    def _check(self, node: ast.expr, findings: Findings) -> tuple[Check, ...]:
        name = self._imports.dotted(node.func) if isinstance(node, ast.Call) else None
        module, _, word = (name or "").rpartition(".")
        if not isinstance(node, ast.Call) or word not in BUILDERS or not module.startswith("andon"):
            raise LiteralsInvalid(node, f"`{_short(node)}`, which is no check function of andon")
        values: list[Plain] = [plain(self.node(item)) for item in node.args]
        named: dict[str, Plain] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise LiteralsInvalid(keyword.value, "`**` arguments")
            named[keyword.arg] = plain(self.node(keyword.value))
        where = self._file.where(node.lineno, node.col_offset + 1, _length(node))
        try:
            made = BUILDERS[word](*values, **named)
        except ProjectInvalid as error:
            findings.adopt(error, where)
            return ()
        except TypeError as error:
            # Only the call itself can raise it: the builders judge the values they were given.
            raise LiteralsInvalid(node, f"a wrong call: {error}") from error
        checks = made if isinstance(made, tuple) else (made,)
        return tuple(replace(check, where=where) for check in checks)


def _assigned(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [(name, value)]
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            return [(name, value)]
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            return [(name, value), (name, value)]  # bound twice: no constant
        case _:
            return []


def _length(node: ast.expr) -> int:
    if node.end_lineno != node.lineno or node.end_col_offset is None:
        return 1
    return node.end_col_offset - node.col_offset


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:37]}..."
