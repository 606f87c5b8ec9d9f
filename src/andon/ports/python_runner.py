"""Port of the workers that run Python assets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from andon.ports.engine import Scalar, Written
from andon.schema import Schema
from andon.spec.asset import Form


class PythonInputData(Struct, frozen=True, kw_only=True):
    """One argument: a table expression of the engine that reads it, and the form wanted."""

    argument: str
    scan: str
    form: Form


class PythonTask(Struct, frozen=True, kw_only=True):
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


class PythonRunner(Protocol):
    """Runs Python assets in worker processes. Thread-safe; a crash fails one task only."""

    def run(self, task: PythonTask) -> PythonResult:
        """Run to the end.

        Raises:
            TaskFailed: (PYA...) the function raised (its own traceback, from the user's line), returned
                something else than a table, ran out of time or memory, or its process died.
            Cancelled: after `interrupt`.
        """
        ...

    def interrupt(self) -> None:
        """Kill the workers that run now."""
        ...

    def close(self) -> None:
        """End all workers. Safe to repeat."""
        ...
