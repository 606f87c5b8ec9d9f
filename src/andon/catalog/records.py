"""What the catalog knows: immutable records, joined by ids.

An id is chosen before its record is committed, so that an unknown outcome can
be settled by asking for the id. Times are recorded, UTC, and never run
backwards within one catalog.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from andon.schema import FieldChange, Schema

SnapshotStatus = Literal["candidate", "accepted", "rejected", "marked"]
"""candidate: built, not published yet; accepted: passed and was published; rejected: a check with
`stop` failed; marked: gc has claimed it, no plan may reuse it."""

Verdict = Literal["pass", "warn", "fail"]
FileRole = Literal["data", "aside", "failing"]


class DataFile(Struct, frozen=True, kw_only=True):
    """One Parquet file of a snapshot.

    Attributes:
        path: relative to the store's root.
        rows, bytes: size.
        sha256: for integrity only; never content identity.
        role: ``data`` is served; ``aside`` are quarantined or malformed rows; ``failing`` are
            example rows of a failed check.
        label: for ``failing`` the identity of the check, for raw parts the delivery ids, for
            rows that checks set aside ``quarantine``.
        modified_ns: the file's time when it was made durable; a file with another time is hashed
            before it is served.
        sums: of rows, the two digest sums as hexadecimal text, so that the digest of a snapshot
            that shares the file need not read it again; empty if they are not known.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    role: FileRole = "data"
    label: str = ""
    modified_ns: int = 0
    sums: str = ""


class Digest(Struct, frozen=True, kw_only=True):
    """Content digest: schema hash, row count, sum of 128-bit row hashes modulo 2^128.

    Attributes:
        algorithm: name, version and engine version; unlike ones are never compared.
        value: hexadecimal text over schema hash, rows and sum.
    """

    algorithm: str
    value: str


class InputRef(Struct, frozen=True, kw_only=True):
    """One input a snapshot was built from: asset, the snapshot read, its digest."""

    asset: str
    snapshot_id: str
    digest: str


class CheckResult(Struct, frozen=True, kw_only=True):
    """What a check found.

    Attributes:
        check: identity of the declared check.
        label: name for people; kind: its kind; on_fail: as declared.
        verdict: pass, warn (failed, but declared `warn` or set aside within the limit) or fail.
        failing: rows that fail (0 or 1 for set checks that count no rows).
        total: rows judged.
        observed: the measured figure in words, without row values, e.g. ``3 of 1,000 rows``.
        set_aside: rows moved out of the candidate because of this check.
        reads: other assets read and the snapshot each was judged against.
    """

    check: str
    label: str
    kind: str
    on_fail: Literal["stop", "quarantine", "warn"]
    verdict: Verdict
    failing: int
    total: int
    observed: str
    set_aside: int = 0
    reads: tuple[tuple[str, str], ...] = ()


class Evolution(Struct, frozen=True, kw_only=True):
    """How the columns of a raw table differ from those served when it was built.

    Attributes:
        since: id of the snapshot compared with.
        arrived_at: when the first of the data arrived that is not in that snapshot.
        is_declared: whether nothing arrived, so that a person changed it: by another declaration, or
            by setting a delivery aside.
    """

    since: str
    arrived_at: datetime
    changes: tuple[FieldChange, ...]
    is_declared: bool = False


class Snapshot(Struct, frozen=True, kw_only=True):
    """One immutable state of one asset's data.

    Attributes:
        id: unique, sortable by time of creation.
        asset: name of the asset.
        kind: ``table`` has files; ``view`` has a bound query over exact snapshots.
        build_key: fingerprint + inputs + engine; split: hash of the quarantine checks ("" if none).
        fingerprint: of the asset's own definition.
        schema, rows, digest: of what is served (quarantined rows excluded).
        files: data files in order, then files of set-aside rows.
        inputs: what it was built from.
        query: for views: SQL bound to snapshots, with a mark (`catalog.marks`) where one is read;
            for tables whose files are read as they were landed: SQL with marks for their paths.
        set_aside: rows set aside (rows in = rows + set_aside).
        deliveries: for raw tables: ids of the deliveries in it, in order.
        facts: small extra facts for people (legal basis, seconds, engine), key -> text.
        status_at: recorded time of the last change of status, given by the store; None before that.
        evolution: of a raw table, what of its columns changed; None if nothing did.
    """

    id: str
    asset: str
    kind: Literal["table", "view"]
    build_key: str
    split: str
    fingerprint: str
    schema: Schema
    rows: int
    digest: Digest
    run_id: str
    created_at: datetime
    files: tuple[DataFile, ...] = ()
    inputs: tuple[InputRef, ...] = ()
    query: str = ""
    set_aside: int = 0
    deliveries: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    status: SnapshotStatus = "candidate"
    status_at: datetime | None = None
    evolution: Evolution | None = None

    @property
    def data_files(self) -> tuple[DataFile, ...]:
        """The files that are served."""
        return tuple(file for file in self.files if file.role == "data")


