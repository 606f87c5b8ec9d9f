"""Connections to one catalog file: lent to one thread at a time, never carried across a fork.

SQLite keeps file locks in the memory of a process and the kernel drops them on
fork, so a child that used, or merely owned, an inherited connection could
break the locks of others. Before each fork all idle connections are closed,
and the fork waits for those that are lent to other threads.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from andon.stores.durable import fsync_folder, make_folder
from andon.stores.sqlite import failures, migrate
from andon.stores.sqlite.place import MOUNTS, network_kind

_FORK_WAIT_S = 10.0
_all: weakref.WeakSet[Connections] = weakref.WeakSet()


@dataclass(slots=True, eq=False, weakref_slot=True)
class Connections:
    """Opens, lends and keeps connections.

    Attributes:
        path: the catalog's file.
        read_only: never write, whatever the rights are.
        mounts: table of mounted file systems.
    """

    path: Path
    read_only: bool
    mounts: Path = MOUNTS
    _idle: list[sqlite3.Connection] = field(default_factory=list)
    _lent: dict[int, int] = field(default_factory=dict)
    """How many connections each thread (by identity) has at the moment."""
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _is_checked: bool = False
    _fixed: tuple[int, int] | None = None
    """Time and size of the file when it was opened as one that does not change."""

    def __post_init__(self) -> None:
        _all.add(self)

    @property
    def can_write(self) -> bool:
        """Whether this process may write the file and its folder."""
        if self.read_only:
            return False
        folder = self.path.parent
        while not folder.exists():
            folder = folder.parent
        return os.access(folder, os.W_OK) and (
            not self.path.exists() or os.access(self.path, os.W_OK)
        )

    @property
    def exists(self) -> bool:
        """Whether there is a catalog to read."""
        return self.path.exists() and self.path.stat().st_size > 0

    @contextmanager
    def lend(self, *, reading: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone; what is left open in it is rolled back.

        One for reading is had even where the disk has no room for what SQLite keeps beside a file.
        """
        connection = self._take()
        try:
            if connection is None:
                connection = self._open(reading=reading)
            yield connection
            if self._fixed is not None and self._fixed != _stamp(self.path):
                raise failures.changing(self.path)
        finally:
            self._give_back(connection)

    def _take(self) -> sqlite3.Connection | None:
        me = threading.get_ident()
        with self._turn:
            self._lent[me] = self._lent.get(me, 0) + 1
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: sqlite3.Connection | None) -> None:
        """Keep a sound connection for later. One on a fixed file would not see it change."""
        if connection is not None and (self._fixed is not None or not _is_clean(connection)):
            connection.close()
            connection = None
        me = threading.get_ident()
        with self._turn:
            if connection is not None:
                self._idle.append(connection)
            self._lent[me] -= 1
            if not self._lent[me]:
                del self._lent[me]
            self._turn.notify_all()

    def close(self) -> None:
        """Close what is idle. Safe to repeat; a later use opens again."""
        with self._turn:
            while self._idle:
                self._idle.pop().close()

    def _open(self, *, reading: bool) -> sqlite3.Connection:
        self._check_place()
        if not self.can_write:
            return self._open_for_reading()
        try:
            connection = self._open_for_writing()
        except sqlite3.OperationalError as error:
            if not reading or failures.is_busy(error) or not self.exists:
                raise
            return self._open_fixed(error)
        self._fixed = None
        return connection

    def _open_for_writing(self) -> sqlite3.Connection:
        if not self.exists:
            make_folder(self.path.parent)
        connection = self._connect("rw" if self.path.exists() else "rwc")
        try:
            if migrate.version_of(connection, self.path) < migrate.KNOWN_VERSION:
                self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Give a new or older file its tables; several processes may come here at once."""
        connection.execute("pragma journal_mode = wal")
        connection.execute("begin immediate")
        try:
            migrate.migrate(connection, self.path)
            connection.execute("commit")
        finally:
            if connection.in_transaction:
                connection.execute("rollback")
        fsync_folder(self.path.parent)

    def _open_for_reading(self) -> sqlite3.Connection:
        """Plain reading where SQLite can; in a read-only folder without journal as a fixed file."""
        connection = self._connect("ro")
        try:
            version = migrate.version_of(connection, self.path)
        except sqlite3.OperationalError as error:
            connection.close()
            if failures.is_busy(error) or os.access(self.path.parent, os.W_OK):
                raise
            connection = self._open_fixed(error)
            version = migrate.version_of(connection, self.path)
        if version < migrate.KNOWN_VERSION:
            connection.close()
            raise failures.read_only(self.path)
        return connection

    def _open_fixed(self, error: sqlite3.OperationalError) -> sqlite3.Connection:
        """Read the file as one that nobody changes; that nobody did is looked at afterwards."""
        journal = self.path.with_name(self.path.name + "-wal")
        if journal.exists() and journal.stat().st_size:
            raise failures.unclean(self.path) from error
        self._fixed = _stamp(self.path)
        return self._connect("ro&immutable=1")

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            timeout=0.05,
            isolation_level=None,
            check_same_thread=False,
        )
        if mode.startswith("rw"):
            connection.execute("pragma synchronous = full")
        return connection

    def _check_place(self) -> None:
        if self._is_checked:
            return
        if self.mounts.exists():
            place = PurePosixPath(self.path.parent.resolve())
            kind = network_kind(place, self.mounts.read_text())
            if kind is not None:
                raise failures.network(self.path, kind)
        self._is_checked = True

    def before_fork(self) -> None:
        """Wait until no other thread uses a connection, close the idle ones, and hold the door."""
        self._turn.acquire()
        deadline = time.monotonic() + _FORK_WAIT_S
        me = threading.get_ident()
        while set(self._lent) - {me} and time.monotonic() < deadline:
            self._turn.wait(timeout=0.1)
        while self._idle:
            self._idle.pop().close()

    def after_fork_in_parent(self) -> None:
        """Open the door."""
        self._turn.release()

    def after_fork_in_child(self) -> None:
        """Start with nothing: the other threads, and what was lent to them, do not exist here."""
        self._turn = threading.Condition()
        self._lent = {}
        self._idle = []


def _stamp(path: Path) -> tuple[int, int]:
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size


def _is_clean(connection: sqlite3.Connection) -> bool:
    """Whether the connection has no open transaction, after rolling back what was left."""
    try:
        if connection.in_transaction:
            connection.execute("rollback")
    except sqlite3.Error:
        return False
    return True


_forking: list[Connections] = []
_fork_gate = threading.Lock()


def _before_fork() -> None:
    _fork_gate.acquire()
    _forking.extend(sorted(_all, key=id))
    for connections in _forking:
        connections.before_fork()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop().after_fork_in_parent()
    _fork_gate.release()


def _after_fork_in_child() -> None:
    while _forking:
        _forking.pop().after_fork_in_child()
    _fork_gate.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
