"""Push: keep documents from a stream, chunk by chunk, durable and recorded before they are told."""

from __future__ import annotations

import os
import select
import tempfile
import time
from collections.abc import Callable
from typing import IO, BinaryIO, cast

from msgspec import Struct

from andon.acquisition.cursors import sequence
from andon.catalog.commit import AddDeliveries, Commit, Emit
from andon.errors import Problem, TaskFailed, UsageError
from andon.events import DeliveryLanded
from andon.execution.line import Tools
from andon.names import did_you_mean
from andon.spec.origin import PushOrigin
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable

MOST_BYTES = 8 << 20
LONGEST_S = 5.0
"""A chunk is kept when it is so large or so old."""

LONGEST_LINE = 64 << 20
"""Bytes without a line end after which a stream is given up: no document may have so many."""

_PIECE = 1 << 16
_IN_MEMORY = 16 << 20
_LOOK_S = 0.1
_MARK = b"\xef\xbb\xbf"


class Kept(Struct, frozen=True, kw_only=True):
    """What is durable and recorded so far.

    Attributes:
        broken: documents that are no JSON object, as their first sign tells; a run sets them aside.
        parts: how many chunks that is.
    """

    table: str
    documents: int = 0
    broken: int = 0
    bytes: int = 0
    parts: int = 0


def pushable(spec: ProjectSpec, name: str) -> SourceTable:
    """The table that a name means: itself, or the one table of a source.

    Raises:
        UsageError: (SRC060) there is none; (SRC066) it is not pushed into.
    """
    found = [t for t in spec.source_tables if name == t.name]
    found = found or [t for t in spec.source_tables if name == t.source]
    pushed = [t for t in found if isinstance(t.origin, PushOrigin)]
    if len(pushed) == 1:
        return pushed[0]
    known = [str(t.name) for t in spec.source_tables if isinstance(t.origin, PushOrigin)]
    if not found:
        raise UsageError(
            Problem(
                code="SRC060",
                what=f"project `{spec.name}` declares no source or raw table `{name}`",
                why="a source has the name of its file in sources/, a table that of `source.table`",
                fix=did_you_mean(name, known, "declare it with `connection: {kind: push}`"),
            )
        )
    raise UsageError(
        Problem(
            code="SRC066",
            what=f"`{name}` names several tables that are pushed into"
            if pushed
            else f"`{name}` is not pushed into",
            why="a stream goes into one table of a source with `connection: {kind: push}`",
            fix=did_you_mean(
                name, known, "name one of: " + ", ".join(known) if known else "declare one"
            ),
        )
    )


class Push:
    """One stream into one table.

    Args:
        stopping: asked a few times a second; what was read by then is kept.
        tell: called after each chunk, with what is kept so far.
    """

    def __init__(
        self,
        tools: Tools,
        table: SourceTable,
        *,
        most_bytes: int = MOST_BYTES,
        longest_s: float = LONGEST_S,
        stopping: Callable[[], bool] = lambda: False,
        tell: Callable[[Kept], None] = lambda _: None,
    ) -> None:
        self._tools = tools
        self._table = table
        self._most_bytes = most_bytes
        self._longest_s = longest_s
        self._stopping = stopping
        self._tell = tell
        self._run_id = tools.new_id()
        self.kept = Kept(table=table.name)

    def read(self, descriptor: int) -> Kept:
        """Keep all that comes until the end of the stream, or until told to stop.

        A chunk ends with a line; the last one is kept as it is.

        Raises:
            Unavailable: (STO002) no room; TaskFailed: (STO001) the disk failed; (SRC072) a line has no
                end. What was told is safe.
        """
        # Memory for a chunk, and a file for a large one.
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            buffer = cast("IO[bytes]", spool)
            length, ends, began = 0, 0, 0.0
            while not self._stopping():
                ready, _, _ = select.select([descriptor], [], [], _LOOK_S)
                piece = os.read(descriptor, _PIECE) if ready else None
                if piece == b"":
                    break
                if piece:
                    began = began if length else time.monotonic()
                    buffer.write(piece)
                    end = piece.rfind(b"\n") + 1
                    ends = length + end if end else ends
                    length += len(piece)
                is_old = time.monotonic() - began >= self._longest_s
                if ends and (length >= self._most_bytes or is_old):
                    length = self._cut(buffer, ends)
                    ends, began = 0, time.monotonic()
                if length - ends > LONGEST_LINE:
                    if ends:
                        self._cut(buffer, ends)
                    raise TaskFailed(_endless(self.kept))
            if length:
                self._cut(buffer, length)
        return self.kept

    def _cut(self, buffer: IO[bytes], end: int) -> int:
        """Keep the bytes up to `end`; the rest stays in the buffer. Returns how many that is."""
        buffer.seek(0)
        chunk = _Limited(buffer, end)
        self._land(chunk, end)
        buffer.seek(end)
        rest = buffer.read()
        buffer.seek(0)
        buffer.truncate()
        buffer.write(rest)
        self.kept = Kept(
            table=self._table.name,
            documents=self.kept.documents + chunk.documents,
            broken=self.kept.broken + chunk.broken,
            bytes=self.kept.bytes + end,
            parts=self.kept.parts + 1,
        )
        self._tell(self.kept)
        return len(rest)

    def _land(self, chunk: _Limited, length: int) -> None:
        """Make a chunk durable and record it."""
        tools, table = self._tools, self._table
        content, landed = tools.store.land(cast("BinaryIO", chunk))
        assert landed == length
        with tools.store.lock(f"land-{table.name}"):
            number = tools.catalog.last_number(table.name) + 1
            delivery = sequence.part(
                table,
                f"{table.name}.jsonl",
                number,
                (content, landed),
                self._run_id,
                tools.clock.now(),
            )
            event = DeliveryLanded(
                run_id=self._run_id,
                table=table.name,
                path=delivery.path,
                content=content,
                bytes=landed,
            )
            updates = (AddDeliveries(deliveries=(delivery,)), Emit(event=event))
            tools.catalog.commit(Commit(updates=updates), tools.clock.now())


def _endless(kept: Kept) -> Problem:
    return Problem(
        code="SRC072",
        what=f"the stream into `{kept.table}` has no line end in {LONGEST_LINE >> 20} MB",
        why=f"documents are told apart by lines; the {kept.bytes:,} bytes before this line are kept, "
        "nothing behind them is",
        fix="write one JSON document a line, then send again from there",
    )


class _Limited:
    """The first bytes of a stream, with a count of the lines in them that are not blank, and of those
    that begin as no object does."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream, self._left = stream, length
        self._first = b""
        self.documents = self.broken = 0

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        *lines, last = piece.split(b"\n")
        for line in lines:
            self._look(line)
            self._end()
        self._look(last)
        if piece and not self._left:
            self._end()
        return piece

    def _look(self, part: bytes) -> None:
        self._first = self._first or part.removeprefix(_MARK).lstrip()[:1]

    def _end(self) -> None:
        self.documents += bool(self._first)
        self.broken += self._first not in (b"", b"{")
        self._first = b""
