"""Files of the local file system as an origin: find them, land their bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.acquisition.deliveries.choose import Load
from andon.acquisition.deliveries.decide import decide, delivery_id, has_to_be_read, newest_by_path
from andon.catalog.records import Delivery
from andon.errors import Problem, TaskFailed
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.reading.stored.digest import hash_file
from andon.sources.local.patterns import discover, locate
from andon.spec.source import SourceTable

_BEGINNING = 4096
"""Bytes by which most files differ that are no repetition of each other."""


class LocalFiles:
    """Implements the port `Origin` for files that the file system reaches.

    Args:
        root: folder of the project; declared paths are relative to it.
        store: keeps the bytes.
    """

    def __init__(self, root: Path, store: TableStore) -> None:
        self._root = root.absolute()
        self._store = store

    def look(
        self, table: SourceTable, known: Sequence[Delivery], last_run: datetime | None
    ) -> Arrivals:
        """Compare origin and catalog; writes nothing. Safe to repeat.

        Raises:
            TaskFailed: (SRC001) no file matches and none ever did; (SRC003) none of them can be read.
        """
        with complaints.told_of_files():
            found = discover(self._root, table.paths)
        nameless = complaints.nameless(table, [file.path for file in found])
        left_out = list(nameless.values())
        named = [file for file in found if file.path not in nameless]
        arrived = (
            self._further(table, named, known, last_run, left_out)
            if known
            else self._first(table, named, left_out)
        )
        if len(left_out) == len(found) and not known:
            raise complaints.nothing_readable(table, left_out)
        return replace(arrived, left_out=tuple(left_out))

    def _further(
        self,
        table: SourceTable,
        found: Sequence[Found],
        known: Sequence[Delivery],
        last_run: datetime | None,
        left_out: list[Problem],
    ) -> Arrivals:
        newest = newest_by_path(known)
        read = []
        for file in found:
            before = newest.get(file.path)
            if not has_to_be_read(file, before, last_run):
                read.append(file)
                continue
            try:
                read.append(self._hashed(file))
            except TaskFailed as error:
                left_out.append(complaints.left_out(table, error))
                # What was landed of it stands; it has not vanished.
                read += [file] if before else []
        return decide(table.name, read, known)

    def _first(
        self, table: SourceTable, found: Sequence[Found], left_out: list[Problem]
    ) -> Arrivals:
        """Files of a table of which none was ever landed: all are new or repeat one another.

        One of another length or another beginning than all others repeats none; it is hashed when it
        is landed, not twice.
        """
        alike: dict[tuple[int, bytes], list[Found]] = {}
        for file in found:
            try:
                alike.setdefault((file.bytes, self._beginning(file)), []).append(file)
            except TaskFailed as error:
                left_out.append(complaints.left_out(table, error))
        read = [self._hashed(file) for group in alike.values() if len(group) > 1 for file in group]
        single = [group[0] for group in alike.values() if len(group) == 1]
        arrived = decide(table.name, read, ())
        new = sorted((*arrived.new, *single), key=lambda file: file.path)
        return replace(arrived, new=tuple(new))

    def _hashed(self, file: Found) -> Found:
        with complaints.told_of_files(file.path):
            return replace(file, content=hash_file(locate(self._root, file.path)))

    def _beginning(self, file: Found) -> bytes:
        place = locate(self._root, file.path)
        with complaints.told_of_files(file.path), place.open("rb", buffering=0) as stream:
            return stream.read(_BEGINNING)

    def land(
        self,
        table: SourceTable,
        arrivals: Arrivals,
        known: Sequence[Delivery],
        run_id: str,
        now: datetime,
        most_rows: int | None = None,
    ) -> Iterator[Batch]:
        """Keep the bytes of what arrived; see the port. Safe to repeat: ids are by content.

        A file that changed since it was looked at is recorded with the bytes that were kept.
        """
        repeated = [file for file, _ in arrivals.repeated]
        files = sorted([*arrivals.new, *arrivals.changed, *repeated], key=lambda f: f.path)
        if most_rows is not None:
            files = files[:1]
        deliveries, left_out = [], []
        for file in files:
            try:
                with complaints.told_of_files(file.path):
                    opened = locate(self._root, file.path).open("rb")
            except TaskFailed as error:
                left_out.append(complaints.left_out(table, error))
                continue
            with opened as stream:
                deliveries.append(self._land(table, file, stream, run_id, now))
        if left_out and not deliveries and not known:
            raise complaints.nothing_readable(table, left_out)
        if files:
            yield Batch(deliveries=tuple(deliveries), left_out=tuple(left_out))

    def restore(self, table: SourceTable, load: Load) -> bool:  # noqa: ARG002
        """Land the bytes of a file anew if it still holds them."""
        origin = locate(self._root, load.path)
        if not origin.is_file() or hash_file(origin) != load.content:
            return False
        self._store.raw(load.content).unlink(missing_ok=True)
        with origin.open("rb") as stream:
            self._store.land(stream)
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def _land(
        self, table: SourceTable, file: Found, stream: BinaryIO, run_id: str, now: datetime
    ) -> Delivery:
        # The time is taken before the bytes: a later write shows up as a change.
        modified_ns = os.fstat(stream.fileno()).st_mtime_ns
        content, length = self._store.land(stream)
        return Delivery(
            id=delivery_id(table.name, file.path, content),
            table=table.name,
            path=file.path,
            content=content,
            bytes=length,
            modified_ns=modified_ns,
            arrived_at=now,
            run_id=run_id,
        )
