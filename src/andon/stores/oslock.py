"""Locks of the operating system: held by an open file, gone with the process, whatever kills it.

Every lock is taken on a file description of its own, so two threads of one
process exclude each other as two processes do.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from msgspec import Struct

_held: set[int] = set()


def _forget_in_child() -> None:
    """Close inherited descriptors, or the lock of a dead parent would live on in its child."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)


class HeldLock(Struct, frozen=True):
    """A lock that is held until `release`."""

    path: Path
    descriptor: int
    process: int

    def release(self, *, unlink: bool = False) -> None:
        """Give the lock back; `unlink` deletes its file first. Safe to repeat."""
        if self.descriptor not in _held or self.process != os.getpid():
            return
        if unlink:
            self.path.unlink(missing_ok=True)
        _held.discard(self.descriptor)
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        os.close(self.descriptor)


def take(path: Path, *, wait: bool) -> HeldLock | None:
    """Lock a file, creating it if need be; None if another holds it and `wait` is false.

    The file may be deleted by whoever cleans up between opening and locking it; then the lock
    would guard nothing, so it is taken again on the new file.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if _is_still(path, descriptor):
            _held.add(descriptor)
            return HeldLock(path, descriptor, os.getpid())
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock; never creates the file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_still(path: Path, descriptor: int) -> bool:
    mine = os.fstat(descriptor)
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return (mine.st_dev, mine.st_ino) == (now.st_dev, now.st_ino)
