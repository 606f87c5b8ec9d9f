"""Python assets, read from their syntax tree; no user code runs."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

from msgspec import Struct
from msgspec.structs import replace

from andon.names import asset_name_of, did_you_mean
from andon.project.asset_keys import COMMON, Declared, read_declared
from andon.project.fields import Fields, where_of
from andon.project.imports import Imports, imports_of
from andon.project.python_literals import LiteralReader
from andon.project.python_options import Function, has_default, python_where, read_options
from andon.project.slicing_keys import read_slicing
from andon.project.text import Findings, TextFile
from andon.project.yaml import ScalarNode
from andon.spec.asset import AssetSpec, Form, PythonBody, PythonInput
from andon.spec.check import Check
from andon.spec.quantity import bytes_of
from andon.spec.slicing import Slicing

KEYS = (
    *COMMON,
    "inputs",
    "materialize",
    "interval",
    "every",
    "retries",
    "timeout",
    "memory",
    "files",
    "parameters",
)
FORMS: dict[str, Form] = {
    "polars.DataFrame": "polars",
    "pandas.DataFrame": "pandas",
    "pyarrow.Table": "arrow",
    "duckdb.DuckDBPyRelation": "duckdb",
}
_FORM_FIX = (
    "annotate it with pl.DataFrame, pd.DataFrame, pa.Table or duckdb.DuckDBPyRelation "
    "(import polars as pl, pandas as pd, pyarrow as pa)"
)


class Found(Struct, frozen=True, kw_only=True):
    """A declared function: the asset without its code hash, and what the hash needs."""

    asset: AssetSpec
    inputs: tuple[PythonInput, ...]
    parameters: tuple[str, ...]
    files: tuple[str, ...]
    function: str


def read_declaration(file: TextFile, findings: Findings) -> Found | None:
    """The one decorated function of a file, or None with problems noted."""
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
    marked = [
        (node, decorator)
        for node in tree.body
        if isinstance(node, Function)
        for decorator in node.decorator_list
        if is_asset_decorator(decorator, imports)
    ]
    if len(marked) != 1:
        function = marked[1][0] if marked else None
        findings.add(
            "PRJ020",
            python_where(file, function) if function else file.where(1),
            what=f"{file.path} declares {len(marked)} assets with `@asset(...)`",
            why="the asset's name comes from its path, so a file holds exactly one",
            fix="keep one `@asset` function; name files with helpers only `_name.py`",
        )
        return None
    function, decorator = marked[0]
    before = len(findings.problems)
    found = _Reader(file, findings, tree, imports).read(function, decorator)
    return found if found and len(findings.problems) == before else None


def is_asset_decorator(node: ast.expr, imports: Imports) -> bool:
    """Whether a decorator is Andon's ``asset``, however it was imported."""
    target = node.func if isinstance(node, ast.Call) else node
    return imports.dotted(target) in ("andon.asset", "andon.spec.declare.asset")


