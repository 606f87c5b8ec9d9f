"""Files that are written to continuously: what was appended is landed as a delivery of its own."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from andon.acquisition.cursors import growth
from andon.acquisition.cursors.growth import Part, Reach
from andon.acquisition.cursors.sequence import next_number
from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.acquisition.deliveries.choose import Load
from andon.acquisition.deliveries.decide import delivery_id
from andon.catalog.records import Delivery
from andon.errors import Problem, TaskFailed
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.delimited.block import find_block, marks_of
from andon.reading.delimited.records import records
from andon.reading.delimited.survey import BOM
from andon.reading.stored.codecs import compression_of
from andon.sources.local.patterns import discover, locate
from andon.sources.local.records_end import last_end
from andon.spec.format import format_of
from andon.spec.source import SourceTable

_CHUNK = 1 << 20
_MOST_BYTES = 256 << 20
_BATCH_BYTES = 64 << 20
_BATCH_PARTS = 64
_TRIED_BYTES = 1 << 20


class _Due(Struct, frozen=True, kw_only=True):
    """What is to be landed of a file: from where on, and whether it began anew."""

    file: str
    life: int
    start: int
    end: int
    modified_ns: int
    is_anew: bool

    @property
    def part(self) -> Part:
        return Part(file=self.file, life=self.life, start=self.start, end=self.end)


class GrowingFiles:
    """Implements the port `Origin` for files of the file system that are appended to.

    A file is known again by the bytes before what was landed of it. Only complete records are landed;
    every part of delimited text begins with the header of its file.

    Args:
        root: folder of the project; declared paths are relative to it.
        store: keeps the bytes.
    """

    def __init__(self, root: Path, store: TableStore) -> None:
        self._root = root.absolute()
        self._store = store

    def look(
        self,
        table: SourceTable,
        known: Sequence[Delivery],
        last_run: datetime | None,  # noqa: ARG002  (what was landed is known by its bytes)
    ) -> Arrivals:
        """What was appended to each file; writes nothing. Safe to repeat.

        Raises:
            TaskFailed: (SRC001) there is nothing, and never was; (SRC068) a file cannot be read in parts.
        """
        due, left_out = self._due(table, known)
        if not due and not known:
            raise complaints.nothing_readable(table, left_out)
        found = [
            (
                item.is_anew,
                Found(
                    path=item.part.path,
                    bytes=item.end - item.start,
                    modified_ns=item.modified_ns,
                ),
            )
            for item in due
        ]
        return Arrivals(
            table=table.name,
            new=tuple(file for is_anew, file in found if not is_anew),
            changed=tuple(file for is_anew, file in found if is_anew),
            is_open=bool(due),
            left_out=left_out,
            anew=tuple(item.file for item in due if item.is_anew),
        )

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Keep what was appended; see the port. A file that shrinks meanwhile waits for the next look.

        Where the look found something it is looked again, under the lock, for others may have landed it.
        """
        if not arrivals.is_open:
            return
        number = next_number(known)
        most_bytes = _MOST_BYTES if most_rows is None else _TRIED_BYTES
        waiting: list[Delivery] = []
        for due in self._due(table, known)[0]:
            for part in self._parts(table, due, most_bytes):
                delivery = self._land(table, due, part, number, run_id, now)
                if delivery is None:
                    break
                number += 1
                waiting.append(delivery)
                size = sum(one.bytes for one in waiting)
                if most_rows is not None or size > _BATCH_BYTES or len(waiting) >= _BATCH_PARTS:
                    yield Batch(deliveries=tuple(waiting))
                    waiting = []
        if waiting:
            yield Batch(deliveries=tuple(waiting))

    def restore(self, table: SourceTable, load: Load) -> bool:
        """Land a range of a file anew if the file still holds it under its name."""
        part = growth.part_of(load.path)
        if part is None or not locate(self._root, part.file).is_file():
            return False
        with locate(self._root, part.file).open("rb") as stream:
            digest = sha256()
            for chunk in _whole(self._range(table, stream, part)):
                digest.update(chunk)
            if digest.hexdigest() != load.content:
                return False
            self._store.raw(load.content).unlink(missing_ok=True)
            self._store.land(cast("BinaryIO", self._range(table, stream, part)))
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _due(
        self, table: SourceTable, known: Sequence[Delivery]
    ) -> tuple[list[_Due], tuple[Problem, ...]]:
        """What is to be landed, in order of path, and a warning for each file that is left out."""
        with complaints.told_of_files():
            found = discover(self._root, table.paths)
        left_out = complaints.nameless(table, [file.path for file in found])
        for file in found:
            if file.path not in left_out:
                try:
                    self._probe(file.path)
                except TaskFailed as error:
                    left_out[file.path] = complaints.left_out(table, error)
        found = tuple(file for file in found if file.path not in left_out)
        reaches = growth.reached(known)
        own = growth.newest_life(reaches)
        goes_on = {file.path for file in found if self._is(own.get(file.path), file.path)}
        free = [r for r in reaches if r.file not in goes_on or own[r.file] is not r]
        due = []
        for file in found:
            with complaints.told_of_files(file.path), self._open(file.path) as stream:
                before = own.get(file.path)
                if file.path in goes_on and before is not None:
                    life, start, is_anew = before.life, before.end, False
                else:
                    moved = next((r for r in free if _is_moved(r, stream)), None)
                    start = moved.end if moved else 0
                    life, is_anew = (before.life + 1 if before else 1), before is not None
                facts = os.fstat(stream.fileno())
                end = start + last_end(
                    _chunks(stream, start, facts.st_size), _quote(table, file.path)
                )
            if end > start:
                self._refuse_whole(table, file.path)
                due.append(
                    _Due(
                        file=file.path,
                        life=life,
                        start=start,
                        end=end,
                        modified_ns=facts.st_mtime_ns,
                        is_anew=is_anew,
                    )
                )
        return due, tuple(left_out.values())

    def _probe(self, path: str) -> None:
        with complaints.told_of_files(path), self._open(path) as stream:
            stream.read(1)

    def _is(self, reach: Reach | None, path: str) -> bool:
        """Whether a file still is the one that was landed up to there."""
        if reach is None:
            return False
        with complaints.told_of_files(path), self._open(path) as stream:
            return _tail(stream, reach.end) == reach.tail

    def _parts(self, table: SourceTable, due: _Due, most_bytes: int) -> Iterator[Part]:
        """The range in pieces that are not too large, each of complete records."""
        start = due.start
        while start < due.end:
            end = due.end
            if end - start > most_bytes:
                with self._open(due.file) as stream:
                    chunks = _chunks(stream, start, start + most_bytes)
                    end = start + last_end(chunks, _quote(table, due.file))
                end = due.end if end == start else end
            yield Part(file=due.file, life=due.life, start=start, end=end)
            start = end

    def _land(
        self,
        table: SourceTable,
        due: _Due,
        part: Part,
        number: int,
        run_id: str,
        now: datetime,
    ) -> Delivery | None:
        """Land one part; None if the file does not hold it any more."""
        with complaints.told_of_files(part.file), self._open(part.file) as stream:
            bytes_ = self._range(table, stream, part)
            content, length = self._store.land(cast("BinaryIO", bytes_))
            tail = _tail(stream, part.end)
            if tail is None or bytes_.is_short or not _ends_line(stream, part.end):
                return None
            inode = _inode(stream)
        reach = Reach(
            file=part.file, life=part.life, end=part.end, inode=inode, tail=tail, number=number
        )
        return Delivery(
            id=delivery_id(table.name, part.path, content),
            table=table.name,
            path=part.path,
            content=content,
            bytes=length,
            modified_ns=due.modified_ns,
            arrived_at=now,
            run_id=run_id,
            number=number,
            position=growth.position_of(reach),
        )

    def _range(self, table: SourceTable, stream: BinaryIO, part: Part) -> _Range:
        """The bytes of a part as they are landed: behind the header of the file, if it has one."""
        header = b""
        quote = _quote(table, part.file)
        if part.start and quote is not None and table.dialect.header is not False:
            head = os.pread(stream.fileno(), min(_CHUNK, part.start), 0)
            form = table.format or format_of(part.file) or "csv"
            head = head.removeprefix(BOM)
            block = find_block(head, table.dialect, form, quote.decode())
            marks = marks_of(block.delimiter, table.dialect, quote.decode())
            found = records(io.BytesIO(head), marks)
            names = next(islice(found, block.before, None)).raw
            header = names + (b"\r\n" if names + b"\r\n" in head else b"\n")
        return _Range(stream, header, part.start, part.end)

    def _open(self, path: str) -> BinaryIO:
        return locate(self._root, path).open("rb")

    def _refuse_whole(self, table: SourceTable, path: str) -> None:
        kind: str = compression_of(locate(self._root, path))
        with self._open(path) as stream:
            if stream.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                kind = "in UTF-16"
        if kind != "none":
            raise TaskFailed(
                Problem(
                    code="SRC068",
                    what=f"`{path}` of `{table.name}` grows and cannot be read in parts: it is {kind}",
                    why="what is appended is read by itself, and a line end has to be one byte",
                    fix="write plain UTF-8, or take `grows` out: the file is then read whole",
                    where=table.where,
                )
            )


