"""Doctor: look at installation, store, catalog and data, and say what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from andon.app.showing.export import export_path
from andon.app.showing.views import Finding
from andon.errors import AndonError, DataCorrupt
from andon.execution.line import Tools
from andon.spec.project import ProjectSpec

LOW_DISK_BYTES = 1_000_000_000


def examine(
    tools: Tools, spec: ProjectSpec, environment: str, *, deep: bool = False
) -> tuple[Finding, ...]:
    """All findings about a project that loads, the good ones too.

    Args:
        deep: hash every kept file, not only look at its size and time. What was altered unseen is
            touched, so that from then on readers and runs hash it too; else nothing is changed.
    """
    counts = f"{len(spec.source_tables)} raw tables, {len(spec.assets)} assets"
    return (
        Finding(level="ok", what=versions()),
        Finding(level="ok", what=f"project `{spec.name}`: {counts}"),
        *(Finding(level="warning", what=p.what, fix=p.fix) for p in spec.warnings),
        *_disk(tools.root),
        *_data(tools, deep),
        *_raw(tools, deep),
        *_runs(tools),
        *_export(tools, environment),
    )


def unloadable(failure: AndonError) -> tuple[Finding, ...]:
    """Findings about a project whose declarations are wrong."""
    wrong = (Finding(level="error", what=p.what, fix=p.fix) for p in failure.problems)
    return (Finding(level="ok", what=versions()), *wrong)


def versions() -> str:
    """Versions of what Andon rests on."""
    from importlib.metadata import version

    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"andon {version('andon')}, duckdb {version('duckdb')}, Python {python}"


def _disk(root: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(root).free
    if free < LOW_DISK_BYTES:
        yield Finding(
            level="warning",
            what=f"{free // 1_000_000:,} MB are free on the project's disk",
            fix="free some room, or run `andon gc`",
        )


def _data(tools: Tools, deep: bool) -> Iterator[Finding]:
    snapshots = [s for s in tools.catalog.snapshots() if s.status != "marked"]
    files = {file.path: (s, file) for s in snapshots for file in s.files}
    bad = 0
    for snapshot, file in files.values():
        try:
            tools.store.verify(file, deep=deep)
        except DataCorrupt as failure:
            bad += 1
            is_seen = tools.store.distrust(file)
            yield Finding(
                level="error",
                what=f"`{snapshot.asset}`, snapshot {snapshot.id}: {failure.problems[0].what}",
                fix="`andon run` builds what is served anew, or restore the file from a backup"
                if is_seen
                else "restore the file from a backup, or let `andon doctor --deep` write to the"
                " store: then `andon run` builds it anew",
            )
    how = "hashed" if deep else "found whole"
    if not bad:
        yield Finding(
            level="ok", what=f"{len(files):,} files of {len(snapshots):,} snapshots {how}"
        )


def _raw(tools: Tools, deep: bool) -> Iterator[Finding]:
    from andon.hashing import stream_hash

    contents = {d.content: d for d in tools.catalog.deliveries()}
    bad = 0
    for content, delivery in contents.items():
        path = tools.store.raw(content)
        wrong = ""
        if not path.is_file() or path.stat().st_size != delivery.bytes:
            wrong = "is missing or has another length"
        elif deep:
            with path.open("rb") as stream:
                wrong = "" if stream_hash(stream) == content else "has other bytes than arrived"
        if wrong:
            bad += 1
            yield Finding(
                level="error",
                what=f"the kept bytes of `{delivery.path}` (`{delivery.table}`) {wrong}",
                fix="restore the file from a backup, or deliver it again",
            )
    if not bad:
        yield Finding(level="ok", what=f"{len(contents):,} arrivals kept byte for byte")


def _runs(tools: Tools) -> Iterator[Finding]:
    newest = tools.catalog.runs(1)
    if newest and newest[0].status == "running":
        yield Finding(
            level="warning",
            what=f"run {newest[0].id} is under way, or ended without a word",
            fix="run `andon run`: it goes on with what is finished",
        )


def _export(tools: Tools, environment: str) -> Iterator[Finding]:
    path = export_path(tools, environment)
    if tools.catalog.publications(environment, 1) and not path.exists():
        yield Finding(
            level="warning",
            what=f"`{path.name}` is missing",
            fix="run `andon run`: it writes the views anew",
        )
