"""Settings of an engine session: fixed, closed to the outside, and locked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from andon.engines.duckdb.types import literal


def open_session(
    directories: Sequence[Path],
    *,
    threads: int | None,
    memory_bytes: int | None,
    spill_bytes: int | None,
    spill_dir: Path,
) -> duckdb.DuckDBPyConnection:
    """A new in-memory instance that reads and writes below `directories` only.

    Row order is not kept unless a query orders its rows; time zone and collation are fixed.
    """
    connection = duckdb.connect(":memory:", config=_config(threads, memory_bytes))
    listed = ", ".join(literal(str(path)) for path in directories)
    connection.execute("set global TimeZone = 'UTC'")
    connection.execute(f"set allowed_directories = [{listed}]")
    connection.execute(f"set temp_directory = {literal(str(spill_dir))}")
    if spill_bytes is not None:
        # After the folder: DuckDB forgets the limit, yet goes on showing it, when the folder is set.
        connection.execute(f"set max_temp_directory_size = '{spill_bytes}B'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def _config(
    threads: int | None, memory_bytes: int | None
) -> dict[str, str | bool | int | float | list[str]]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
        "python_enable_replacements": False,
        "default_collation": "",
    }
    if threads is not None:
        config["threads"] = threads
    if threads == 1:
        # Reading ahead in other threads costs more than it gives where there is one for the work.
        config["async_threads"] = 0
    if memory_bytes is not None:
        config["memory_limit"] = f"{memory_bytes}B"
    return config
