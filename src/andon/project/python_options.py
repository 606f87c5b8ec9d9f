"""What a decorator of Andon was given, read from the syntax tree."""

from __future__ import annotations

import ast

from andon.errors import Where
from andon.project.python_literals import LiteralReader, LiteralsInvalid
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode, Node, ScalarNode
from andon.spec.check import Check

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_options(
    decorator: ast.expr, literals: LiteralReader, file: TextFile, findings: Findings
) -> tuple[MapNode, tuple[Check, ...]] | None:
    """The keys as a mapping like that of YAML, and the checks; None with PRJ021 noted."""
    if not isinstance(decorator, ast.Call):
        return MapNode((), decorator.lineno, decorator.col_offset + 1), ()
    entries: list[tuple[ScalarNode, Node]] = []
    checks: tuple[Check, ...] = ()
    try:
        if decorator.args:
            raise LiteralsInvalid(decorator.args[0], "an argument without a name")
        for keyword in decorator.keywords:
            if keyword.arg is None:
                raise LiteralsInvalid(keyword.value, "`**` arguments")
            key = ScalarNode(keyword.arg, keyword.lineno, keyword.col_offset + 1, len(keyword.arg))
            if keyword.arg == "checks":
                checks = literals.checks(keyword.value, findings)
            else:
                entries.append((key, literals.node(keyword.value)))
    except LiteralsInvalid as error:
        findings.add(
            "PRJ021",
            python_where(file, error.node),
            what=f"the declaration holds {error.what}",
            why="it is read without running the file",
            fix="use literals, constants of this module, and the check functions of andon",
        )
        return None
    return MapNode(tuple(entries), decorator.lineno, decorator.col_offset + 1), checks


def python_where(file: TextFile, node: ast.stmt | ast.expr | ast.arg) -> Where:
    """The place of a node; a function's is its `def` line."""
    length = 1
    if node.end_lineno == node.lineno and node.end_col_offset is not None:
        length = node.end_col_offset - node.col_offset
    if isinstance(node, Function):
        length = len("def ") + len(node.name)
    return file.where(node.lineno, node.col_offset + 1, length)


def has_default(function: Function, name: str) -> bool:
    """Whether an argument may be left out."""
    spec = function.args
    plain = [arg.arg for arg in spec.args]
    if name in plain:
        return len(plain) - plain.index(name) <= len(spec.defaults)
    keyword = [arg.arg for arg in spec.kwonlyargs]
    return name in keyword and spec.kw_defaults[keyword.index(name)] is not None
