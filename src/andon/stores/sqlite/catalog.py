"""The catalog on SQLite: one file, many reading and writing processes on one machine."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from andon.catalog.records import Audit, Delivery, Publication, RunRecord, Snapshot, State
from andon.errors import AndonError, RequirementFailed
from andon.stores.sqlite import failures, pins, queries, slices
from andon.stores.sqlite.connections import Connections
from andon.stores.sqlite.encoding import from_us, to_us
from andon.stores.sqlite.place import MOUNTS
from andon.stores.steps import OnStep, ignore

if TYPE_CHECKING:
    from andon.catalog.commit import Commit, Committed
    from andon.catalog.slices import Figure, Piece, Slice
    from andon.catalog.use import Read, Reads
    from andon.events import Event

Result = TypeVar("Result")

_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.1
_RELEASE_S = 1.0
"""Longest wait of a reader that is done for other writers: nothing rests on what it has to write."""
_MICROSECOND = timedelta(microseconds=1)


class SqliteCatalog:
    """A `CatalogStore`, `SliceStore` and `UseStore` in one SQLite file, in write-ahead mode, fully synchronous.

    The file is created by the first write; before that every read finds an empty catalog. Next to
    it lies the folder ``pins`` with the locks of live readers.

    Args:
        path: file of the catalog; on a local disk.
        read_only: refuse every write, as it is refused anyway where the rights do not suffice.
        busy_s: how long to wait for other writers before `Unavailable`.
        on_step: called before and after each durable step, for fault tests.
        mounts: table of mounted file systems, to detect a network file system.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        busy_s: float = 60.0,
        on_step: OnStep = ignore,
        mounts: Path = MOUNTS,
    ) -> None:
        self._path = path
        self._busy_s = busy_s
        self._step = on_step
        self._connections = Connections(path, read_only, mounts)

    def commit(self, commit: Commit, now: datetime) -> Committed:
        """Carry out a commit; see the port.

        The first snapshot of a build key keeps it: a later one under the same key is recorded
        but not found by it, unless gc has marked the first. A snapshot id already there is not
        recorded again, so a repeated commit of candidates adds nothing.
        """
        # A run with nothing to do commits nothing, so it need not import how.
        from andon.catalog.commit import Committed, RequireUnreferenced
        from andon.stores.sqlite import requirements
        from andon.stores.sqlite.updates import Writing

        needs_pins = any(isinstance(r, RequireUnreferenced) for r in commit.requirements)

        def write(connection: sqlite3.Connection) -> Committed:
            self._step("requirements")
            folder = pins.folder_of(self._path)
            pinned = pins.living(connection, folder)[0] if needs_pins else frozenset()
            found = (requirements.broken(connection, r, pinned) for r in commit.requirements)
            problems = [problem for problem in found if problem is not None]
            if problems:
                raise RequirementFailed(*problems)
            self._step("updates")
            writing = Writing(connection, _next_time(connection, now))
            for update in commit.updates:
                writing.apply(update)
            return Committed(publication=writing.publication)

        return self._write(write)

    def state(self, environment: str, *, deliveries: bool = True) -> State:
        """All that planning needs, in one consistent read; see the port."""
        return self._read(
            lambda connection: queries.state(connection, environment, deliveries=deliveries),
            queries.empty_state(environment),
        )

    def environments(self) -> Sequence[str]:
        """Names of all environments that were ever published to, sorted."""
        return self._read(queries.environments, [])

    def state_at(self, environment: str, publication: int) -> dict[str, Snapshot]:
        """Asset -> snapshot as a publication left them; see the port."""

        def read(connection: sqlite3.Connection) -> dict[str, Snapshot] | None:
            if not queries.has_publication(connection, environment, publication):
                return None
            pointed = queries.pointed_at(connection, environment, publication)
            wanted = {asset: held for asset, held in pointed.items() if held is not None}
            found = queries.usable(connection, wanted.values())
            if len(found) < len(set(wanted.values())):
                oldest = queries.horizon(connection, environment)
                raise failures.beyond_horizon(environment, publication, oldest)
            return {asset: found[held] for asset, held in wanted.items()}

        found = self._read(read, None)
        if found is None:
            newest = self.publications(environment, 1)
            number = newest[0].number if newest else 0
            raise failures.unknown_publication(environment, publication, number)
        return found

    def publication_at(self, environment: str, moment: datetime) -> int:
        """Number of the newest publication at or before a recorded time (0: none)."""
        return self._read(lambda c: queries.publication_at(c, environment, moment), 0)

    def publications(self, environment: str, limit: int | None = None) -> Sequence[Publication]:
        """Newest first."""
        return self._read(lambda c: queries.publications(c, environment, limit), [])

    def publication(self, publication_id: str) -> Publication | None:
        """By its id, to settle an unknown outcome."""
        return self._read(lambda c: queries.publication(c, publication_id), None)

    def find(self, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], Snapshot]:
        """Usable snapshots by (asset, build key, split); marked ones are left out."""
        wanted = list(keys)
        return self._read(lambda c: queries.find(c, wanted), {}) if wanted else {}

    def snapshots(
        self, asset: str | None = None, ids: Sequence[str] | None = None
    ) -> Sequence[Snapshot]:
        """Snapshots of an asset, of ids, or all; newest first."""
        return self._read(lambda c: queries.snapshots(c, asset, ids), [])

    def audits(self, snapshot_id: str) -> Sequence[Audit]:
        """Audits of a snapshot, newest first."""
        return self._read(lambda c: queries.audits(c, snapshot_id), [])

    def slices(self, snapshot_id: str) -> tuple[Slice, ...]:
        """Intervals of an incremental snapshot in order; nothing if it has none."""
        return self._read(lambda c: slices.slices(c, snapshot_id), ())

    def figures(self, paths: Sequence[str], by: str) -> dict[str, tuple[Figure, ...]]:
        """What stored files hold of each interval, by path; see the port."""
        return self._read(lambda c: slices.figures(c, paths, by), {})

    def pieces(self, asset: str | None = None) -> Sequence[Piece]:
        """Finished parts of incremental snapshots that are still being built."""
        return self._read(lambda c: slices.pieces(c, asset), [])

    def deliveries(self, table: str | None = None) -> Sequence[Delivery]:
        """All deliveries ever, in order of arrival."""
        return self._read(lambda c: queries.deliveries(c, table), [])

    def last_number(self, table: str) -> int:
        """Largest number of a delivery of a table; see the port."""
        return self._read(lambda c: queries.last_number(c, table), 0)

    def runs(self, limit: int) -> Sequence[RunRecord]:
        """Newest first."""
        return self._read(lambda c: queries.runs(c, limit), [])

    def events(
        self,
        after: int = 0,
        limit: int | None = 1000,
        kinds: Sequence[str] = (),
        since: datetime | None = None,
    ) -> Sequence[tuple[int, datetime, Event]]:
        """Events in order, each with its number and recorded time; see the port."""
        return self._read(lambda c: queries.events(c, after, limit, kinds, since), [])

    def reads(self, since: date) -> Sequence[Reads]:
        """Reads by table and reader; see the port."""
        from andon.stores.sqlite import reads

        return self._read(lambda c: reads.reads(c, since), [])

    def counting_since(self) -> datetime | None:
        """Since when reads are counted; None if always."""
        from andon.stores.sqlite import reads

        return self._read(reads.counting_since, None)

    @contextmanager
    def pin(self, snapshot_ids: Sequence[str], holder: str) -> Iterator[list[Read]]:
        """Keep snapshots from gc while the context is open and its process lives; see the port."""
        noted: list[Read] = []
        if not self._connections.can_write:
            yield noted
            return
        try:
            pin_id, lock = pins.claim(pins.folder_of(self._path))
        except OSError as error:
            raise failures.translate_os(self._path, error) from error
        try:
            self._write(lambda c: pins.add(c, pin_id, snapshot_ids, holder, to_us(_newest_time(c))))
            try:
                yield noted
            finally:
                self._release(pin_id, noted)
        finally:
            lock.release(unlink=True)

    def _release(self, pin_id: str, noted: Sequence[Read]) -> None:
        """Drop a pin, and count what was read under it, in one step that must not fail a reader.

        A row that cannot be dropped now counts for nothing once the lock is gone.
        """

        def release(connection: sqlite3.Connection) -> None:
            pins.drop(connection, [pin_id])
            if noted:
                from andon.stores.sqlite import reads

                reads.count(connection, noted)

        with suppress(AndonError):
            self._write(release, busy_s=min(_RELEASE_S, self._busy_s))

    def pinned(self) -> frozenset[str]:
        """Ids of snapshots that a live process pins; pins of dead ones are dropped."""
        folder = pins.folder_of(self._path)
        nothing: frozenset[str] = frozenset()
        alive, dead = self._read(lambda c: pins.living(c, folder), (nothing, nothing))
        if dead and self._connections.can_write:
            self._write(lambda c: pins.drop(c, dead))
            for pin_id in dead:
                (folder / f"{pin_id}.lock").unlink(missing_ok=True)
        return alive

    def close(self) -> None:
        """Release connections. Safe to repeat."""
        self._connections.close()

    def _read(self, read: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """Run a batch of reads as one transaction that ends with it."""
        try:
            if not self._connections.exists:
                return otherwise
        except OSError as error:
            raise failures.translate_os(self._path, error) from error

        def batch(connection: sqlite3.Connection) -> Result:
            connection.execute("begin")
            result = read(connection)
            connection.execute("commit")
            return result

        return self._patiently(batch, reading=True)

    def _write(
        self, write: Callable[[sqlite3.Connection], Result], *, busy_s: float | None = None
    ) -> Result:
        """Run a batch of writes as one transaction."""
        if not self._connections.can_write:
            raise failures.read_only(self._path)

        def batch(connection: sqlite3.Connection) -> Result:
            self._step("begin")
            connection.execute("begin immediate")
            self._step("begin_after")
            result = write(connection)
            self._step("commit_before")
            self._send_commit(connection)
            return result

        return self._patiently(batch, busy_s=busy_s)

    def _send_commit(self, connection: sqlite3.Connection) -> None:
        """Commit; from here on a failure leaves open whether it landed, unless SQLite undid it."""
        try:
            connection.execute("commit")
            self._step("commit_after")
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and failures.did_not_land(error):
                raise
            raise failures.outcome_unknown(self._path, type(error).__name__) from error

    def _patiently(
        self,
        batch: Callable[[sqlite3.Connection], Result],
        *,
        reading: bool = False,
        busy_s: float | None = None,
    ) -> Result:
        """Run a batch on a connection of its own, again as long as others are in the way."""
        longest = self._busy_s if busy_s is None else busy_s
        started = time.monotonic()
        pause = _FIRST_PAUSE_S
        while True:
            try:
                with self._connections.lend(reading=reading) as connection:
                    return batch(connection)
            except sqlite3.Error as error:
                waited = time.monotonic() - started
                if failures.is_busy(error):
                    if waited >= longest:
                        raise failures.busy(self._path, waited) from error
                else:
                    told = failures.translate(self._path, error)
                    if told is None:
                        raise
                    raise told from error
            except OSError as error:
                raise failures.translate_os(self._path, error) from error
            # Unequal pauses, or waiting processes would wake and collide together.
            time.sleep(pause * (0.5 + os.urandom(1)[0] / 255))
            pause = min(pause * 2, _LONGEST_PAUSE_S)


def _newest_time(connection: sqlite3.Connection) -> datetime:
    (newest,) = connection.execute("select newest_us from recorded").fetchone()
    return from_us(newest)


def _next_time(connection: sqlite3.Connection, now: datetime) -> datetime:
    """The recorded time of this commit: now, or just after the newest one if the clock fell back."""
    at = max(now, _newest_time(connection) + _MICROSECOND)
    connection.execute("update recorded set newest_us = ?", (to_us(at),))
    return at
