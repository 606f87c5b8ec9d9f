"""Which intervals of an incremental asset are run, and what becomes of the files there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from andon.catalog.records import Snapshot
from andon.catalog.slices import Figure, Slice
from andon.hashing import Value, hash_behind, value_hash
from andon.intervals import Every, before
from andon.sql.fold import folded

_LANES = 1 << 128
BATCH_ROWS = 8_000_000
"""Rows read in one go, and so, about, kept in one file: a late row rewrites the file it falls into."""


class Limits(Struct, frozen=True, kw_only=True):
    """What an author lets a run do.

    Attributes:
        first, end: intervals that start in [first, end) may be run; None is without a bound.
        restate: run them even where nothing changed.
    """

    first: datetime | None = None
    end: datetime | None = None
    restate: bool = False

    @property
    def is_bounded(self) -> bool:
        """Whether only some intervals may be run."""
        return self.first is not None or self.end is not None

    def holds(self, start: str) -> bool:
        """Whether an interval may be run; what is no moment only where there are no bounds."""
        moment = moment_of(start)
        if moment is None:
            return not self.is_bounded
        return (self.first is None or moment >= self.first) and (
            self.end is None or moment < self.end
        )


ANY = Limits()


class Work(Struct, frozen=True, kw_only=True):
    """What is to be done for one asset.

    Attributes:
        run: intervals that are run, in order.
        stay: slices that stay as they are, also those of older code that the author accepts.
        gone: intervals that have no input any more; their rows go.
        is_partial: whether bounds keep intervals from being run whose input is new or changed.
    """

    run: tuple[str, ...]
    stay: tuple[Slice, ...]
    gone: tuple[str, ...]
    is_partial: bool = False

    @property
    def older(self) -> int:
        """Slices that stay although their code is older than the asset's."""
        return sum(1 for one in self.stay if one.accepted)


def moment_of(start: str) -> datetime | None:
    """The moment that an interval's text tells; None for null, infinities and years out of reach."""
    try:
        return datetime.fromisoformat(start)
    except ValueError:
        return None


def content(figures: Iterable[Sequence[Figure]]) -> dict[str, str]:
    """Digest by interval of an input: the figures of all its files added up."""
    rows: dict[str, int] = {}
    sums: dict[str, int] = {}
    for file in figures:
        for one in file:
            rows[one.start] = rows.get(one.start, 0) + one.rows
            sums[one.start] = (sums.get(one.start, 0) + int(one.sums, 16)) % _LANES
    return {start: f"{count}:{sums[start]:032x}" for start, count in rows.items()}


def form_of(snapshot: Snapshot, parted_by: str, names: Collection[str] | None) -> str:
    """Hash of the columns that are read of an input: digests by interval tell values alone, and of
    these neither the name nor the type.

    Args:
        parted_by: column that tells the interval of its rows.
        names: folded names of columns that may be read; None if all may be.
    """
    # Rows of files that are served as they were landed are hashed in the columns that each file has.
    is_landed = snapshot.kind == "table" and bool(snapshot.query)
    columns: list[Value] = [
        [column.name, column.type, None if names is not None else place]
        for place, column in enumerate(snapshot.schema.columns)
        if names is None or column.name == parted_by or folded(column.name) in names
    ]
    return value_hash([columns, snapshot.fingerprint if is_landed else None])


def wanted(
    sliced: Sequence[tuple[str, str, Mapping[str, str]]],
    whole: Sequence[tuple[str, str]],
    engine: str,
    every: Every,
    lookback: int,
    clock: datetime | None = None,
) -> dict[str, str]:
    """Hash of what each interval reads, by its start: the identity of its input.

    Args:
        sliced: input, hash of the columns read of it, and its digest by interval, for every input
            that is parted.
        whole: input and digest of those that every interval reads whole.
        engine: minor version of the engine.
        lookback: intervals before its own that each one reads.
        clock: the run's time, if it is read.
    """
    common = [
        [[name, digest] for name, digest in whole],
        [[name, form] for name, form, _ in sliced],
        None if clock is None else str(clock),
    ]
    starts = sorted({start for *_, digests in sliced for start in digests})
    hashed = hash_behind([engine, common])
    found = {}
    for start in starts:
        read = behind(start, every, lookback)
        found[start] = hashed(
            [
                [name, [[one, digests[one]] for one in read if one in digests]]
                for name, _, digests in sliced
            ]
        )
    return found


def behind(start: str, every: Every, lookback: int) -> list[str]:
    """Texts of an interval and of those it looks back on."""
    moment = moment_of(start) if lookback else None
    if moment is None:
        return [start]
    return [str(before(moment, every, count)) for count in range(lookback, -1, -1)]


def decide(prior: Sequence[Slice], now: Mapping[str, str], code: str, limits: Limits = ANY) -> Work:
    """Compare the intervals there are with those that are wanted.

    An interval is stale when its input or its code changed. With bounds, intervals outside of them
    stay as they are; where their code is older they are marked so, until it changes once more or
    they are run again. Intervals that were never built are run only within the bounds.

    Args:
        prior: slices of what is served now; none if there is nothing that could stay.
        now: hash of the input of every interval, by its start.
        code: fingerprint of the asset.
    """
    known = {one.start: one for one in prior}
    run: list[str] = []
    stay: list[Slice] = []
    is_partial = False
    for start in sorted(now):
        held = known.get(start)
        is_same = held is not None and held.inputs == now[start]
        is_fresh = is_same and held is not None and code in (held.code, held.accepted)
        if limits.holds(start) and (limits.restate or not is_fresh):
            run.append(start)
            continue
        is_partial = is_partial or not is_same
        if held is not None:
            accepted = code if held.code != code else ""
            stay.append(held if held.accepted == accepted else replace(held, accepted=accepted))
    return Work(
        run=tuple(run),
        stay=tuple(stay),
        gone=tuple(sorted(start for start in known if start not in now)),
        is_partial=is_partial,
    )


def parted(
    run: Sequence[str], rows: Mapping[str, int], most_rows: int = BATCH_ROWS
) -> tuple[tuple[str, ...], ...]:
    """Intervals in order, in batches that read up to `most_rows` rows; one at least in each."""
    batches: list[list[str]] = []
    size = 0
    for start in run:
        count = rows.get(start, 0)
        if not batches or size + count > most_rows:
            batches.append([])
            size = 0
        batches[-1].append(start)
        size += count
    return tuple(tuple(batch) for batch in batches)


def touched(
    stay: Sequence[Slice], before_: Sequence[Slice]
) -> tuple[frozenset[str], frozenset[str]]:
    """Labels of files that stay whole, and of those that keep a part of their intervals only.

    Args:
        stay: slices that stay; before_: all slices there were.
    """
    there = {one.label for one in before_ if one.label}
    remaining: Collection[str] = {one.start for one in stay}
    cut = {one.label for one in before_ if one.label and one.start not in remaining}
    needed = {one.label for one in stay if one.label}
    return frozenset(there - cut), frozenset(cut & needed)
