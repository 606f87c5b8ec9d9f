"""Open the bytes of a file that was landed, from within a Python asset or beside one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from andon.errors import Problem, TaskFailed
from andon.stores.files import raw_path

STORE = "ANDON_STORE"
"""Environment variable that names the folder of the store; workers set it for each task."""

_HASH = re.compile(r"[0-9a-f]{64}\Z")


def open_file(sha256: str) -> BinaryIO:
    """The bytes of a landed file, for reading.

    A file set (`format: files`) has the hash of each file in its column ``sha256``. The bytes are
    those that were landed, whatever became of the file since: they are as much a function of the
    table as its rows are. Outside of an asset, as in a test of its function, the environment
    variable ``ANDON_STORE`` names the folder of the store (``.andon`` of a project).

    Args:
        sha256: SHA-256 of the bytes, 64 hexadecimal digits.

    Raises:
        TaskFailed: (SRC032) no file with that hash was landed, or it is not known where to look.
    """
    root = os.environ.get(STORE, "")
    if not root:
        raise _missing("it is not known in which store to look", f"set `{STORE}` to its folder")
    return open_landed(Path(root), sha256)


def open_landed(root: Path, sha256: str) -> BinaryIO:
    """The same in a given store."""
    if not _HASH.match(sha256):
        raise _missing("that is no SHA-256 of 64 digits", "take it from the column `sha256`")
    try:
        return raw_path(root, sha256).open("rb")
    except FileNotFoundError:
        raise _missing("no file with that hash was landed", "run `andon run` first") from None


def _missing(reason: str, fix: str) -> TaskFailed:
    return TaskFailed(
        Problem(
            code="SRC032",
            what=f"a landed file cannot be opened: {reason}",
            why="bytes are kept by their hash, which a file set has in its column `sha256`",
            fix=fix,
        )
    )
