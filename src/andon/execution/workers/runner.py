"""A pool of worker processes for Python code: started when first needed, used again, watched."""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from andon import errors
from andon.errors import AndonError, Cancelled, InternalError, Problem, TaskFailed
from andon.execution.workers.process import WorkerProcess
from andon.execution.workers.protocol import Done, Failed, Reply, Task, WorkerSettings
from andon.ports.python_runner import Piece, PythonResult, PythonTask, SourceTask

_WATCH_S = 0.05
"""How often memory is looked at: a worker may pass its limit for that long."""


def _to_stderr(asset: str, line: str) -> None:
    sys.stderr.write(f"{asset}: {line}\n")


class WorkerPool:
    """Runs Python functions in worker processes; implements the port `PythonRunner`.

    Memory is watched where the system has ``/proc`` (Linux); elsewhere only the engine inside the
    worker keeps its limit. A worker that kept much memory after a task is replaced.

    Args:
        size: workers that run at once.
        threads: threads of each worker, its engine included.
        memory_bytes: memory of a worker where a task names none; None is no limit.
        spill_bytes: spill space of each worker.
        spill_dir: folder for spilled data, one folder per worker below it.
        talk: takes (asset, line) of what user code prints; default writes it to standard error.
    """

    def __init__(
        self,
        *,
        size: int,
        threads: int = 1,
        memory_bytes: int | None = None,
        spill_bytes: int | None = None,
        spill_dir: Path,
        talk: Callable[[str, str], None] = _to_stderr,
    ) -> None:
        self._settings = WorkerSettings(
            threads=threads,
            memory_bytes=memory_bytes // 2 if memory_bytes else None,
            spill_bytes=spill_bytes,
            spill_dir=str(spill_dir),
        )
        self._memory_bytes = memory_bytes
        self._talk = talk
        self._places = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()
        self._interrupted: set[WorkerProcess] = set()

    def run(self, task: PythonTask) -> PythonResult:
        """Run one task to the end; see the port for its errors."""
        with self._places:
            worker = self._take()
            try:
                worker.send(task)
                reply = self._watched(worker, task)
                worker.is_ready = True
            finally:
                self._give_back(worker, task)
        match reply:
            case Done(result=result):
                return result
            case Failed(kind=kind, problems=problems):
                raise _error_of(kind, problems)
            case Piece():
                raise _out_of_turn(task)

    def stream(self, task: SourceTask) -> Iterator[Piece]:
        """Pieces of a source; see the port."""
        with self._places:
            worker = self._take()
            try:
                worker.send(task)
                while True:
                    match self._watched(worker, task):
                        case Piece(path=None) as last:
                            worker.is_ready = True
                            yield last
                            return
                        case Piece() as piece:
                            yield piece
                            worker.go_on()
                        case Failed(kind=kind, problems=problems):
                            worker.is_ready = True
                            raise _error_of(kind, problems)
                        case Done():
                            raise _out_of_turn(task)
            finally:
                if not worker.is_ready:  # its function waits for a next that does not come
                    worker.kill()
                self._give_back(worker, task)

    def interrupt(self) -> None:
        """Kill the workers that run now."""
        with self._lock:
            self._interrupted |= self._busy
            busy = list(self._busy)
        for worker in busy:
            worker.kill()

    def close(self) -> None:
        """End all workers. Safe to repeat."""
        self.interrupt()
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()

    def _take(self) -> WorkerProcess:
        with self._lock:
            while self._idle:
                worker = self._idle.pop()
                if worker.is_alive:
                    self._busy.add(worker)
                    return worker
                worker.close()
        worker = WorkerProcess(self._settings, self._talk)
        with self._lock:
            self._busy.add(worker)
        return worker

    def _give_back(self, worker: WorkerProcess, task: Task) -> None:
        """Keep a worker that is well for the next task."""
        limit = task.memory_bytes or self._memory_bytes
        used = worker.memory_bytes() or 0
        is_well = worker.is_ready and (limit is None or used < limit // 2)
        with self._lock:
            self._busy.discard(worker)
            self._interrupted.discard(worker)
            if is_well:
                self._idle.append(worker)
        if not is_well:
            worker.close()

    def _watched(self, worker: WorkerProcess, task: Task) -> Reply:
        """Wait for the reply; kill the worker when time or memory runs out."""
        limit = task.memory_bytes or self._memory_bytes
        deadline = time.monotonic() + task.timeout_s
        while True:
            try:
                reply = worker.replies.get(timeout=_WATCH_S)
            except queue.Empty:
                if time.monotonic() > deadline:
                    worker.kill()
                    raise _timed_out(task) from None
                used = worker.memory_bytes() if limit else None
                if limit and used and used > limit:
                    worker.kill()
                    raise _too_much_memory(task, limit) from None
                continue
            if reply is not None:
                return reply
            with self._lock:
                was_interrupted = worker in self._interrupted
            raise _stopped(task) if was_interrupted else _died(task, worker)


def _error_of(kind: str, problems: tuple[Problem, ...]) -> AndonError:
    found = getattr(errors, kind, None)
    if isinstance(found, type) and issubclass(found, AndonError):
        return found(*problems)
    return InternalError(*problems)


def _out_of_turn(task: Task) -> InternalError:
    return InternalError(
        Problem(
            code="PYA004",
            what=f"the process that ran `{task.function}` answered out of turn",
            why="parent and worker do not understand each other",
            fix="run again; if it comes back, report it as a fault of Andon",
        )
    )


def _failed(code: str, what: str, why: str, fix: str, task: Task) -> TaskFailed:
    where = errors.Where(path=task.path)
    return TaskFailed(Problem(code=code, what=what, why=why, fix=fix, where=where))


def _timed_out(task: Task) -> TaskFailed:
    if isinstance(task, SourceTask):
        return _failed(
            "PYA002",
            f"`{task.function}` yielded nothing for {task.timeout_s:g} s",
            "a source that hangs fails by itself; what it yielded before is kept",
            "give its requests a timeout of their own, or raise `timeout` of the source",
            task,
        )
    return _failed(
        "PYA002",
        f"`{task.function}` ran longer than {task.timeout_s:g} s",
        "every Python asset has a longest run time, so that one that hangs fails by itself",
        "make it faster, or raise `timeout` of the asset or in andon.toml",
        task,
    )


def _too_much_memory(task: Task, limit: int) -> TaskFailed:
    return _failed(
        "PYA003",
        f"`{task.function}` used more than {limit / 2**20:.0f} MiB of memory",
        "the limit keeps one asset from taking the machine down with everything else on it",
        "yield smaller batches, or raise `memory` of the source"
        if isinstance(task, SourceTask)
        else 'take inputs as "duckdb" and aggregate there first, or raise `memory` of the asset',
        task,
    )


def _died(task: Task, worker: WorkerProcess) -> TaskFailed:
    return _failed(
        "PYA004",
        f"the process that ran `{task.function}` died: {worker.cause_of_death()}",
        worker.last_words() or "the process said nothing before it ended",
        "look for a native library that crashes, a call of os._exit, or lack of memory on the machine",
        task,
    )


def _stopped(task: Task) -> Cancelled:
    return Cancelled(
        Problem(
            code="PYA005",
            what=f"`{task.function}` was stopped",
            why="the run was interrupted",
            fix="run again; what was finished is kept",
        )
    )
