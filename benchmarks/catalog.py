"""The catalog at a thousand assets, beside bare SQLite writing and reading the same bytes."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from andon.catalog.commit import (
    AddAudit,
    AddSnapshot,
    Commit,
    Emit,
    Publish,
    RequirePointers,
    RequireUsable,
)
from andon.catalog.records import (
    Audit,
    Change,
    CheckResult,
    DataFile,
    Digest,
    InputRef,
    Publication,
    Snapshot,
)
from andon.events import TaskFinished
from andon.schema import Column, Schema
from andon.stores.files import FileTableStore
from andon.stores.sqlite.catalog import SqliteCatalog
from benchmarks.measure import Row, table

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REPEATS = 9


def measure(size: str, folder: Path) -> list[Row]:
    """Publish and read `size` assets (small: 100, full: 1,000); hash a kept file."""
    assets = 100 if size == "small" else 1000
    scale = assets / 1000
    catalog = SqliteCatalog(folder / "catalog.sqlite")
    bare = _bare(folder / "bare.sqlite")
    single = [_cpu_of(partial(catalog.commit, _built(n), NOW)) for n in range(assets)]
    rows = _publishing(catalog, bare, assets, scale)
    rows.append(
        Row(
            what="commit of snapshot, audit, event: CPU (limit: three bare rows)",
            bar=1,
            measured=median(single),
            unit="ms",
            limit=median(_cpu_of(partial(_write, bare, _bodies(3))) for _ in range(99)),
        )
    )
    catalog.close()
    bare.close()
    rows.append(_hashing(folder))
    return rows


def _publishing(
    catalog: SqliteCatalog, bare: sqlite3.Connection, assets: int, scale: float
) -> list[Row]:
    turns = [_publication(f"p{turn}", assets) for turn in range(REPEATS)]
    published = [_timed(partial(catalog.commit, turn, NOW)) for turn in turns]
    bodies = _bodies(assets)
    written = [_timed(partial(_write, bare, bodies)) for _ in range(REPEATS)]
    keys = [(f"marts.a{n}", f"key-{n}", "") for n in range(assets)]
    return [
        Row(
            what=f"publish {assets:,} assets in one transaction",
            bar=100 * scale,
            measured=median(published) * 1000,
            unit="ms",
            limit=median(written) * 1000,
        ),
        Row(
            what=f"state of {assets:,} assets",
            bar=20 * scale,
            measured=_typical_cpu(lambda: catalog.state("prod")),
            unit="ms",
            limit=_typical_cpu(lambda: bare.execute("select body from rows").fetchall()),
        ),
        Row(
            what=f"find {assets:,} build keys",
            bar=20 * scale,
            measured=_typical_cpu(lambda: catalog.find(keys)),
            unit="ms",
        ),
    ]


def _hashing(folder: Path) -> Row:
    """What the integrity hash adds to keeping a large file, in CPU time per GB."""
    store = FileTableStore(folder / "store")
    staged = store.stage("run", "large.parquet")
    with staged.open("wb") as out:
        for _ in range(256):
            out.write(b"\x5a" * (1 << 20))
    began = time.process_time()
    store.keep(staged, asset="marts.large", name="s1", rows=1)
    used = time.process_time() - began
    store.close()
    return Row(what="keep a file: CPU per GB", bar=1500, measured=used * 1000 / 0.268, unit="ms")


def _built(n: int) -> Commit:
    """What a task commits: a snapshot of ten columns, two checks, one event."""
    snapshot = Snapshot(
        id=f"s{n:06d}",
        asset=f"marts.a{n}",
        kind="table",
        build_key=f"key-{n}",
        split="",
        fingerprint="f" * 32,
        schema=Schema(tuple(Column(name=f"column_{c}", type="VARCHAR") for c in range(10))),
        rows=1000,
        digest=Digest(algorithm="sum-1/2.0", value="d" * 32),
        run_id="run",
        created_at=NOW,
        files=(DataFile(path=f"data/marts.a{n}/s.parquet", rows=9, bytes=9, sha256="0" * 64),),
        inputs=(InputRef(asset="raw.a", snapshot_id="s000000", digest="d" * 32),) * 2,
    )
    results = tuple(
        CheckResult(
            check=f"not_null:{c}",
            label=f"column_{c} is never null",
            kind="not_null",
            on_fail="stop",
            verdict="pass",
            failing=0,
            total=1000,
            observed="0 of 1,000 rows",
        )
        for c in range(2)
    )
    audit = Audit(snapshot_id=snapshot.id, checks="c", results=results, run_id="run", at=NOW)
    done = TaskFinished(run_id="run", asset=snapshot.asset, outcome="built", seconds=0.1)
    return Commit(updates=(AddSnapshot(snapshot=snapshot), AddAudit(audit=audit), Emit(event=done)))


def _publication(key: str, assets: int) -> Commit:
    """All pointers move, and every one is required to be where it was."""
    is_first = key == "p0"
    ids = [f"s{n:06d}" for n in range(assets)]
    changes = tuple(
        Change(asset=f"marts.a{n}", before=None if is_first else ids[n], after=ids[n])
        for n in range(assets)
    )
    moved = Publication(
        id=key,
        number=0,
        environment="prod",
        kind="publish",
        run_id="run",
        at=NOW,
        changes=changes,
    )
    required = (
        RequirePointers(environment="prod", pointers=tuple((c.asset, c.before) for c in changes)),
        RequireUsable(snapshot_ids=tuple(c.after for c in changes if c.after)),
    )
    return Commit(requirements=required, updates=(Publish(publication=moved),))


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table rows (asset text primary key, body blob)")
    return connection


def _bodies(count: int) -> list[tuple[str, bytes]]:
    """As many bytes per asset as a snapshot with its audit has."""
    return [(f"marts.a{n}", b"x" * 1700) for n in range(count)]


def _write(connection: sqlite3.Connection, rows: list[tuple[str, bytes]]) -> None:
    connection.execute("begin immediate")
    connection.executemany("insert or replace into rows values (?, ?)", rows)
    connection.execute("commit")


def _timed(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def _cpu_of(job: Callable[[], object]) -> float:
    """CPU time in ms; what the job returns is kept until the clock has stopped."""
    began = time.process_time()
    kept = job()
    used = time.process_time() - began
    del kept
    return used * 1000


def _typical_cpu(job: Callable[[], object]) -> float:
    return median(_cpu_of(job) for _ in range(REPEATS))


def main() -> None:
    """Print the table at full size."""
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure("full", Path(folder))), file=sys.stdout)


if __name__ == "__main__":
    main()
