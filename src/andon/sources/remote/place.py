"""What a place with remote files can do: list them, tell of one, and give its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from andon.acquisition.patterns import Search
from andon.sources.remote.failures import Failure

PAGE = 1000
"""Files that one request lists, where the place lets one choose."""


class Entry(Struct, frozen=True, kw_only=True):
    """A remote file as its place tells of it.

    Attributes:
        key: path below bucket, container or host.
        bytes: length, None if the place does not tell.
        modified_ns: time of the last change, 0 if the place does not tell.
        version: mark of these bytes (ETag, generation), empty if there is none.
        md5: of the bytes, as hexadecimal text, empty if it is not known.
    """

    key: str
    bytes: int | None = None
    modified_ns: int = 0
    version: str = ""
    md5: str = ""


class Body(Protocol):
    """Bytes of one file on their way."""

    @property
    def entry(self) -> Entry:
        """What is told of exactly these bytes."""
        ...

    def read(self, most: int) -> bytes:
        """The next bytes, at least one, or none at the end."""
        ...

    def after(self) -> Entry | None:
        """What is told of the file once all was read; None where the bytes cannot have changed."""
        ...


class Place(Protocol):
    """One kind of place, reached with one set of settings.

    All methods raise `Failure` and nothing else: what it is tells whether to try again.
    """

    is_exact: bool
    """Whether other bytes at a path always have another version."""

    def find(self, host: str, search: Search) -> Iterator[Entry]:
        """Files that a search has to look at, with few requests; the caller matches the names."""
        ...

    def look(self, host: str, key: str) -> Entry | None:
        """One file, None if it is not there."""
        ...

    def open(self, host: str, key: str) -> AbstractContextManager[Body]:
        """Its bytes as they are now, all of one version where the place can promise that."""
        ...


__all__ = ["Body", "Entry", "Failure", "Place"]