class Audit(Struct, frozen=True, kw_only=True):
    """The checks of a snapshot, judged once.

    Attributes:
        checks: hash over the identities of the checks judged, in order.
        results: one per check.
        files: example rows of failing checks, one file each, labelled with the check's identity.
    """

    snapshot_id: str
    checks: str
    results: tuple[CheckResult, ...]
    run_id: str
    at: datetime
    files: tuple[DataFile, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Worst verdict of all checks; pass if there are none."""
        verdicts = {result.verdict for result in self.results}
        return "fail" if "fail" in verdicts else "warn" if "warn" in verdicts else "pass"


class Pointer(Struct, frozen=True, kw_only=True):
    """In one environment, the snapshot an asset is served from.

    Attributes:
        publication: number of the publication that set it.
        fingerprint: of the served snapshot, so that a rename can be recognised.
    """

    asset: str
    snapshot_id: str
    publication: int


class Change(Struct, frozen=True, kw_only=True):
    """One pointer moved by a publication; None means absent before or after."""

    asset: str
    before: str | None
    after: str | None


class Held(Struct, frozen=True, kw_only=True):
    """An asset that stayed at its last good snapshot, and why.

    Attributes:
        reason: in words.
        because_of: asset that caused it (itself if its own check failed).
        newer: published siblings that now rest on newer inputs than it does.
    """

    asset: str
    reason: str
    because_of: str
    newer: tuple[str, ...] = ()


class Publication(Struct, frozen=True, kw_only=True):
    """One step in which pointers of an environment moved.

    Attributes:
        id: chosen before the commit; number: order within the catalog, from 1.
        kind: publish, rollback.
    """

    id: str
    number: int
    environment: str
    kind: Literal["publish", "rollback"]
    run_id: str
    at: datetime
    changes: tuple[Change, ...]
    held: tuple[Held, ...] = ()
    note: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether something stayed behind."""
        return bool(self.held)


class Delivery(Struct, frozen=True, kw_only=True):
    """One arrival: bytes of one file at one path of one raw table.

    Attributes:
        id: hash of table, path and content.
        table: asset name of the raw table.
        path: origin as found, relative to the project where it lies below it.
        content: SHA-256 of the bytes as they arrived.
        bytes: length; modified_ns: the file's modification time as a hint.
        arrived_at: when it was landed.
        state: landed; superseded by a newer version at the same path; set_aside by a person. In
            memory only: refused, since it cannot be read; stand_in, an earlier version read for it.
        facts: findings of the reader (columns and the types that fit), as JSON text.
        number: place in the sequence in which an origin was read, from 1; 0 for files, whose set
            has no order.
        sequence: identity of what was asked for; parts of another sequence are never mixed.
        position: how far the origin was read with it, as JSON text; empty if there is no cursor.
        role: ``rows``, or ``keys``: all keys the origin had then; what is not among them is gone.
        version: the mark a remote store gave these bytes (ETag, generation), as a hint.
        repeats: numbers of the records in it that arrived before and are no rows again, such as
            ``1-3,7``; the bytes stay as they came.
        repairs: of a repair, what it replaces and who repaired it, as JSON text.
    """

    id: str
    table: str
    path: str
    content: str
    bytes: int
    modified_ns: int
    arrived_at: datetime
    run_id: str
    state: Literal["landed", "superseded", "set_aside", "refused", "stand_in"] = "landed"
    facts: str = ""
    number: int = 0
    sequence: str = ""
    position: str = ""
    role: Literal["rows", "keys"] = "rows"
    version: str = ""
    repeats: str = ""
    repairs: str = ""


class RunRecord(Struct, frozen=True, kw_only=True):
    """One execution.

    Attributes:
        logical_time: what clock functions return in this run.
        status: running, done, failed (something was held), cancelled, conflict, crashed.
    """

    id: str
    environment: str
    started_at: datetime
    logical_time: datetime
    status: Literal["running", "done", "failed", "cancelled", "conflict", "crashed"] = "running"
    finished_at: datetime | None = None
    publication: int | None = None


class State(Struct, frozen=True, kw_only=True):
    """What planning needs to know of one environment, read in one transaction.

    Attributes:
        publication: number of the newest publication of the environment, 0 if none.
        pointers: asset -> pointer.
        snapshots: snapshots that pointers name, by id.
        audits: newest audit of each of these, by (snapshot id, checks hash).
        withdrawn: (asset, build key, split) withdrawn and not released.
        deliveries: table -> deliveries that are landed (one version of each path) or set aside.
    """

    environment: str
    publication: int
    pointers: dict[str, Pointer]
    snapshots: dict[str, Snapshot]
    audits: dict[tuple[str, str], Audit]
    withdrawn: frozenset[tuple[str, str, str]]
    deliveries: dict[str, tuple[Delivery, ...]]

    def is_withdrawn(self, name: str, key: str, split: str, current: Snapshot | None) -> bool:
        """Whether a build was taken back and not released; one that is served again is not."""
        is_served = current is not None and (current.build_key, current.split) == (key, split)
        return (name, key, split) in self.withdrawn and not is_served
