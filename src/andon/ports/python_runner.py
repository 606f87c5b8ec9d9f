"""Port of the workers that run Python assets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from andon.ports.engine import Scalar, Written
from andon.schema import Schema
from andon.spec.asset import Form


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonInputData:
    """One argument: a table expression of the engine that reads it, and the form wanted."""

    argument: str
    scan: str
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonTask:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonResult:
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
