"""Bytes that end only if they are whole: anything else is a failure, so that it is never landed."""

from __future__ import annotations

import io
from hashlib import md5

from andon.sources.remote.failures import Failure
from andon.sources.remote.place import Body, Entry


class CheckedStream(io.RawIOBase):
    """A body as a binary stream; at its end length, checksum and version are compared.

    Args:
        body: the bytes.
    """

    def __init__(self, body: Body) -> None:
        super().__init__()
        self._body = body
        self._count = 0
        self._digest = md5(usedforsecurity=False) if body.entry.md5 else None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes, none at the end.

        Raises:
            Failure: the body is shorter or longer than was told, of another checksum, or it changed
                while it was read.
        """
        chunk = self._body.read(size if size > 0 else 1 << 20)
        if not chunk:
            self._check()
            return b""
        self._count += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)
        return chunk

    def _check(self) -> None:
        entry = self._body.entry
        if entry.bytes is not None and self._count != entry.bytes:
            raise Failure("broken", f"{self._count:,} of {entry.bytes:,} bytes arrived")
        if self._digest is not None and self._digest.hexdigest() != entry.md5:
            raise Failure("broken", "the bytes that arrived have another checksum")
        after = self._body.after()
        if after is not None and not _is_same(entry, after):
            raise Failure("changed", "it changes while it is read")


def _is_same(before: Entry, after: Entry) -> bool:
    """Whether two answers tell of the same bytes, as far as both tell."""
    told = (
        (before.bytes, after.bytes),
        (before.version or None, after.version or None),
        (before.modified_ns or None, after.modified_ns or None),
    )
    return all(one is None or other is None or one == other for one, other in told)
