"""Use: by whom a table, or what is built from it, was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from andon.catalog.use import Reads


class Use(Struct, frozen=True, kw_only=True):
    """Reads of a table and of all that is built from it.

    Attributes:
        last_read: when the last one was, however long ago; None if there was none.
        reads: how many there were in the period; readers: by whom, in order of name.
    """

    last_read: datetime | None = None
    reads: int = 0
    readers: tuple[str, ...] = ()


def by_table(reads: Iterable[Reads], renamed: Mapping[str, str]) -> dict[str, list[Reads]]:
    """Reads by the name that the table has now.

    Args:
        renamed: former name -> the name that came after it, of names that are not in use any more.
    """
    found: dict[str, list[Reads]] = {}
    for one in reads:
        found.setdefault(_newest_name(one.asset, renamed), []).append(one)
    return found


def use_of(names: Iterable[str], reads: Mapping[str, Sequence[Reads]]) -> Use:
    """The use that was made of any of these tables."""
    own = [one for name in names for one in reads.get(name, ())]
    return Use(
        last_read=max((one.newest for one in own), default=None),
        reads=sum(one.count for one in own),
        readers=tuple(sorted({one.reader for one in own if one.count})),
    )


def _newest_name(name: str, renamed: Mapping[str, str]) -> str:
    seen: set[str] = set()
    while name in renamed and name not in seen:
        seen.add(name)
        name = renamed[name]
    return name


def idle_for(
    use: Use, first_arrival: datetime | None, counting_since: datetime | None, now: datetime
) -> timedelta | None:
    """For how long nobody is known to have read a table that could be read; None if it is empty.

    What was not there yet, or was read when nobody counted, is not held against it.
    """
    if first_arrival is None:
        return None
    return now - max(at for at in (first_arrival, counting_since, use.last_read) if at is not None)
