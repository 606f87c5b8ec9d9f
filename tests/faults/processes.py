"""Starting, waiting for and reading from child processes of fault tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.factories import child_environment


def start(mode: str, folder: Path, **given: object) -> subprocess.Popen[str]:
    """Start a child of `tests.faults.child`."""
    settings = [f"{name}={value}" for name, value in given.items()]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.child", mode, str(folder), *settings],
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child: subprocess.Popen[str], timeout_s: float = 120) -> tuple[int, list[Any], str]:
    """Exit code (negative: killed by that signal), JSON lines it printed, standard error."""
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
        raise AssertionError(f"a child did not end within {timeout_s} s\n{out}\n{err}") from None
    return child.returncode, [json.loads(line) for line in out.splitlines()], err


def call(mode: str, folder: Path, **given: object) -> tuple[int, list[Any], str]:
    """Run a child to its end."""
    return finish(start(mode, folder, **given))