class _Range:
    """A stream of a header and a range of a file."""

    def __init__(self, stream: BinaryIO, header: bytes, start: int, end: int) -> None:
        self._stream, self._header = stream, header
        self._at, self._end = start, end
        self.is_short = False

    def read(self, size: int) -> bytes:
        """The next bytes, empty at the end of the range or of the file."""
        if self._header:
            piece, self._header = self._header, b""
            return piece
        wanted = min(size, self._end - self._at)
        piece = os.pread(self._stream.fileno(), wanted, self._at) if wanted else b""
        self._at += len(piece)
        self.is_short = self._at < self._end
        return piece


def _whole(stream: _Range) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _chunks(stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    return _whole(_Range(stream, b"", start, end))


def _quote(table: SourceTable, path: str) -> bytes | None:
    """The quote of delimited text; None of lines of JSON."""
    if (table.format or format_of(path)) == "jsonl":
        return None
    return (table.dialect.quote or '"').encode()


def _tail(stream: BinaryIO, end: int) -> str | None:
    """Hash of the bytes before a place; None if the file does not reach it."""
    start = max(0, end - growth.TAIL_BYTES)
    found = os.pread(stream.fileno(), end - start, start)
    return sha256(found).hexdigest() if len(found) == end - start else None


def _ends_line(stream: BinaryIO, end: int) -> bool:
    return os.pread(stream.fileno(), 1, end - 1) == b"\n"


def _inode(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_ino


def _is_moved(reach: Reach, stream: BinaryIO) -> bool:
    """Whether this is the file that was landed under another name."""
    facts = os.fstat(stream.fileno())
    if not growth.may_be(reach, facts.st_ino, facts.st_size):
        return False
    return _tail(stream, reach.end) == reach.tail
