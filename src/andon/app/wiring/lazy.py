"""Ports that start when they are first used, so that a run with nothing to do stays light."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Generic, TypeVar

from andon.ports.engine import Engine, Held, Scalar, Written
from andon.ports.sql_reader import SqlReader
from andon.schema import Schema

T = TypeVar("T")
E = TypeVar("E", bound=Engine)


class Once(Generic[T]):
    """Makes a thing on first call and gives the same one ever after. Thread-safe."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: T | None = None
        self._lock = threading.Lock()

    def __call__(self) -> T:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def made(self) -> T | None:
        """The thing if it was made, else None."""
        return self._made


class LazyEngine(Generic[E]):
    """An `Engine` that starts on first use."""

    def __init__(self, once: Once[E], version: str) -> None:
        self._once = once
        self.version = version

    @property
    def reader(self) -> SqlReader:
        """See the port."""
        return self._once().reader

    def scan(self, schema: Schema, paths: Sequence[Path]) -> str:
        """See the port."""
        return self._once().scan(schema, paths)

    def describe(self, query: str, parameters: Mapping[str, Scalar]) -> Schema:
        """See the port."""
        return self._once().describe(query, parameters)

    def hold(
        self, query: str, parameters: Mapping[str, Scalar]
    ) -> AbstractContextManager[Held | None]:
        """See the port."""
        return self._once().hold(query, parameters)

    def write(
        self, query: str, parameters: Mapping[str, Scalar], schema: Schema, path: Path
    ) -> Written:
        """See the port."""
        return self._once().write(query, parameters, schema, path)

    def rows(
        self, query: str, parameters: Mapping[str, Scalar] | None = None
    ) -> list[tuple[Any, ...]]:
        """See the port."""
        return self._once().rows(query, parameters or {})

    def digest_columns(self, schema: Schema) -> tuple[str, str]:
        """See the port."""
        return self._once().digest_columns(schema)

    def digest_algorithm(self) -> str:
        """See the port."""
        return self._once().digest_algorithm()
