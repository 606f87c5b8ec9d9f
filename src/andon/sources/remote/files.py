"""Remote files as an origin: compare a listing with what is known, land the bytes of what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.acquisition.deliveries.choose import Load
from andon.acquisition.deliveries.decide import (
    compare,
    delivery_id,
    newest_by_path,
    path_rank,
)
from andon.acquisition.patterns import Search, is_pattern, search_of
from andon.catalog.records import Delivery
from andon.errors import AndonError, Problem, TaskFailed
from andon.ports.origin import Batch
from andon.ports.table_store import TableStore
from andon.reading import complaints
from andon.sources.remote.failures import Failed, Failure, left_out, told
from andon.sources.remote.fetch import Fetched, fetch_all, fetch_one, look_all
from andon.sources.remote.place import Entry, Place
from andon.sources.remote.reach import Reach
from andon.sources.remote.retries import retrying
from andon.sources.secrets import Secrets
from andon.spec.address import Address, parse
from andon.spec.origin import FilesOrigin, Secret
from andon.spec.source import SourceTable


class Reached(Struct, frozen=True, kw_only=True):
    """A table's place, with the secrets that no text may hold."""

    place: Place
    secrets: Secrets
    addresses: tuple[Address, ...]

    def told(self, failed: Sequence[Failed]) -> AndonError:
        """The error for files that failed."""
        return told(self._scrubbed(failed))

    def left_out(self, table: SourceTable, failed: Sequence[Failed]) -> tuple[Problem, ...]:
        """Warnings for files that failed while others of the table are there."""
        return left_out(table.name, self._scrubbed(failed))

    def _scrubbed(self, failed: Sequence[Failed]) -> list[Failed]:
        return [(n, Failure(f.kind, self.secrets.scrub(f.reason))) for n, f in failed]

    def target(self, name: str) -> tuple[str, str]:
        """Host and key of a file by its name; of a declared address with its query."""
        same = (address for address in self.addresses if address.name == name)
        address = next(same, None) or parse(name)
        query = f"?{address.query}" if address.query else ""
        return address.host, f"{address.key}{query}"


