"""One worker process as its parent sees it."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from andon.errors import Problem, Unavailable
from andon.execution.workers.protocol import (
    GoOn,
    Reply,
    Task,
    WorkerSettings,
    read_reply,
    write_message,
)

_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH")
_PASSED_ON_TOO = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USER", "VIRTUAL_ENV")
_LAST_LINES = 12
_GRACE_S = 2.0


class WorkerProcess:
    """A process in a group of its own: an interrupt at the terminal does not reach it.

    Attributes:
        replies: replies in order; None when the process is gone.
        is_ready: whether it has answered everything it was asked.
    """

    def __init__(self, settings: WorkerSettings, talk: Callable[[str, str], None]) -> None:
        self.replies: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()
        self.is_ready = False
        self._talk = talk
        self._asset = ""
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._process = _start(settings)
        self._spill_dir = Path(settings.spill_dir) / f"worker-{self._process.pid}"
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._hear, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._relay, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def send(self, task: Task) -> None:
        """Hand over a task; a process that is gone is told by `replies`."""
        self.is_ready = False
        self._asset = task.asset
        self._said.clear()
        self._write(task)

    def go_on(self) -> None:
        """Ask for the next piece of the task."""
        self._write(GoOn())

    def _write(self, message: Task | GoOn) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            write_message(self._process.stdin, message)  # type: ignore[arg-type]  # IO[bytes] of a pipe

    def memory_bytes(self) -> int | None:
        """Resident memory now, or None where the system does not tell."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return None
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End the process and what it started, at once."""
        with contextlib.suppress(ProcessLookupError):
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Let it end by itself, or kill it; releases its pipes. Safe to repeat."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()
        for reader in self._readers:
            reader.join(_GRACE_S)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self._spill_dir, ignore_errors=True)  # a killed worker leaves it behind

    def cause_of_death(self) -> str:
        """Signal or exit code in words."""
        code = self._process.wait(_GRACE_S)
        if code >= 0:
            return f"exit code {code}"
        try:
            return f"signal {-code} ({signal.Signals(-code).name})"
        except ValueError:
            return f"signal {-code}"

    def last_words(self) -> str:
        """The last lines it wrote to standard error."""
        self._readers[1].join(_GRACE_S)
        return "\n".join(self._said)

    def _hear(self, stream: IO[bytes]) -> None:
        while True:
            try:
                reply = read_reply(stream)  # type: ignore[arg-type]  # IO[bytes] of a pipe
            except (msgspec.MsgspecError, ValueError, OverflowError, MemoryError):
                # The user's code wrote to the pipe: nothing that follows can be trusted.
                self.kill()
                reply = None
            self.replies.put(reply)
            if reply is None:
                return

    def _relay(self, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode(errors="replace").rstrip("\n")
            self._said.append(line)
            self._talk(self._asset, line)


def _start(settings: WorkerSettings) -> subprocess.Popen[bytes]:
    """Start `python -m andon.app.workers.worker` with an environment of few variables."""
    given = msgspec.json.encode(settings).decode()
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "andon.app.workers.worker", given],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(settings),
            start_new_session=True,
        )
    except OSError as error:
        raise Unavailable(
            Problem(
                code="PYA007",
                what="a worker process could not be started",
                why=f"the system refused it: {error.strerror}",
                fix="free processes or memory on the machine, then run again",
            )
        ) from error


def _environment(settings: WorkerSettings) -> dict[str, str]:
    """Few variables, so that a result does not depend on the shell; hashes of text are fixed."""
    names, threads = (*_PASSED_ON, *_PASSED_ON_TOO), settings.threads
    environment = {name: os.environ[name] for name in names if name in os.environ}
    package_root = str(Path(__file__).resolve().parents[2])
    path = [package_root, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
        "OMP_NUM_THREADS": str(threads),
        "POLARS_MAX_THREADS": str(threads),
        # What dlt would keep in the home of the user goes where the worker spills, and nowhere else.
        "DLT_DATA_DIR": str(Path(settings.spill_dir) / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
