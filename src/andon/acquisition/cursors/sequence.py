"""The sequence in which an origin was read: where it goes on, and what is in force after a rollback."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal, assert_never

from andon.catalog.records import Delivery
from andon.hashing import Value, value_hash
from andon.spec.origin import DatabaseOrigin, FilesOrigin, HttpOrigin, PushOrigin, PythonOrigin
from andon.spec.source import SourceTable


def is_sequence(table: SourceTable) -> bool:
    """Whether what arrives has an order of its own; files have none."""
    return not isinstance(table.origin, FilesOrigin)


def identity(table: SourceTable) -> str:
    """Identity of what is asked for: with another one reading begins anew.

    It holds the declared system, never an address, a user or a secret.
    """
    origin = table.origin
    asked: list[Value]
    match origin:
        case FilesOrigin():
            asked = []
        case DatabaseOrigin():
            asked = [origin.relation, origin.query, origin.mode, origin.cursor, origin.deletes]
        case HttpOrigin():
            # A parameter that is a secret proves who asks; it does not say what for.
            plain = [[name, text] for name, text in origin.parameters if isinstance(text, str)]
            asked = [_path_of(origin.url), plain, origin.mode]
            asked += [origin.cursor, origin.cursor_parameter, origin.cursor_start]
        case PythonOrigin():
            asked = [origin.mode, origin.cursor]
        case PushOrigin():
            asked = []
        case _:
            assert_never(origin)
    return value_hash([type(origin).__name__, table.system or table.source, *asked])


def _path_of(url: str) -> str:
    """Path of an address, without the host it may be moved to."""
    _, is_whole, place = url.partition("://")
    return (place if is_whole else url).partition("/")[2]


def part(
    table: SourceTable,
    name: str,
    number: int,
    kept: tuple[str, int],
    run_id: str,
    now: datetime,
    *,
    position: str = "",
    role: Literal["rows", "keys"] = "rows",
    repeats: str = "",
) -> Delivery:
    """Record of one part of a sequence that was landed.

    Args:
        name: what was read, as people know it; rows carry it with the number as ``_file``.
        number: place in the sequence, from 1.
        kept: SHA-256 and length of the landed bytes.
        position: how far the origin was read with it, as JSON text.
        repeats: numbers of the records that arrived before; equal bytes of which other records are
            left out are another delivery.
    """
    path, (content, length) = part_path(name, number), kept
    return Delivery(
        # What was taken back and is read again is another delivery, though it be the same bytes.
        id=value_hash([table.name, path, content, repeats, run_id]),
        table=table.name,
        path=path,
        content=content,
        bytes=length,
        modified_ns=0,
        arrived_at=now,
        run_id=run_id,
        number=number,
        sequence=identity(table),
        position=position,
        role=role,
        repeats=repeats,
    )


def next_number(known: Sequence[Delivery]) -> int:
    """Number of the next delivery of a sequence, from 1."""
    return max((delivery.number for delivery in known), default=0) + 1


def with_known(found: Iterable[Delivery], known: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """A whole reading, numbered from 1, in which a part that is what it was is the delivery it was.

    So equal readings have equal keys: one that was taken back is known when it is read again.
    """
    before = {(one.path, one.content): one for one in known}
    return tuple(before.get((one.path, one.content), one) for one in found)


def position(known: Iterable[Delivery]) -> str:
    """How far an origin was read, as JSON text; empty if it never was.

    A delivery that a person set aside was read all the same: it is not asked for again.
    """
    reached = [d for d in known if d.position]
    return max(reached, key=lambda d: d.number).position if reached else ""


def part_path(name: str, number: int) -> str:
    """Path of a part of a sequence: what its rows carry as ``_file``.

    >>> part_path("public.orders", 3)
    'public.orders#3'
    """
    return f"{name}#{number}"


def in_force(
    table: SourceTable,
    known: Iterable[Delivery],
    served: Collection[str] = (),
    withdrawn: Iterable[Collection[str]] = (),
) -> tuple[Delivery, ...]:
    """Deliveries a table goes on from: without those that came with a withdrawn snapshot.

    Files are always in force: they lie at their origin whatever was taken back. Parts of a
    sequence that only a withdrawn snapshot holds are not, so that a rollback takes the cursor back
    and they are asked for again; nor are parts of another sequence. What cannot be asked for again
    stays: what was pushed, and what a function yields without a position.

    Args:
        served: ids of the deliveries in the snapshot that is served.
        withdrawn: the same of every snapshot that was taken back and not released.
    """
    if isinstance(table.origin, FilesOrigin):
        # Files that grow are landed in numbered parts, other files whole; both would be too much.
        return tuple(d for d in known if bool(d.number) == table.origin.grows)
    own = identity(table)
    gone = {id_ for ids in withdrawn for id_ in ids} - set(served)
    return tuple(
        d
        for d in known
        if d.sequence == own and (d.id not in gone or d.repairs or _comes_once(table, d))
    )


def _comes_once(table: SourceTable, delivery: Delivery) -> bool:
    """Whether nobody can be asked for a part again."""
    match table.origin:
        case PushOrigin():
            return True
        case PythonOrigin(mode=mode):
            return mode != "full" and not delivery.position
        case _:
            return False
