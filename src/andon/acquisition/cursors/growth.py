"""Files that are written to continuously: which bytes of which file were landed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from msgspec import Struct

from andon.catalog.records import Delivery

_PART = re.compile(
    r"(?P<file>.+)@(?:(?P<life>[0-9]+):)?(?P<start>[0-9]+)-(?P<end>[0-9]+)\Z", re.DOTALL
)
SURE_BYTES = 4096
"""So many equal bytes at the same place are the same file, though the system says it is another."""

TAIL_BYTES = 1 << 16
"""Bytes before the end of what was landed by which a file is known again."""


class Part(Struct, frozen=True, kw_only=True):
    """A range of bytes of a file; `life` counts how often the file began anew, from 1."""

    file: str
    life: int
    start: int
    end: int

    @property
    def path(self) -> str:
        """What its rows carry as ``_file``.

        >>> Part(file="a.log", life=1, start=0, end=5).path
        'a.log@0-5'
        >>> Part(file="a.log", life=2, start=0, end=5).path
        'a.log@2:0-5'
        """
        life = f"{self.life}:" if self.life > 1 else ""
        return f"{self.file}@{life}{self.start}-{self.end}"


class Reach(Struct, frozen=True, kw_only=True):
    """How far a file was landed.

    Attributes:
        end: bytes from the beginning of the file; start: of the last part.
        inode: number of the file in its file system when it was landed.
        tail: SHA-256 of the bytes before `end`, at most `TAIL_BYTES`.
        number: place of the last part among those of the table.
    """

    file: str
    life: int
    end: int
    inode: int
    tail: str
    number: int = 0


def part_of(path: str) -> Part | None:
    """The part that a path means, if it means one.

    >>> part_of("logs/a.jsonl@2:10-25")
    Part(file='logs/a.jsonl', life=2, start=10, end=25)
    """
    found = _PART.match(path)
    if found is None:
        return None
    life = int(found["life"] or 1)
    return Part(file=found["file"], life=life, start=int(found["start"]), end=int(found["end"]))


def position_of(reach: Reach) -> str:
    """What the record of the last part keeps of it, as JSON text."""
    return json.dumps({"inode": reach.inode, "tail": reach.tail}, separators=(",", ":"))


def reached(known: Iterable[Delivery]) -> list[Reach]:
    """How far each file was landed in each of its lives, the furthest first."""
    furthest: dict[tuple[str, int], Reach] = {}
    for delivery in known:
        part = part_of(delivery.path)
        if part is None or not delivery.position:
            continue
        other = furthest.get((part.file, part.life))
        if other is None or part.end > other.end:
            found = json.loads(delivery.position)
            furthest[part.file, part.life] = Reach(
                file=part.file,
                life=part.life,
                end=part.end,
                inode=found["inode"],
                tail=found["tail"],
                number=delivery.number,
            )
    return sorted(furthest.values(), key=lambda reach: (-reach.end, reach.file, -reach.life))


def newest_life(reaches: Iterable[Reach]) -> dict[str, Reach]:
    """By file the one that it is now, or was last."""
    found: dict[str, Reach] = {}
    for reach in reaches:
        if reach.file not in found or reach.life > found[reach.file].life:
            found[reach.file] = reach
    return found


def may_be(reach: Reach, inode: int, length: int) -> bool:
    """Whether a file under another name may be the one that was landed: it was moved or copied."""
    return length >= reach.end and (reach.inode == inode or reach.end >= SURE_BYTES)
