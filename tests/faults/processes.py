"""Starting, waiting for and reading from child processes of fault tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.factories import child_environment


def start(mode: str, folder: Path, **given: object) -> subprocess.Popen[str]:
    """Start a child of `tests.faults.child`."""
    return _start(mode, folder, given, None)


def _start(
    mode: str, folder: Path, given: Mapping[str, object], stdin: int | None
) -> subprocess.Popen[str]:
    settings = [f"{name}={value}" for name, value in given.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", mode, str(folder), *settings],
        env=child_environment(),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(
    child: subprocess.Popen[str], timeout_s: float = 120, text: str | None = None
) -> tuple[int, list[Any], str]:
    """Exit code (negative: killed by that signal), JSON lines it printed, standard error.

    Args:
        text: written to its standard input, as far as it lives to read it.
    """
    try:
        out, err = child.communicate(text, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        raise AssertionError(f"a child did not end within {timeout_s} s\n{out}\n{err}") from None
    return child.returncode, [json.loads(line) for line in out.splitlines()], err


def call(mode: str, folder: Path, **given: object) -> tuple[int, list[Any], str]:
    """Run a child to its end."""
    return finish(start(mode, folder, **given))


def feed(mode: str, folder: Path, text: str, **given: object) -> tuple[int, list[Any], str]:
    """Run a child to its end, with a text on its standard input."""
    return finish(_start(mode, folder, given, subprocess.PIPE), text=text)