class _Reader:
    def __init__(
        self, file: TextFile, findings: Findings, tree: ast.Module, imports: Imports
    ) -> None:
        self._file, self._findings, self._imports = file, findings, imports
        self._literals = LiteralReader(tree, imports, file)

    def read(self, function: Function, decorator: ast.expr) -> Found | None:
        if isinstance(function, ast.AsyncFunctionDef):
            self._refuse(
                "PRJ020",
                function,
                "an asset cannot be an `async` function",
                "it is called in a worker process and must return a table",
                "remove `async`",
            )
        options = read_options(decorator, self._literals, self._file, self._findings)
        if options is None:
            return None
        node, checks = options
        fields = Fields(self._file, self._findings, node, KEYS, "`@asset`")
        declared = read_declared(fields)
        kind = fields.choice("materialize", ("table", "incremental"), "table")
        slicing = None
        if kind == "incremental" and "interval" not in fields.values:
            fields.wrong(
                fields.values["materialize"],
                "materialize",
                "told with an `interval`: what a function makes of keys cannot be known",
                '"incremental", interval={"column": "day", "every": "day", "inputs": {...}}',
            )
        elif kind == "incremental" or "interval" in fields.values:
            slicing = read_slicing(fields, kind, declared.key)
        if isinstance(slicing, Slicing) and not slicing.inputs:
            fields.wrong(
                fields.values["interval"],
                "interval",
                "told by which columns the inputs are parted",
                '{"column": "day", "every": "day", "inputs": {"staging.orders": "ordered_at"}}',
            )
        parameters, files = fields.names("parameters"), fields.names("files")
        inputs = self._inputs(function, fields, parameters)
        path = PurePosixPath(self._file.path)
        asset = self._asset(fields, declared, checks, path)
        if slicing is not None:
            asset = replace(asset, materialize="incremental", slicing=slicing)
        return Found(
            asset=asset, inputs=inputs, parameters=parameters, files=files, function=function.name
        )

    def _asset(
        self, fields: Fields, declared: Declared, checks: tuple[Check, ...], path: PurePosixPath
    ) -> AssetSpec:
        return AssetSpec(
            name=asset_name_of(path.relative_to("assets")),
            path=self._file.path,
            body=PythonBody(path=self._file.path, function="", inputs=(), code_hash=""),
            description=declared.description,
            owner=declared.owner,
            tags=declared.tags,
            key=declared.key,
            columns=declared.columns,
            column_notes=declared.notes,
            checks=checks,
            limit=declared.limit,
            together=declared.together,
            every_s=fields.seconds("every"),
            retries=fields.count("retries"),
            timeout_s=fields.seconds("timeout"),
            memory_bytes=fields.quantity("memory", bytes_of, "write for example `2GB`"),
        )

    def _inputs(
        self, function: Function, fields: Fields, parameters: tuple[str, ...]
    ) -> tuple[PythonInput, ...]:
        declared = fields.mapping("inputs", '{"orders": "staging.orders"}')
        wanted = {argument: value for argument, _, value in declared or ()}
        spec = function.args
        arguments = {arg.arg: arg for arg in [*spec.args, *spec.kwonlyargs]}
        for arg in [*spec.posonlyargs, *filter(None, (spec.vararg, spec.kwarg))]:
            self._refuse(
                "PRJ023",
                arg,
                f"argument `{arg.arg}` cannot be passed by name",
                "arguments are passed by name",
                "write plain arguments, without `/`, `*args`, `**kw`",
            )
        for name, arg in arguments.items():
            if name not in wanted and name not in parameters and not has_default(function, name):
                self._refuse(
                    "PRJ023",
                    arg,
                    f"argument `{name}` has no input",
                    "each argument receives an asset or a parameter",
                    f'add `"{name}": "schema.table"` to `inputs`, or `{name}` to `parameters`',
                )
        for name, node in {**wanted, **dict.fromkeys(parameters, fields.node)}.items():
            if name not in arguments:
                fix = did_you_mean(name, arguments, "add the argument, or remove the entry")
                self._findings.add(
                    "PRJ023",
                    where_of(self._file, node),
                    what=f"function `{function.name}` has no argument `{name}`",
                    why="inputs and parameters are passed by the names of arguments",
                    fix=fix,
                )
        found = []
        for name, node in wanted.items():
            asset = node.value if isinstance(node, ScalarNode) else None
            if not isinstance(asset, str):
                fields.wrong(node, "inputs", "argument -> asset", '{"orders": "staging.orders"}')
            elif name in arguments:
                form = self._form(arguments[name])
                if form is not None:
                    found.append(PythonInput(argument=name, asset=asset, form=form))
        order = list(arguments)
        return tuple(sorted(found, key=lambda item: order.index(item.argument)))

    def _form(self, arg: ast.arg) -> Form | None:
        annotation = arg.annotation
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                annotation = None
        name = self._imports.dotted(annotation) if annotation is not None else None
        form = FORMS.get(_public(name)) if name else None
        if form is None:
            shown = "has no annotation"
            if annotation is not None:
                shown = f"has annotation `{ast.unparse(annotation)}`, which names no form"
            self._refuse(
                "PRJ022",
                arg,
                f"argument `{arg.arg}` {shown}",
                "the annotation says in which form the input arrives",
                _FORM_FIX,
            )
        return form

    def _refuse(
        self, code: str, node: ast.stmt | ast.expr | ast.arg, what: str, why: str, fix: str
    ) -> None:
        where = python_where(self._file, node)
        self._findings.add(code, where, what=what, why=why, fix=fix)


def _public(name: str) -> str:
    """``polars.dataframe.DataFrame`` as ``polars.DataFrame``."""
    parts = name.split(".")
    return f"{parts[0]}.{parts[-1]}"
