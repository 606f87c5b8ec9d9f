"""What looking at a raw table's origin finds."""

from __future__ import annotations

from msgspec import Struct

from andon.errors import Problem


class Found(Struct, frozen=True, kw_only=True):
    """A file as it lies at its origin.

    Attributes:
        path: relative to the project where it lies below it, else absolute; posix form. Of a remote
            file its address without anything that may be secret.
        bytes: length, -1 if it is not known before it is read.
        content: SHA-256 if it had to be read to decide, else None: it is unchanged by its hints, or
            it is new whatever its bytes are. Of a remote file it is known once it is landed.
        version: the store's own mark of these bytes (ETag, generation), empty if it gives none.
        is_exact: whether other bytes always have another mark, so that time does not matter.
    """

    path: str
    bytes: int
    modified_ns: int
    content: str | None = None
    version: str = ""
    is_exact: bool = False


class Arrivals(Struct, frozen=True, kw_only=True):
    """What looking at a raw table's origin found, compared with the known deliveries.

    Attributes:
        new: files never seen at their path.
        changed: files whose bytes differ from the newest known version at their path.
        repeated: (file, path that has the same bytes): same bytes under another path.
        vanished: known paths that are no longer there.
        is_open: only asking tells whether there is anything new.
        asks: in words, what would be asked for.
        waits: why there is no table yet: nothing ever arrived, and nothing tells its columns.
        left_out: a warning for each file that cannot be looked at; the others are there.
        anew: files that grow and are not what they were: truncated, replaced or moved away.
    """

    table: str
    new: tuple[Found, ...] = ()
    changed: tuple[Found, ...] = ()
    repeated: tuple[tuple[Found, str], ...] = ()
    vanished: tuple[str, ...] = ()
    is_open: bool = False
    asks: str = ""
    waits: tuple[Problem, ...] = ()
    left_out: tuple[Problem, ...] = ()
    anew: tuple[str, ...] = ()
