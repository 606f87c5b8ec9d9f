"""Which stored parts of a raw table stay, and which deliveries are read into new ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from andon.acquisition.columns.facts import Facts
from andon.acquisition.deliveries.choose import Load
from andon.catalog.records import DataFile

MOST_PARTS = 128
"""A snapshot of more data files than this is compacted: many small files make every query slow."""

PART_BYTES = 256 * 1024 * 1024
"""Landed bytes that go into one new part; a change of one file reads its part anew."""

PART_LOADS = 512
"""Most deliveries in one part."""


class Layout(Struct, frozen=True, kw_only=True):
    """How a raw table is put together.

    Attributes:
        kept: stored files that stay as they are, data and set-aside rows.
        groups: loads that are read into one new part each, in order of path.
    """

    kept: tuple[DataFile, ...]
    groups: tuple[tuple[Load, ...], ...]


def label(loads: Sequence[Load], reading: str) -> str:
    """Label of a part: ids of its deliveries, then ``@`` and the reading that made it."""
    return ",".join([*(load.mark for load in loads), f"@{reading[:16]}"])


def lay_out(
    loads: Sequence[Load],
    facts: Mapping[str, Facts],
    stored: Sequence[DataFile],
    reading: str,
) -> Layout:
    """Keep every stored part that holds only wanted deliveries, whole; read the rest.

    Args:
        loads: what the table consists of, in order of path.
        facts: by id of a load.
        stored: files of the prior snapshot if its schema is the wanted one, else nothing.
        reading: hash of the reading that is wanted; parts of another one are never kept.

    A part whose rows are not those its deliveries gave (a check moved some aside) is read anew,
    so that set-aside rows come back when the check is dropped. Together with a data part goes the
    part of its malformed rows.
    """
    wanted = {load.mark: load for load in loads}
    asides = {file.label: file for file in stored if file.role == "aside"}
    mark = f"@{reading[:16]}"
    kept: list[DataFile] = []
    held: set[str] = set()
    for file in stored:
        *ids, made_by = file.label.split(",")
        if file.role != "data" or made_by != mark or not ids or held.intersection(ids):
            continue
        if not all(identity in wanted for identity in ids):
            continue
        if file.rows != sum(facts[wanted[one].id].served for one in ids):
            continue
        bad = sum(facts[wanted[one].id].aside for one in ids)
        aside = asides.get(file.label)
        if (aside.rows if aside else 0) != bad:
            continue
        kept.extend([file, aside] if aside else [file])
        held.update(ids)
    kept = _compact(kept, len(wanted) - len(held))
    held = {identity for file in kept for identity in file.label.split(",")}
    missing = [load for load in loads if load.mark not in held]
    return Layout(kept=tuple(kept), groups=_groups(missing))


def _compact(kept: list[DataFile], unread: int) -> list[DataFile]:
    """Drop the smaller half of the parts when there are too many, so that they are read anew."""
    data = sorted((file for file in kept if file.role == "data"), key=lambda f: (f.rows, f.path))
    if len(data) + min(unread, 1) <= MOST_PARTS:
        return kept
    again = {file.label for file in data[: len(data) - MOST_PARTS // 2]}
    return [file for file in kept if file.label not in again]


def _groups(loads: Sequence[Load]) -> tuple[tuple[Load, ...], ...]:
    groups: list[list[Load]] = []
    size = 0
    for load in loads:
        if not groups or size + load.bytes > PART_BYTES or len(groups[-1]) >= PART_LOADS:
            groups.append([])
            size = 0
        groups[-1].append(load)
        size += load.bytes
    return tuple(tuple(group) for group in groups)
