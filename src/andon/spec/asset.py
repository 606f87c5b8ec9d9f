"""Declared assets: SQL and Python."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from andon.errors import Problem
from andon.names import AssetName
from andon.spec.check import NO_TOLERANCE, Check, Tolerance, references_of
from andon.spec.slicing import Keying, Slicing
from andon.sql.body import Span, SqlBody, TableRef

Form = Literal["polars", "pandas", "arrow", "duckdb"]
"""How a Python asset receives an input: polars.DataFrame, pandas.DataFrame, pyarrow.Table,
duckdb.DuckDBPyRelation."""


class PythonInput(Struct, frozen=True, kw_only=True):
    """One argument of a Python asset: name of the argument, asset read, form wanted."""

    argument: str
    asset: str
    form: Form


class PythonBody(Struct, frozen=True, kw_only=True, tag=True):
    """A Python asset, read from its syntax tree; planning never runs user code.

    Attributes:
        path: file relative to the project.
        function: name of the function.
        inputs: arguments in order.
        code_hash: hash of the function's canonical tree and of all it reaches in the project.
        distributions: name -> version of installed distributions reached, and Python's minor version.
        files: project files the code reads, declared with `files=`, relative -> content hash.
        parameters: declared parameters it takes as arguments.
    """

    path: str
    function: str
    inputs: tuple[PythonInput, ...]
    code_hash: str
    distributions: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    parameters: tuple[str, ...] = ()


class AssetSpec(Struct, frozen=True, kw_only=True):
    """One asset as declared.

    Attributes:
        name: dotted name, from the path.
        path: file that declares it, relative to the project.
        body: SQL or Python.
        materialize: ``table`` writes a snapshot, ``view`` is a bound query, ``incremental`` a
            snapshot of which only missing or changed intervals are run.
        slicing: how an incremental asset is parted.
        description, owner, tags: for people; never part of a fingerprint.
        key: columns of the declared key, may be empty.
        columns: declared types by column; the written columns are cast to them.
        column_notes: per column free declarations (description, classification), for people.
        checks: declared checks in order.
        limit: share or count of rows that quarantine may set aside over all its checks.
        together: names of publication groups it switches with.
        every_s: seconds after which a reading of the clock makes it due again; None means never by itself.
        retries: further attempts after a transient failure; None is the project's.
        timeout_s: longest run time of a Python asset; None is the project's.
        memory_bytes: memory of the worker of a Python asset; None is the project's.
        variant: values of the `for:` entry this asset came from, bound as parameters.
        warnings: problems that do not stop, e.g. results that depend on row order.
    """

    name: AssetName
    path: str
    body: SqlBody | PythonBody
    materialize: Literal["table", "view", "incremental"] = "table"
    slicing: Slicing | Keying | None = None
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    column_notes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    checks: tuple[Check, ...] = ()
    limit: Tolerance = Tolerance(share=0.01)
    together: tuple[str, ...] = ()
    every_s: float | None = None
    retries: int | None = None
    timeout_s: float | None = None
    memory_bytes: int | None = None
    variant: tuple[tuple[str, None | bool | int | float | str], ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Assets it is built from, each once.

        A quarantine check that reads another asset decides which rows are kept, so that asset is
        an input too.
        """
        if isinstance(self.body, SqlBody):
            code = self.body.reads
        else:
            code = tuple(item.asset for item in self.body.inputs)
        parting = (
            name
            for check in self.checks
            if check.on_fail == "quarantine"
            for name in references_of(check, self.name)
        )
        return tuple(dict.fromkeys((*code, *parting)))


__all__ = [
    "NO_TOLERANCE",
    "AssetSpec",
    "Form",
    "PythonBody",
    "PythonInput",
    "Span",
    "SqlBody",
    "TableRef",
]