class RemoteFiles:
    """Implements the port `Origin` for files that are reached over the network.

    Args:
        root: folder of the project; files of secrets and keys are relative to it.
        store: keeps the bytes.
    """

    def __init__(self, root: Path, store: TableStore) -> None:
        self._root = root
        self._store = store
        self._reach = Reach(root)

    def look(
        self, table: SourceTable, known: Sequence[Delivery], last_run: datetime | None
    ) -> Arrivals:
        """Compare a listing with the catalog by version, length and time; reads no bytes.

        What is new or changed by these hints is open: its content is known once it is landed. A
        declared file that is refused or not there is left out as long as another one is there.

        Raises:
            TaskFailed: (SRC001) no file matches and none ever did; (SRC021-SRC023) it cannot be
                reached for good. Unavailable: (SRC024) it cannot be reached now.
        """
        reached = self._reached(table)
        found, failed = self._found(reached)
        bad = [one for one in failed if one[1].kind != "gone"]
        if bad and (not found or any(failure.is_of_the_server for _, failure in bad)):
            raise reached.told(bad)
        if not found and not known:
            raise TaskFailed(complaints.nothing_there(table))
        # Of a file that was there once, that it is gone is told as for all files.
        here = {one.path for one in known}
        told = [one for one in failed if one[1].kind != "gone" or one[0] not in here]
        arrivals = compare(table.name, found, known, last_run)
        refused = {name for name, _ in bad}
        return replace(
            arrivals,
            vanished=tuple(path for path in arrivals.vanished if path not in refused),
            left_out=reached.left_out(table, told),
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
        """Keep the bytes of what is due, several files at a time; see the port.

        A file that does not come is left out, unless it is the server that is away or there is no
        other file: that fails after all others are landed, so that none of them is lost.
        """
        newest = newest_by_path(known)
        # By preference for files of the same bytes, so that the report and the reading agree.
        due = sorted((*arrivals.new, *arrivals.changed), key=lambda f: path_rank(f.path))
        due = [file for file in due if not _is_landed(file, newest.get(file.path))]
        if most_rows is not None:
            due = due[:1]
        if not due:
            return
        reached = self._reached(table)
        targets = [(file.path, *reached.target(file.path)) for file in due]
        failed: list[Failed] = []
        has_others = bool(known)
        for batch in fetch_all(reached.place, self._store, targets):
            deliveries = []
            for path, result in batch:
                if isinstance(result, Failure):
                    failed.append((path, result))
                    continue
                has_others = True
                known_one = newest.get(path)
                delivery = _renewed(_delivery(table, path, result, run_id, now), known_one)
                if delivery != known_one:
                    deliveries.append(delivery)
            if deliveries:
                yield Batch(deliveries=tuple(deliveries))
        if any(failure.is_of_the_server for _, failure in failed) or (failed and not has_others):
            raise reached.told(failed)
        if failed:
            yield Batch(deliveries=(), left_out=reached.left_out(table, failed))

    def close(self) -> None:
        """Let go of connections; the next look makes new ones."""
        self._reach = Reach(self._root)

    def restore(self, table: SourceTable, load: Load) -> bool:
        """Land the bytes of a file anew if it still holds them."""
        reached = self._reached(table)
        self._store.raw(load.content).unlink(missing_ok=True)
        try:
            fetched = fetch_one(reached.place, self._store, *reached.target(load.path))
        except Failure as failure:
            if failure.kind == "gone":
                return False
            raise reached.told([(load.path, failure)]) from None
        return fetched.content == load.content

    def _reached(self, table: SourceTable) -> Reached:
        origin, secrets = table.origin, Secrets(self._root)
        assert isinstance(origin, FilesOrigin)
        addresses = tuple(parse(path) for path in table.paths)
        try:
            plain = secrets.plain(origin.settings)
            hidden = [name for name, setting in origin.settings if isinstance(setting, Secret)]
            place = self._reach.place(addresses[0], plain, hidden)
        except Failure as failure:
            scrubbed = Failure(failure.kind, secrets.scrub(failure.reason))
            raise told([(addresses[0].name, scrubbed)]) from None
        return Reached(place=place, secrets=secrets, addresses=addresses)

    def _found(self, reached: Reached) -> tuple[list[Found], list[Failed]]:
        """All files of a table, each once, and the declared ones that cannot be looked at."""
        found: dict[str, Found] = {}
        is_exact = reached.place.is_exact
        patterns = [address for address in reached.addresses if _is_pattern(address)]
        single = [address for address in reached.addresses if not _is_pattern(address)]
        for address in patterns:
            search = search_of(address.key)
            try:
                entries = retrying(partial(_listed, reached.place, address.host, search))
            except Failure as failure:
                raise reached.told([(address.name, failure)]) from None
            for entry in entries:
                name = address.name_of(entry.key)
                found[name] = _as_found(name, entry, is_exact=is_exact)
        failed: list[Failed] = []
        targets = [(address.name, *reached.target(address.name)) for address in single]
        for name, result in look_all(reached.place, targets):
            if isinstance(result, Failure):
                failed.append((name, result))
            elif result is None:
                failed.append((name, Failure("gone", "it is not there")))
            else:
                found[name] = _as_found(name, result, is_exact=is_exact)
        complaints.check_paths(list(found))
        return list(found.values()), failed


def _listed(place: Place, host: str, search: Search) -> list[Entry]:
    """What a search finds; names that end in a slash stand for folders."""
    listed = place.find(host, search)
    return [e for e in listed if search.matches(e.key) and not e.key.endswith("/")]


def _is_pattern(address: Address) -> bool:
    return address.place != "http" and is_pattern(address.key)


def _is_landed(file: Found, known: Delivery | None) -> bool:
    """Whether somebody else landed exactly these bytes since they were looked at."""
    return known is not None and file.is_exact and file.version == known.version != ""


def _as_found(name: str, entry: Entry, *, is_exact: bool) -> Found:
    return Found(
        path=name,
        bytes=-1 if entry.bytes is None else entry.bytes,
        modified_ns=entry.modified_ns,
        version=entry.version,
        is_exact=is_exact,
    )


def _delivery(
    table: SourceTable, path: str, fetched: Fetched, run_id: str, now: datetime
) -> Delivery:
    return Delivery(
        id=delivery_id(table.name, path, fetched.content),
        table=table.name,
        path=path,
        content=fetched.content,
        bytes=fetched.bytes,
        modified_ns=fetched.entry.modified_ns,
        version=fetched.entry.version,
        arrived_at=now,
        run_id=run_id,
    )


def _renewed(delivery: Delivery, known: Delivery | None) -> Delivery:
    """A known delivery with its new hints, where the bytes are the same."""
    if known is None or known.id != delivery.id:
        return delivery
    return replace(known, modified_ns=delivery.modified_ns, version=delivery.version)
