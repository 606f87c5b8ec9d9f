"""Which deliveries a raw table is read from: a pure function of their set, never of their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

from andon.acquisition.decide import newest_by_path, path_rank
from andon.catalog.records import Delivery


class Load(Struct, frozen=True, kw_only=True):
    """Bytes that are read once.

    Attributes:
        path: origin that the rows carry as ``_file``.
        content: SHA-256 of the bytes.
        bytes: their length.
        id: identity of the delivery at `path`.
        ids: identities of all deliveries with these bytes, sorted.
        facts: findings of an earlier reading, as JSON text, or empty.
        number: place in the order of reading, 0 for files.
        modified_ns: time of the file's last change, as of the delivery.
        role: ``rows`` or ``keys``, as of the delivery.
        archive, member: of a member of an archive, the SHA-256 of the archive and the name in it;
            `content` then is no hash of bytes, but unlike that of any other load.
        repeats: numbers of the records that are no rows, as of the delivery.
    """

    path: str
    content: str
    bytes: int
    id: str
    ids: tuple[str, ...]
    facts: str = ""
    number: int = 0
    modified_ns: int = 0
    role: Literal["rows", "keys"] = "rows"
    archive: str = ""
    member: str = ""
    repeats: str = ""


def choose(deliveries: Sequence[Delivery]) -> tuple[Load, ...]:
    """Loads of a raw table in the order they were read in, files in order of path.

    The newest version at each path counts that can be read and nobody set aside; the same bytes under several
    paths of files are loaded once, under the shortest path, then the alphabetically first.
    What has a number is a part of a sequence, and equal parts are as many as they are.
    """
    in_use = [one for one in deliveries if one.state in ("landed", "stand_in")]
    by_content: dict[tuple[str, int], list[Delivery]] = {}
    for delivery in newest_by_path(in_use).values():
        by_content.setdefault((delivery.content, delivery.number), []).append(delivery)
    loads = [_load(same) for same in by_content.values()]
    return tuple(sorted(loads, key=lambda load: (load.number, load.path)))


def _load(same: Iterable[Delivery]) -> Load:
    ranked = sorted(same, key=lambda d: path_rank(d.path))
    origin = ranked[0]
    return Load(
        path=origin.path,
        content=origin.content,
        bytes=origin.bytes,
        id=origin.id,
        ids=tuple(sorted(d.id for d in ranked)),
        facts=next((d.facts for d in ranked if d.facts), ""),
        number=origin.number,
        modified_ns=origin.modified_ns,
        role=origin.role,
        repeats=origin.repeats,
    )
