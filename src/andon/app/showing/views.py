"""What the use cases answer: plain records for command line, notebook and server."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from andon.catalog.records import CheckResult, Publication, Snapshot
from andon.events import SchemaChanged
from andon.observe.usage import Usage


class Result(Struct, frozen=True, kw_only=True):
    """Rows of a query.

    Attributes:
        types: engine types by column.
        is_cut: whether more rows than the limit were found.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_cut: bool = False


class AssetView(Struct, frozen=True, kw_only=True):
    """Everything about one asset that a person asks first.

    Attributes:
        kind: source, sql, python or view.
        status: published, never published, held.
        snapshot: what is served (of the moment asked for); publication: what set it.
        checks: newest verdicts on the served snapshot; declared: labels of the declared checks.
        candidate: the newest snapshot that is not served, with its verdicts, if it was rejected.
        column_notes: per column what is declared about it (description, classification).
        facts: source facts in words (system, legal basis, deliveries).
        schema_change: of a raw table, the last publication that changed its columns.
        usage: of a raw table, what it costs and who has use of it.
    """

    name: str
    kind: str
    path: str
    status: str
    description: str
    owner: str
    tags: tuple[str, ...]
    key: tuple[str, ...]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    declared: tuple[str, ...]
    snapshot: Snapshot | None
    publication: Publication | None
    checks: tuple[CheckResult, ...]
    candidate: Snapshot | None
    candidate_checks: tuple[CheckResult, ...]
    facts: tuple[tuple[str, str], ...]
    column_notes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    schema_change: SchemaChanged | None = None
    usage: Usage | None = None


class FailingRows(Struct, frozen=True, kw_only=True):
    """Example rows of one failing check, or rows set aside, of one snapshot."""

    asset: str
    check: str
    snapshot_id: str
    is_served: bool
    failing: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class AssetLine(Struct, frozen=True, kw_only=True):
    """One asset in a list."""

    name: str
    kind: str
    status: Literal["published", "never published", "held", "removed"]
    rows: int | None
    publication: int | None
    at: datetime | None
    checks: int
    owner: str
    tags: tuple[str, ...]


class Collection(Struct, frozen=True, kw_only=True):
    """What gc did or would do. Bytes are those of files that no other snapshot shares."""

    marked: int
    removed: int
    bytes: int
    kept: int
    horizon: int


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that `doctor` looked at."""

    level: Literal["ok", "warning", "error"]
    what: str
    fix: str = ""
