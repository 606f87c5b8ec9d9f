"""Small records for the suites of catalog stores."""

from __future__ import annotations

from datetime import UTC, datetime

from andon.catalog.commit import AddSnapshot, Commit, Publish, Requirement, Update
from andon.catalog.records import (
    Audit,
    Change,
    CheckResult,
    DataFile,
    Delivery,
    Digest,
    InputRef,
    Publication,
    Snapshot,
)
from andon.schema import Column, Schema

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = ("marts.a", "key-s1", "")
"""What `snapshot("s1")` is found by."""


def snapshot(
    snapshot_id: str, asset: str = "marts.a", key: str | None = None, reads: tuple[str, ...] = ()
) -> Snapshot:
    """A table, or a view if it reads something."""
    return Snapshot(
        id=snapshot_id,
        asset=asset,
        kind="view" if reads else "table",
        build_key=key or f"key-{snapshot_id}",
        split="",
        fingerprint="f",
        schema=Schema((Column(name="Größe", type="HUGEINT", stored="DECIMAL(38,0)"),)),
        rows=3,
        digest=Digest(algorithm="test-1", value="00"),
        run_id="run-1",
        created_at=NOW,
        files=(DataFile(path=f"data/{snapshot_id}.parquet", rows=3, bytes=9, sha256="0"),),
        inputs=tuple(InputRef(asset="raw.x", snapshot_id=i, digest="d") for i in reads),
        facts=(("note", 'a ,"status":"x" in text'),),
    )


def publication(
    publication_id: str,
    *changes: tuple[str, str | None, str | None],
    environment: str = "prod",
) -> Publication:
    """A publication of changes (asset, before, after)."""
    return Publication(
        id=publication_id,
        number=0,
        environment=environment,
        kind="publish",
        run_id="run-1",
        at=NOW,
        changes=tuple(Change(asset=a, before=b, after=c) for a, b, c in changes),
    )


def publish(
    publication_id: str,
    *changes: tuple[str, str | None, str | None],
    environment: str = "prod",
    requirements: tuple[Requirement, ...] = (),
) -> Commit:
    """A commit of that publication."""
    made = publication(publication_id, *changes, environment=environment)
    return Commit(requirements=requirements, updates=(Publish(publication=made),))


def add(*snapshots: Snapshot) -> Commit:
    """A commit that records snapshots."""
    updates: tuple[Update, ...] = tuple(AddSnapshot(snapshot=s) for s in snapshots)
    return Commit(updates=updates)


def audit(snapshot_id: str, checks: str = "c1", failing: int = 0) -> Audit:
    """An audit with one result."""
    result = CheckResult(
        check="not_null:a",
        label="a is never null",
        kind="not_null",
        on_fail="warn",
        verdict="warn" if failing else "pass",
        failing=failing,
        total=3,
        observed=f"{failing} of 3 rows",
    )
    return Audit(snapshot_id=snapshot_id, checks=checks, results=(result,), run_id="r", at=NOW)


def delivery(path: str, content: str, table: str = "raw.x") -> Delivery:
    """An arrival of `content` at `path`."""
    return Delivery(
        id=f"{table}:{path}:{content}",
        table=table,
        path=path,
        content=content,
        bytes=1,
        modified_ns=1,
        arrived_at=NOW,
        run_id="run-1",
    )
