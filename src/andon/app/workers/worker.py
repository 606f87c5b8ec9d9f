"""Process that runs the Python code of a project: ``python -m andon.app.workers.worker SETTINGS``.

Tasks come in on standard input, replies go out on standard output; what the user's code prints goes
to standard error. The process ends when its parent does.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from andon.app.workers import user_code
from andon.app.workers.open_file import STORE
from andon.engines.duckdb.engine import DuckDBEngine
from andon.engines.duckdb.frames import to_arrow, to_pandas, to_polars
from andon.errors import AndonError
from andon.execution.workers.protocol import (
    Done,
    Failed,
    GoOn,
    Message,
    Reply,
    WorkerSettings,
    read_message,
    write_message,
)
from andon.ports.python_runner import (
    Piece,
    PythonInputData,
    PythonResult,
    PythonTask,
    SourceTask,
)
from andon.ports.table_store import DATA_FOLDERS


def main() -> None:
    """Run tasks until the parent closes the pipe."""
    settings = msgspec.json.decode(sys.argv[1], type=WorkerSettings)
    tasks, replies = _take_pipes()
    faulthandler.enable()
    waiting: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(tasks, waiting), daemon=True).start()
    worker = Worker(settings)
    while True:
        message = waiting.get()
        match message:
            case PythonTask():
                _answer(replies, worker.run(message))
            case SourceTask():
                for reply in worker.stream(message):
                    _answer(replies, reply)
                    if isinstance(reply, Piece) and reply.path is not None:
                        waiting.get()  # until the piece is durable
            case GoOn():
                pass  # after the last piece; there is nothing to go on with


def _answer(replies: BinaryIO, reply: Reply) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    write_message(replies, reply)


class Worker:
    """Runs one task at a time, on an engine that stays open between tasks."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._process_id = os.getpid()
        self._engine: DuckDBEngine | None = None
        self._engine_key: tuple[Path, int | None] | None = None

    def run(self, task: PythonTask) -> Reply:
        """Run a task; every error becomes a reply."""
        try:
            return Done(result=self._build(task))
        except AndonError as error:
            return Failed(kind=type(error).__name__, problems=error.problems)

    def stream(self, task: SourceTask) -> Iterator[Reply]:
        """Pieces of a source; the function is not asked for more before the next one is asked for."""
        from andon.app.workers.source_code import Stream, begun_with
        from andon.app.workers.source_items import Opened

        _put_first(str(task.root))
        user_code.forget_project(task.root)
        os.environ["DLT_PROJECT_DIR"] = str(task.root)  # dlt looks for its settings there
        opened = Opened(task, begun_with(task))
        stream = Stream(task, lambda: self._open(task), opened.state)
        arguments: dict[str, Any] = dict(task.settings)
        if task.takes_cursor:
            arguments["cursor"] = stream.progress.since
        found = user_code.items(
            task.root, task.path, task.function, arguments, opened.items, asset=task.asset
        )
        try:
            for piece in stream.pieces(found):
                if os.getpid() != self._process_id:
                    os._exit(0)  # as in `_build`
                yield piece
        except AndonError as error:
            yield Failed(kind=type(error).__name__, problems=error.problems)

    def _build(self, task: PythonTask) -> PythonResult:
        engine = self._open(task)
        os.environ[STORE] = str(task.store_root)
        _put_first(str(task.root))
        user_code.forget_project(task.root)
        arguments: dict[str, Any] = {item.argument: _argument(engine, item) for item in task.inputs}
        arguments.update(task.parameters)
        table = user_code.call(task.root, task.path, task.function, arguments, asset=task.asset)
        if os.getpid() != self._process_id:
            os._exit(0)  # a fork that the user's code let return: only the first process answers
        schema, written = engine.write_table(table, task.columns, task.output)
        return PythonResult(schema=schema, written=written)

    def _open(self, task: PythonTask | SourceTask) -> DuckDBEngine:
        """Half of the worker's memory is the engine's, the rest is for the user's tables."""
        limit = task.memory_bytes // 2 if task.memory_bytes else self._settings.memory_bytes
        key = (task.store_root, limit)
        if self._engine is None or self._engine_key != key:
            if self._engine is not None:
                self._engine.close()
            self._engine_key = key
            self._engine = DuckDBEngine(
                task.store_root,
                threads=self._settings.threads,
                memory_bytes=limit,
                spill_bytes=self._settings.spill_bytes,
                spill_dir=Path(self._settings.spill_dir) / f"worker-{os.getpid()}",
                extra_directories=() if isinstance(task, SourceTask) else (task.output.parent,),
                folders=DATA_FOLDERS,
            )
        return self._engine


def _argument(engine: DuckDBEngine, item: PythonInputData) -> object:
    relation = engine.relation(f"from {item.scan}")
    match item.form:
        case "duckdb":
            return relation
        case "arrow":
            return to_arrow(relation)
        case "polars":
            return to_polars(relation)
        case "pandas":
            return to_pandas(relation)


def _put_first(folder: str) -> None:
    if sys.path[:1] != [folder]:
        sys.path[:] = [folder, *(entry for entry in sys.path if entry != folder)]


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the parent under private numbers; the user's code has none of them."""
    tasks = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return tasks, replies


def _receive(tasks: BinaryIO, waiting: queue.SimpleQueue[Message]) -> None:
    """Hand over messages; the end of the pipe is the end of the parent, so leave at once."""
    while True:
        message = read_message(tasks)
        if message is None:
            os._exit(0)
        waiting.put(message)


if __name__ == "__main__":
    main()
