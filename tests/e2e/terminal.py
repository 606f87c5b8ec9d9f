"""The program `andon` as a process, as a person or a script calls it."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = (sys.executable, "-m", "andon.cli.main")
SOURCE = str(Path(__file__).parents[2] / "src")


def environment(**extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM", "ANDON_USER")}
    return {**kept, "PYTHONPATH": SOURCE, "TERM": "xterm", **extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def andon(*arguments: str, at: Path, given: str = "") -> Answer:
    done = subprocess.run(
        [*PROGRAM, *arguments],
        cwd=at,
        env=environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Answer(code=done.returncode, out=done.stdout, err=done.stderr)


def on_a_terminal(*arguments: str, at: Path, **extra: str) -> str:
    """Everything a terminal would be sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=at,
        env=environment(**extra),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    ) as process:
        os.close(theirs)
        sent = b""
        while select.select([ours], [], [], 60)[0]:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the other side is closed: Linux says EIO
                break
            if not piece:
                break
            sent += piece
        process.wait(timeout=60)
    os.close(ours)
    return sent.decode("utf-8")
