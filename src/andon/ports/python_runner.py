"""Port of the workers that run the Python functions of a project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from andon.ports.engine import Scalar, Written
from andon.schema import Schema
from andon.spec.asset import Form
from andon.spec.origin import Mode


class PythonInputData(Struct, frozen=True, kw_only=True):
    """One argument: a table expression of the engine that reads it, and the form wanted."""

    argument: str
    scan: str
    form: Form


class PythonTask(Struct, frozen=True, kw_only=True, tag=True):
    """One call of a user's function in a worker process.

    Attributes:
        root: folder of the project; it is put on the worker's import path.
        path, function: where the function is.
        parameters: declared parameters passed as keyword arguments.
        columns: declared column types the result is cast to.
        output: staged Parquet file to write.
        memory_bytes: memory of the worker process, None is no limit of its own.
        timeout_s: time after which the worker is killed.
    """

    asset: str
    root: Path
    store_root: Path
    path: str
    function: str
    inputs: tuple[PythonInputData, ...]
    parameters: Mapping[str, Scalar]
    columns: tuple[tuple[str, str], ...]
    output: Path
    logical_time: datetime
    memory_bytes: int | None
    timeout_s: float


class PythonResult(Struct, frozen=True, kw_only=True):
    """What the worker wrote."""

    schema: Schema
    written: Written


class KnownPart(Struct, frozen=True, kw_only=True):
    """A part that a source function yielded before, as it was landed."""

    path: Path
    form: Literal["jsonl", "parquet"]
    position: str


class SourceTask(Struct, frozen=True, kw_only=True, tag=True):
    """One call of a source's function in a worker process.

    Attributes:
        asset: name of the raw table.
        root: folder of the project; it is put on the worker's import path.
        path, function, resource: where the function is, and what it returns is wanted.
        settings: values handed to it by name; takes_cursor: whether the cursor is handed over.
        mode, cursor, is_ordered, key: as declared.
        position: of the last part that is known, empty if there is none.
        known: parts from which rows may come again.
        folder: where pieces are written.
        most_rows: rows, or a little more, after which it may end.
        timeout_s: longest wait for the next piece, after which the worker is killed.
    """

    asset: str
    root: Path
    store_root: Path
    path: str
    function: str
    resource: str
    settings: Mapping[str, str]
    takes_cursor: bool
    mode: Mode
    cursor: str
    is_ordered: bool
    key: tuple[str, ...]
    position: str
    known: tuple[KnownPart, ...]
    folder: Path
    most_rows: int | None
    memory_bytes: int | None
    timeout_s: float


class Piece(Struct, frozen=True, kw_only=True, tag=True):
    """Rows that a source function yielded, written to a file.

    Attributes:
        path: the file; None ends the pieces, and tells the last position.
        form: of the file.
        position: how far the function was read with it, as JSON text.
    """

    path: Path | None
    form: Literal["jsonl", "parquet"] = "jsonl"
    rows: int = 0
    position: str = ""


class PythonRunner(Protocol):
    """Runs functions in worker processes. Thread-safe; a crash fails one task only."""

    def run(self, task: PythonTask) -> PythonResult:
        """Run to the end.

        Raises:
            TaskFailed: (PYA...) the function raised (its own traceback, from the user's line), returned
                something else than a table, ran out of time or memory, or its process died.
            Cancelled: after `interrupt`.
        """
        ...

    def stream(self, task: SourceTask) -> Iterator[Piece]:
        """Pieces of a source; the function is asked for more when the next piece is asked for.

        The last one has no path. Closing the iterator ends the function.

        Raises:
            TaskFailed: (PYA...) as `run`; (SRC...) what it yields cannot be kept.
            Cancelled: after `interrupt`.
        """
        ...

    def interrupt(self) -> None:
        """Kill the workers that run now."""
        ...

    def close(self) -> None:
        """End all workers. Safe to repeat."""
        ...
