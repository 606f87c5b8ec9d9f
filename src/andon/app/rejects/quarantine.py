"""Quarantine: everything that was rejected and waits for somebody: rows, and whole deliveries."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TextIO

from msgspec import Struct

from andon.acquisition.deliveries.repairs import replaced_whole, standing
from andon.acquisition.readings.refused import problems_of
from andon.app.holding.hold import pinned
from andon.app.holding.permit import require
from andon.app.holding.rejected import COLUMNS, files_of, rejected
from andon.app.rejects.waiting import Waiting
from andon.app.showing.inspect import find_asset
from andon.catalog.records import Delivery, Snapshot
from andon.events import DeliverySetAside
from andon.execution.line import Tools
from andon.reading.compose import refused
from andon.spec.project import ProjectSpec
from andon.spec.source import SourceTable

_PAGE = 50_000
_CUT = 1 << 16
"""Bytes of a record from which on only its beginning is kept with the reason."""

By = Literal["form", "schema", "check", "refused", "person"]
"""form: the record is malformed. schema: it is not as declared. check: it failed a check. refused:
nothing of the delivery can be read, or may be. person: somebody set the delivery aside."""


class Rejection(Struct, frozen=True, kw_only=True):
    """Like things that were rejected of one origin.

    Attributes:
        what: rows of it, or the delivery as a whole; by: what rejected it.
        origin: path of the delivery; empty where rows do not know.
        count: how many rows, or how many deliveries.
        since: when the delivery arrived, or the rows were set aside.
    """

    table: str
    what: Literal["rows", "delivery"]
    by: By
    reason: str
    origin: str
    count: int
    since: datetime | None


class RejectedRows(Struct, frozen=True, kw_only=True):
    """Rejected rows of one asset, the first ones; `total` is how many there are."""

    asset: str
    total: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def quarantine(
    tools: Tools, spec: ProjectSpec, environment: str, name: str | None = None
) -> tuple[Rejection, ...]:
    """All that is rejected now, of one asset or of all: by name, then the oldest first."""
    if name is not None:
        find_asset(spec, name)
    waiting = Waiting(tools, spec, environment)
    found: list[Rejection] = []
    for asset in waiting.names:
        if name not in (None, asset):
            continue
        deliveries = waiting.deliveries.get(asset, ())
        snapshot = waiting.snapshot(asset)
        if snapshot is not None:
            found += _rows(tools, snapshot, deliveries)
        if asset in waiting.tables:
            found += _deliveries(tools, waiting.tables[asset], deliveries)
    return tuple(found)


def rejected_rows(
    tools: Tools, spec: ProjectSpec, environment: str, name: str, limit: int
) -> RejectedRows:
    """The first rejected rows of an asset, in order of origin.

    Raises:
        Denied: (POL001) who may not read the table may not read what was rejected of it.
    """
    snapshot = Waiting(tools, spec, environment).snapshot(name)
    require(tools, spec, (name,))
    columns = tuple(column for column, _ in COLUMNS)
    if snapshot is None:
        return RejectedRows(asset=name, total=0, columns=columns, rows=())
    with pinned(tools, [snapshot.id]):
        rows = tools.engine().rows(f"{_ordered(tools, snapshot)} limit {int(limit)}")
    total = sum(file.rows for file in files_of(tools, snapshot))
    return RejectedRows(asset=name, total=total, columns=columns, rows=tuple(rows))


def export_rejected(
    tools: Tools, spec: ProjectSpec, environment: str, name: str, file: Path
) -> int:
    """Write all rejected rows of an asset as CSV or JSON lines; returns how many.

    Raises:
        UsageError: (APP012) neither CSV nor JSON lines; a record is too long to be kept whole.
        Denied: (POL001) who may not read the table may not read what was rejected of it.
    """
    form = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(file.suffix.lower())
    if form is None:
        raise refused(
            f"`{file.name}` is neither CSV nor JSON lines",
            "rejected records are written as text that can be edited",
            "name the file `rejected.csv` or `rejected.jsonl`",
        )
    snapshot = Waiting(tools, spec, environment).snapshot(name)
    require(tools, spec, (name,))
    staged = file.with_name(f".{file.name}.new")
    try:
        with staged.open("w", encoding="utf-8", newline="") as stream:
            count = _write(stream, form, _pages(tools, snapshot) if snapshot is not None else ())
        staged.replace(file)
    except OSError as error:
        raise refused(
            f"`{file}` cannot be written: {error.strerror}",
            "the rejected rows are written to a file of yours",
            "name a file in a folder that is there and may be written",
        ) from error
    finally:
        staged.unlink(missing_ok=True)
    return count


def _write(stream: TextIO, form: str, rows: Iterable[tuple[Any, ...]]) -> int:
    names = [column for column, _ in COLUMNS]
    writer = csv.writer(stream, lineterminator="\n")
    if form == "csv":
        writer.writerow(names)
    count = 0
    for row in rows:
        count += 1
        if form == "csv":
            writer.writerow(["" if value is None else value for value in row])
        else:
            stream.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")
    return count


def _ordered(tools: Tools, snapshot: Snapshot) -> str:
    return f"select * from {rejected(tools, snapshot)} order by _file, _line, _row, _text"


def _pages(tools: Tools, snapshot: Snapshot) -> Iterator[tuple[Any, ...]]:
    """Rejected rows page by page, so that memory is that of one."""
    with pinned(tools, [snapshot.id]):
        query, offset = _ordered(tools, snapshot), 0
        while page := tools.engine().rows(f"{query} limit {_PAGE} offset {offset}"):
            for row in page:
                if row[3] == "form" and len(row[5].encode()) >= _CUT:
                    raise refused(
                        f"`{row[0]}`, line {row[1]} is a record of more than {_CUT // 1024} KiB",
                        "of so long a record only the beginning is kept with the reason",
                        f"repair the whole file: `andon replay {snapshot.asset} FILE --replaces "
                        f"{row[0]}`",
                    )
                yield row
            offset += len(page)


def _rows(tools: Tools, snapshot: Snapshot, deliveries: Sequence[Delivery]) -> Iterator[Rejection]:
    if not files_of(tools, snapshot):
        return
    with pinned(tools, [snapshot.id]):
        groups = tools.engine().rows(
            "select coalesce(_file, ''), _by, _reason, count(*), min(coalesce(_line, _row))"
            f" from {rejected(tools, snapshot)} group by 1, 2, 3 order by 1, 5, 3"
        )
    arrived = {delivery.path: delivery.arrived_at for delivery in deliveries}
    for file, by, reason, count, _ in groups:
        yield Rejection(
            table=snapshot.asset,
            what="rows",
            by=by,
            reason=reason,
            origin=file,
            count=count,
            since=_arrived(file, arrived) if file else snapshot.created_at,
        )


def _arrived(path: str, arrived: Mapping[str, datetime]) -> datetime | None:
    """When the delivery of a path arrived; a member of an archive came with it."""
    while path and path not in arrived:
        path = path.rpartition("/")[0]
    return arrived.get(path)


def _deliveries(tools: Tools, table: SourceTable, known: Sequence[Delivery]) -> Iterator[Rejection]:
    repaired = replaced_whole(standing(known))
    for one in sorted(known, key=lambda d: (d.arrived_at, d.path)):
        told = problems_of(table, [one]) if one.id not in repaired else ()
        if told:
            reasons = [p.what.removeprefix(f"left out of `{table.name}`: ") for p in told]
            codes = zip(told, reasons, strict=True)
            yield _whole(one, "refused", "; ".join(f"{p.code} {why}" for p, why in codes))
    aside = [one for one in tools.catalog.deliveries(table.name) if one.state == "set_aside"]
    by = _set_aside_by(tools, table.name) if aside else {}
    for one in aside:
        who, at = by.get(one.path, ("somebody", None))
        yield _whole(one, "person", f"set aside by {who}", at)


def _whole(delivery: Delivery, by: By, reason: str, since: datetime | None = None) -> Rejection:
    return Rejection(
        table=delivery.table,
        what="delivery",
        by=by,
        reason=reason,
        origin=delivery.path,
        count=1,
        since=since or delivery.arrived_at,
    )


def _set_aside_by(tools: Tools, table: str) -> dict[str, tuple[str, datetime]]:
    """Who set a path aside last, and when."""
    events = tools.catalog.events(limit=None, kinds=(DeliverySetAside.__name__,))
    return {
        event.path: (event.by, at)
        for _, at, event in events
        if isinstance(event, DeliverySetAside) and event.table == table
    }
