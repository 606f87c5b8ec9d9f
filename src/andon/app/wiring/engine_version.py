"""Version of the installed engine, told without importing it."""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path

_PACKAGE = "duckdb"


def engine_version() -> str:
    """Version of DuckDB as its installer recorded it.

    The name of the record's folder tells it; `importlib.metadata`, which reads the record, takes
    longer to import than a run with nothing to do takes otherwise.
    """
    spec = PathFinder.find_spec(_PACKAGE)
    if spec is not None and spec.origin is not None:
        for place in Path(spec.origin).parents[1].glob(f"{_PACKAGE}-*.dist-info"):
            return place.name.removeprefix(f"{_PACKAGE}-").removesuffix(".dist-info")
    from importlib.metadata import version

    return version(_PACKAGE)
