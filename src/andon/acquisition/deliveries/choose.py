"""Which deliveries a raw table is read from: a pure function of their set, never of their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from andon.acquisition.deliveries.decide import newest_by_path, path_rank
from andon.acquisition.deliveries.repairs import Repair, replaced_whole, standing, together
from andon.catalog.records import Delivery
from andon.hashing import value_hash


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
        rank: among loads of one number, 0 for what arrived, then the repairs of it.
        is_repair: whether it holds repaired records, of which each takes the place of one.
        replaced: what repairs replace: name of a member (empty of a file), places of malformed
            records, numbers of others.
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
    rank: int = 0
    is_repair: bool = False
    replaced: tuple[tuple[str, str, str], ...] = ()

    @property
    def lines(self) -> str:
        """Places of set-aside records that a repair replaces."""
        if not self.replaced:
            return ""
        return together(*(lines for member, lines, _ in self.replaced if member == self.member))

    @property
    def rows(self) -> str:
        """Numbers of records that a repair replaces."""
        if not self.replaced:
            return ""
        return together(*(rows for member, _, rows in self.replaced if member == self.member))

    @property
    def left_out(self) -> str:
        """Numbers of records that are no rows: they arrived before, or a repair replaces them."""
        return together(self.repeats, self.rows) if self.replaced else self.repeats

    @property
    def mark(self) -> str:
        """What its stored rows are known by: the identity, and what of it is replaced."""
        if not self.replaced:
            return self.id
        return f"{self.id}~{value_hash([list(one) for one in self.replaced])[:16]}"


def choose(deliveries: Sequence[Delivery]) -> tuple[Load, ...]:
    """Loads of a raw table in the order they were read in, files in order of path.

    The newest version at each path counts that can be read and nobody set aside; the same bytes under several
    paths of files are loaded once, under the shortest path, then the alphabetically first.
    What has a number is a part of a sequence, and equal parts are as many as they are. A repair is
    read if what it repairs is in force; what it replaces is not.
    """
    repairs = standing(deliveries)
    gone = replaced_whole(repairs)
    in_use = [
        one
        for one in deliveries
        if one.state in ("landed", "stand_in")
        and one.id not in gone
        and (not one.repairs or one.id in repairs)
    ]
    by_content: dict[tuple[str, int, str], list[Delivery]] = {}
    for delivery in newest_by_path(in_use).values():
        key = (delivery.content, delivery.number, delivery.repairs)
        by_content.setdefault(key, []).append(delivery)
    loads = [_load(same) for same in by_content.values()]
    ordered = sorted(loads, key=lambda load: (load.number, load.id in repairs, load.path))
    return tuple(_with_repairs(ordered, repairs) if repairs else ordered)


def _with_repairs(loads: Sequence[Load], repairs: Mapping[str, Repair]) -> Iterator[Load]:
    """Loads with what is replaced of them, and repairs ranked behind what they repair."""
    ranks: Counter[int] = Counter()
    for load in loads:
        if load.id in repairs:
            ranks[load.number] += 1
        own = sorted(
            (repair.member, repair.lines, repair.rows)
            for repair in repairs.values()
            if repair.of in load.ids and not repair.is_whole
        )
        rank = ranks[load.number] if load.id in repairs else 0
        is_repair = load.id in repairs and not repairs[load.id].is_whole
        yield replace(load, rank=rank, is_repair=is_repair, replaced=tuple(own))


def _load(same: Sequence[Delivery]) -> Load:
    ranked = sorted(same, key=lambda d: path_rank(d.path)) if len(same) > 1 else same
    origin = ranked[0]
    return Load(
        path=origin.path,
        content=origin.content,
        bytes=origin.bytes,
        id=origin.id,
        ids=tuple(sorted([d.id for d in ranked])),
        facts=origin.facts or next((d.facts for d in ranked if d.facts), ""),
        number=origin.number,
        modified_ns=origin.modified_ns,
        role=origin.role,
        repeats=origin.repeats,
    )
