"""Bytes that the engine can decompress and decode: the landed ones, else a staged copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from andon.acquisition.choose import Load
from andon.ports.table_store import TableStore
from andon.sources.codecs import compression_of
from andon.sources.plain_copy import write_plain_copy

_UTF8 = ("utf-8", "utf8", "utf-8-sig", "ascii")


class ReadableFiles:
    """Paths of the loads of one build; what has to be copied is copied once.

    Args:
        stage: gives the place of a copy by its name.
        encoding: the declared one, None is UTF-8.
    """

    def __init__(
        self, store: TableStore, stage: Callable[[str], Path], encoding: str | None = None
    ) -> None:
        self._store = store
        self._stage = stage
        known = encoding is None or encoding.lower() in _UTF8
        self._encoding = None if known else encoding
        self._copies: dict[str, Path] = {}

    def path(self, load: Load, encoding: str = "") -> Path:
        """Where to read a load, whose encoding was told where none is declared.

        Raises:
            TaskFailed: (SRC003) the bytes are not of the encoding; (SRC010) it is unknown.
        """
        raw = self._store.raw(load.content)
        wanted = self._encoding or encoding
        if not wanted and compression_of(raw) in ("none", "gzip", "zstd"):
            return raw
        if load.id not in self._copies:
            copy = self._stage(f"{load.id}.plain")
            write_plain_copy(raw, copy, load.path, wanted or None)
            self._copies[load.id] = copy
        return self._copies[load.id]
