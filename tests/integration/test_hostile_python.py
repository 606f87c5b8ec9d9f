"""Python assets that fork, write where they should not, or return what is no table of values."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project

HEAD = "import os\nimport polars as pl\nfrom andon import asset\n\n\n@asset()\ndef p() -> pl.DataFrame:\n"


def outcome(folder: Path, *lines: str) -> str:
    """Why a.p was held after one run, or nothing."""
    write_project(folder, {"assets/a/p.py": HEAD + "".join(f"    {line}\n" for line in lines)})
    with andon.open(folder) as project:
        return " ".join(held.reason for held in project.run().held)


def test_a_fork_that_returns_gives_one_table(tmp_path: Path) -> None:
    line = "return pl.DataFrame({'n': [2 if os.fork() == 0 else 1]})"
    assert outcome(tmp_path, line) == ""
    assert rows_of(tmp_path, "from a.p") == [(1,)]


def test_bytes_written_over_the_reply_end_the_task_not_the_run(tmp_path: Path) -> None:
    lines = (
        "for fd in range(3, 50):",
        "    try: os.write(fd, b'garbage, and more of it')",
        "    except OSError: pass",
        "return pl.DataFrame({'n': [1]})",
    )
    assert "died" in outcome(tmp_path, *lines)


@pytest.mark.parametrize(
    "table",
    [
        "pl.DataFrame({'a': [object()]}, schema={'a': pl.Object})",
        "pl.DataFrame({'a': [1], 'A': [2]})",
    ],
)
def test_what_could_only_be_stored_as_something_else_is_refused(tmp_path: Path, table: str) -> None:
    assert "cannot be stored" in outcome(tmp_path, f"return {table}")
