"""Bytes of the loads of one build: as they were landed, out of an archive, decompressed, decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from andon.acquisition.deliveries.choose import Load
from andon.ports.table_store import TableStore
from andon.reading.stored.codecs import is_for_the_engine, most_expanded, open_plain
from andon.reading.stored.plain_copy import write_plain_copy
from andon.spec.source import SourceTable

_UTF8 = ("utf-8", "utf8", "utf-8-sig", "ascii")


class ReadableFiles:
    """Paths and streams of the loads of one build; what has to be copied is copied once.

    Args:
        stage: gives the place of a copy by its name.
    """

    def __init__(self, store: TableStore, stage: Callable[[str], Path], table: SourceTable) -> None:
        self._store = store
        self._stage = stage
        self._most = table.expand_limit
        encoding = table.dialect.encoding
        known = encoding is None or encoding.lower() in _UTF8
        self._encoding = None if known else encoding
        self._members: dict[str, Path] = {}
        self._copies: dict[str, Path] = {}

    def raw(self, load: Load) -> Path:
        """Where the bytes of a load lie as they came; those of a member are taken out of its archive.

        Raises:
            TaskFailed: (SRC003, SRC013, SRC016) the member cannot be taken out.
        """
        if not load.member:
            return self._store.raw(load.content)
        if load.id not in self._members:
            from andon.reading.stored.archives import extract

            copy = self._stage(f"{load.id}.member")
            archive = self._store.raw(load.archive)
            extract(archive, load, copy, most_expanded(archive, self._most))
            self._members[load.id] = copy
        return self._members[load.id]

    def path(self, load: Load, encoding: str = "") -> Path:
        """Where the engine can read a load, whose encoding was told where none is declared.

        Raises:
            TaskFailed: (SRC003) the bytes are not of the encoding; (SRC010) it is unknown.
        """
        raw = self.raw(load)
        wanted = self._encoding or encoding
        if not wanted and is_for_the_engine(raw):
            return raw
        if load.id not in self._copies:
            copy = self._stage(f"{load.id}.plain")
            write_plain_copy(raw, copy, load.path, wanted or None, self._most)
            self._copies[load.id] = copy
        return self._copies[load.id]

    @contextmanager
    def open(self, load: Load, encoding: str = "") -> Iterator[IO[bytes]]:
        """The plain bytes of a load as a stream.

        Raises:
            TaskFailed: (SRC003) the file is damaged; (SRC013) it becomes too large.
        """
        with open_plain(self.path(load, encoding), load.path, self._most) as stream:
            yield stream

    def head(self, load: Load, length: int) -> bytes:
        """The first plain bytes of a load."""
        with self.open(load) as stream:
            return stream.read(length)
