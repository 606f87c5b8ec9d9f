"""All benchmarks at one size, as one table: ``python -m benchmarks [--size small|full]``."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Row, table

PROMISES = ("scale", "tpch", "memory", "files", "days", "checks", "search", "database", "catalog")
"""Modules with ``measure(size, folder) -> list[Row]``; those that work in this process come last, since
a child's peak memory counts from its parent's."""


def main() -> int:
    """Print the table; 0 if every bar is met, else 1."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("promises", nargs="*", metavar="PROMISE", help=", ".join(PROMISES))
    given = parser.parse_args()
    for unknown in set(given.promises) - set(PROMISES):
        parser.error(f"there is no promise `{unknown}`; there are {', '.join(PROMISES)}")
    rows: list[Row] = []
    for promise in given.promises or PROMISES:
        with tempfile.TemporaryDirectory() as folder:
            print(f"measuring {promise} ...", file=sys.stderr, flush=True)
            rows += import_module(f"benchmarks.{promise}").measure(given.size, Path(folder))
    print(f"Python {platform.python_version()}, DuckDB {version('duckdb')}, {platform.machine()}\n")
    print(table(rows))
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
