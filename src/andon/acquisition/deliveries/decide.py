"""What arrived: files as they lie at their origin, compared with the known deliveries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.catalog.records import Delivery
from andon.hashing import value_hash

CLOCK_GRAIN = timedelta(seconds=2)
"""Coarsest file time in use: a file written twice within it may keep its time and size."""


def delivery_id(table: str, path: str, content: str) -> str:
    """Identity of a delivery: the same bytes at the same path are one delivery, for ever.

    >>> delivery_id("shop.orders", "a.csv", "00") == delivery_id("shop.orders", "a.csv", "00")
    True
    """
    return value_hash([table, path, content])


def newest_by_path(known: Sequence[Delivery]) -> dict[str, Delivery]:
    """Newest version at each path; older ones are superseded. Ties go to the larger id."""
    newest: dict[str, Delivery] = {}
    for delivery in known:
        if delivery.state == "superseded":
            continue
        other = newest.get(delivery.path)
        if other is None or (delivery.arrived_at, delivery.id) > (other.arrived_at, other.id):
            newest[delivery.path] = delivery
    return newest


def has_to_be_read(found: Found, known: Delivery | None, last_run: datetime | None) -> bool:
    """Whether hints do not suffice, so that the bytes have to be hashed.

    Time and size are hints only: a file as old as the last run, give or take the grain of file
    times, may have been written again after it was looked at. A mark that a store gives every
    version anew is trusted; what has neither mark nor time has to be read.
    """
    if known is None or last_run is None or found.version != known.version:
        return True
    if found.is_exact and found.version:
        return False
    if not found.version and not found.modified_ns:
        return True
    length = known.bytes if found.bytes < 0 else found.bytes
    if (length, found.modified_ns) != (known.bytes, known.modified_ns):
        return True
    settled_ns = int((last_run - CLOCK_GRAIN).timestamp() * 1_000_000_000)
    return found.modified_ns >= settled_ns


def decide(table: str, found: Sequence[Found], known: Sequence[Delivery]) -> Arrivals:
    """Sort found files into new, changed, repeated and vanished.

    Args:
        table: asset name of the raw table.
        found: files at the origin; `content` is None where the hints say nothing changed.
        known: all deliveries of the table.

    Returns:
        Arrivals, each list in order of path. A file is repeated if its bytes already lie under
        another path: a known one, else the preferred one of those found in the same look.
    """
    newest = newest_by_path(known)
    fresh = [
        file
        for file in sorted(found, key=lambda f: f.path)
        if file.content is not None
        and (file.path not in newest or newest[file.path].content != file.content)
    ]
    settled = _settled(found, newest)
    firsts: dict[str, str] = {}
    for file in sorted(fresh, key=lambda f: path_rank(f.path)):
        firsts.setdefault(file.content or "", file.path)
    new: list[Found] = []
    changed: list[Found] = []
    repeated: list[tuple[Found, str]] = []
    for file in fresh:
        same = settled.get(file.content or "", firsts[file.content or ""])
        if same != file.path:
            repeated.append((file, same))
        elif file.path in newest:
            changed.append(file)
        else:
            new.append(file)
    here = {file.path for file in found}
    vanished = tuple(sorted(path for path in newest if path not in here))
    return Arrivals(
        table=table,
        new=tuple(new),
        changed=tuple(changed),
        repeated=tuple(repeated),
        vanished=vanished,
    )


def compare(
    table: str, found: Sequence[Found], known: Sequence[Delivery], last_run: datetime | None
) -> Arrivals:
    """Sort files whose bytes are far away by their hints alone; landing tells their content.

    Returns:
        Arrivals that are open if anything has to be read, each list in order of path.
    """
    newest = newest_by_path(known)
    due = [
        file
        for file in sorted(found, key=lambda f: f.path)
        if has_to_be_read(file, newest.get(file.path), last_run)
    ]
    here = {file.path for file in found}
    return Arrivals(
        table=table,
        new=tuple(file for file in due if file.path not in newest),
        changed=tuple(file for file in due if file.path in newest),
        vanished=tuple(sorted(path for path in newest if path not in here)),
        is_open=bool(due),
    )


def arrived_with(table: str, landed: Sequence[Delivery], known: Sequence[Delivery]) -> Arrivals:
    """What deliveries that were just landed are to those known before; of vanished ones nothing.

    Parts of a sequence are new. A file that was read again and has the bytes it had is none of all.
    """
    parts = tuple(_found(delivery) for delivery in landed if delivery.number)
    files = [_found(delivery) for delivery in landed if not delivery.number]
    arrived = decide(table, files, known)
    return replace(arrived, new=(*parts, *arrived.new), vanished=())


def _found(delivery: Delivery) -> Found:
    return Found(
        path=delivery.path,
        bytes=delivery.bytes,
        modified_ns=delivery.modified_ns,
        content=delivery.content,
    )


def path_rank(path: str) -> tuple[int, str]:
    """Order in which paths with the same bytes are preferred: shortest, then alphabetical."""
    return len(path), path


def _settled(found: Sequence[Found], newest: Mapping[str, Delivery]) -> dict[str, str]:
    """Content -> preferred path among the known ones that still hold it, or held it last."""
    altered = {
        file.path
        for file in found
        if file.content and file.path in newest and newest[file.path].content != file.content
    }
    settled: dict[str, str] = {}
    for path in sorted(newest, key=path_rank):
        if path not in altered:
            settled.setdefault(newest[path].content, path)
    return settled
