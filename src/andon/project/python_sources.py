"""Python sources, read from their syntax tree; no user code runs."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import get_args

from andon.names import AssetName, did_you_mean, is_identifier
from andon.project.asset_keys import COMMON, DEFAULT_LIMIT, read_declared
from andon.project.fields import Fields, where_of
from andon.project.imports import Imports, imports_of
from andon.project.origins.settings import read_mapping_of_settings
from andon.project.policies import read_policy
from andon.project.python_literals import LiteralReader
from andon.project.python_options import Function, has_default, python_where, read_options
from andon.project.text import Findings, TextFile
from andon.project.yaml import MapNode
from andon.spec.origin import Mode, PythonOrigin
from andon.spec.policy import accept
from andon.spec.quantity import bytes_of
from andon.spec.source import SourceSpec, SourceTable

KEYS = (
    *COMMON,
    "quarantine_limit",
    "contract",
    "schema",
    "system",
    "mode",
    "cursor",
    "ordered",
    "settings",
    "resources",
    "timeout",
    "memory",
)
_MODES: tuple[Mode, ...] = get_args(Mode)


def read_python_source(file: TextFile, findings: Findings) -> SourceSpec | None:
    """The source that a file declares with `@source` functions, or None with problems noted."""
    before = len(findings.problems)
    try:
        tree = ast.parse(file.text, file.path)
    except SyntaxError as error:
        findings.add(
            "PRJ025",
            file.where(error.lineno or 1, error.offset or 1),
            what=f"this is not valid Python: {error.msg}",
            why="the declaration is read from the file's syntax tree",
            fix="correct the line",
        )
        return None
    imports = imports_of(tree, file.path)
    reader = _Reader(file, findings, LiteralReader(tree, imports, file))
    marked = [
        (node, decorator)
        for node in tree.body
        if isinstance(node, Function)
        for decorator in node.decorator_list
        if _is_source_decorator(decorator, imports)
    ]
    if not marked:
        findings.add(
            "PRJ043",
            file.where(1),
            what=f"{file.path} declares no source with `@source(...)`",
            why="each function with `@source` below sources/ is a raw table; nothing else is read there",
            fix="decorate the function that yields the rows; name files with helpers only `_name.py`",
        )
    tables = [table for function, decorator in marked for table in reader.read(function, decorator)]
    if len(findings.problems) > before:
        return None
    name = PurePosixPath(file.path).stem
    return SourceSpec(
        name=name, path=file.path, tables=tuple(sorted(tables, key=lambda table: table.name))
    )


def _is_source_decorator(node: ast.expr, imports: Imports) -> bool:
    target = node.func if isinstance(node, ast.Call) else node
    return imports.dotted(target) in ("andon.source", "andon.spec.declare_source.source")


class _Reader:
    def __init__(self, file: TextFile, findings: Findings, literals: LiteralReader) -> None:
        self._file, self._findings, self._literals = file, findings, literals

    def read(self, function: Function, decorator: ast.expr) -> list[SourceTable]:
        """The tables of a function: one, or one per dlt resource that it names."""
        if isinstance(function, ast.AsyncFunctionDef):
            self._findings.add(
                "PRJ043",
                python_where(self._file, function),
                what="a source cannot be an `async` function",
                why="it is called in a worker process, which takes what it yields one by one",
                fix="remove `async`",
            )
        options = read_options(decorator, self._literals, self._file, self._findings)
        if options is None:
            return []
        node, checks = options
        fields = Fields(self._file, self._findings, node, KEYS, "`@source`")
        declared = read_declared(fields, is_raw=True)
        origin = self._origin(function, fields)
        self._judge(fields, origin, has_key=bool(declared.key))
        source = PurePosixPath(self._file.path).stem
        resources = fields.names("resources", '["issues", "users"]')
        return [
            SourceTable(
                name=AssetName(f"{source}.{word}"),
                source=source,
                origin=PythonOrigin(
                    path=origin.path,
                    function=origin.function,
                    resource=word if resources else "",
                    mode=origin.mode,
                    cursor=origin.cursor,
                    is_ordered=origin.is_ordered,
                    settings=origin.settings,
                    takes_cursor=origin.takes_cursor,
                    timeout_s=origin.timeout_s,
                    memory_bytes=origin.memory_bytes,
                ),
                system=fields.text("system") or source,
                columns=declared.columns,
                contract=fields.text("contract"),
                rules=declared.rules,
                accepted=accept((), declared.rules),
                schema_policy=read_policy(None, fields, declared.rules),
                column_notes=declared.notes,
                checks=checks,
                key=declared.key,
                limit=declared.limit,
                quarantine_limit=fields.tolerance("quarantine_limit", DEFAULT_LIMIT),
                together=declared.together,
                description=declared.description,
                owner=declared.owner,
                tags=declared.tags,
                where_path=self._file.path,
            )
            for word in resources or (function.name,)
            if self._is_name(fields, function, word)
        ]

    def _origin(self, function: Function, fields: Fields) -> PythonOrigin:
        cursor = fields.text("cursor")
        settings = read_mapping_of_settings(fields, "settings", '{"token": secret(env="TOKEN")}')
        given = {name for name, _ in settings} | ({"cursor"} if cursor else set())
        self._judge_arguments(function, fields, given)
        mode = fields.choice("mode", _MODES, "full")
        arguments = {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)}
        return PythonOrigin(
            path=self._file.path,
            function=function.name,
            mode=next(known for known in _MODES if known == mode),
            cursor=cursor,
            is_ordered=fields.boolean("ordered") or False,
            settings=settings,
            takes_cursor=bool(cursor) and "cursor" in arguments,
            timeout_s=fields.seconds("timeout"),
            memory_bytes=fields.quantity("memory", bytes_of, "write for example `2GB`"),
        )

    def _judge(self, fields: Fields, origin: PythonOrigin, *, has_key: bool) -> None:
        """Refuse keys that contradict each other."""
        wrong = []
        if origin.mode == "full" and origin.cursor:
            wrong.append(("cursor", "a cursor, and all rows are read each time", 'mode="append"'))
        if origin.mode == "merge" and not has_key:
            wrong.append(("mode", "no key by which newer rows replace older ones", 'key="id"'))
        if origin.is_ordered and not origin.cursor:
            wrong.append(("ordered", "an order, and no cursor that it is of", 'cursor="at"'))
        for word, what, fix in wrong:
            self._findings.add(
                "PRJ044",
                fields.where(word),
                what=f"source `{origin.function}` has {what}",
                why="keys without an effect, or that need one another, hide what is meant",
                fix=f"write `{fix}`, or take `{word}` out",
            )

    def _judge_arguments(self, function: Function, fields: Fields, given: set[str]) -> None:
        """Every argument receives a value, and every setting an argument."""
        spec = function.args
        arguments = {arg.arg: arg for arg in (*spec.args, *spec.kwonlyargs)}
        for name, arg in arguments.items():
            if name not in given and not has_default(function, name):
                fix = f'add `"{name}": ...` to `settings`'
                if name == "cursor":
                    fix = 'declare it: `mode="append", cursor="at"`'
                self._refuse_argument(arg, f"argument `{name}` has no value", fix)
        for arg in (*spec.posonlyargs, *filter(None, (spec.vararg, spec.kwarg))):
            self._refuse_argument(
                arg,
                f"argument `{arg.arg}` cannot be passed by name",
                "write plain arguments, without `/`, `*args`, `**kw`",
            )
        for name, key, _ in fields.mapping("settings", "{}") or MapNode((), 1, 1):
            if name not in arguments:
                self._findings.add(
                    "PRJ023",
                    where_of(self._file, key),
                    what=f"function `{function.name}` has no argument `{name}`",
                    why="settings are passed by the names of arguments",
                    fix=did_you_mean(name, arguments, "add the argument, or remove the entry"),
                )

    def _refuse_argument(self, arg: ast.arg, what: str, fix: str) -> None:
        why = "a source's arguments are its settings, and `cursor`, passed by name"
        self._findings.add("PRJ023", python_where(self._file, arg), what=what, why=why, fix=fix)

    def _is_name(self, fields: Fields, function: Function, word: str) -> bool:
        if is_identifier(word):
            return True
        where = python_where(self._file, function)
        self._findings.add(
            "PRJ007",
            where if word == function.name else fields.where("resources"),
            what=f"`{word}` is no name of a table",
            why="names are lower-case letters, digits and underscores, not starting with a digit",
            fix="rename the function; of dlt resources, return one and name the function as the table",
        )
        return False
