"""Export: `prod.duckdb` at the root of the project, a stable way in for other tools."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from andon.catalog.records import Snapshot, State
from andon.errors import AndonError, Problem, Unavailable
from andon.execution.line import Scans, Tools
from andon.names import REJECTED


def export_path(tools: Tools, environment: str) -> Path:
    """Where the views of an environment lie."""
    return tools.root / f"{environment}.duckdb"


def export_published(tools: Tools, environment: str, known: State | None = None) -> bool:
    """Bring the views of an environment up to its newest publication, in one step.

    Only views whose snapshot changed are written anew. Safe to repeat: it does nothing if the file
    is up to date. Returns whether it wrote.

    Args:
        tools: of the project.
        environment: whose views.
        known: its state as read a moment ago, to see that nothing is to be done; read if None.
    """
    state = known or tools.catalog.state(environment, deliveries=False)
    marker = tools.store.root / "export" / f"{environment}.json"
    target = export_path(tools, environment)
    wanted = {name: p.snapshot_id for name, p in sorted(state.pointers.items())}
    if _exported(marker, target) == wanted or (not wanted and not target.exists()):
        return False
    with tools.store.lock(f"export-{environment}"):
        state = tools.catalog.state(environment, deliveries=False)
        wanted = {name: p.snapshot_id for name, p in sorted(state.pointers.items())}
        before = _exported(marker, target)
        if before == wanted:
            return False
        scans = Scans(tools)
        changed = {
            name: _select(state.snapshots[id_], scans)
            for name, id_ in wanted.items()
            if before is None or before.get(name) != id_
        }
        gone = [] if before is None else [name for name in before if name not in wanted]
        if before is not None:
            gone += [f"{name}{REJECTED}" for name in (*gone, *changed)]
        changed |= _rejected_rows(tools, {name: state.snapshots[wanted[name]] for name in changed})
        try:
            _write(target, changed, tuple(gone), fresh=before is None)
            _remember(marker, target, wanted)
        except (OSError, AndonError) as error:
            raise _behind(target, state.publication) from error
    return True


def _rejected_rows(tools: Tools, snapshots: Mapping[str, Snapshot]) -> dict[str, str]:
    """Views of rows that were set aside, by name; most snapshots have none."""
    found = {
        name: snapshot
        for name, snapshot in snapshots.items()
        if any(file.role == "aside" for file in snapshot.files)
    }
    if not found:
        return {}
    from andon.app.holding.rejected import rejected

    return {f"{n}{REJECTED}": f"select * from {rejected(tools, s)}" for n, s in found.items()}


def _behind(target: Path, publication: int) -> Unavailable:
    return Unavailable(
        Problem(
            code="APP007",
            what=f"publication {publication} is in place, but `{target.name}` could not follow it",
            why="the disk is full or refuses to be written, or another program holds the file",
            fix="`andon query` reads the new data; make room and `andon run` writes the views anew",
        )
    )


def _select(snapshot: Snapshot, scans: Scans) -> str:
    return f"select * from {scans.of(snapshot)}"


def _exported(marker: Path, target: Path) -> dict[str, str] | None:
    """What the file holds by our own note of it; None if note and file do not belong together."""
    try:
        note = json.loads(marker.read_text())
        status = target.stat()
    except (OSError, ValueError):
        return None
    if [note.get("inode"), note.get("bytes"), note.get("modified_ns")] != _stamp(status):
        return None
    if note.get("place") != str(target):
        # The views name files by absolute path, so a project that moved needs all of them anew.
        return None
    views = note.get("views")
    return dict(views) if isinstance(views, dict) else None


def _stamp(status: os.stat_result) -> list[int]:
    """What tells one written file from another; an inode alone may be used again."""
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _write(target: Path, changed: dict[str, str], gone: tuple[str, ...], *, fresh: bool) -> None:
    from andon.engines.duckdb.export import write_views

    staged = target.with_name(f".{target.name}.new")
    # Only the holder of the lock comes here, so what lies there is left by a process that died.
    leftovers = (staged, staged.with_name(f"{staged.name}.wal"))
    try:
        for path in leftovers:
            path.unlink(missing_ok=True)
        write_views(staged, None if fresh else target, changed, gone)
        with staged.open("rb") as file:
            os.fsync(file.fileno())
        staged.replace(target)
    finally:
        for path in leftovers:
            path.unlink(missing_ok=True)


def _remember(marker: Path, target: Path, views: dict[str, str]) -> None:
    marker.parent.mkdir(parents=True, exist_ok=True)
    status = target.stat()
    inode, size, modified_ns = _stamp(status)
    note = {"inode": inode, "bytes": size, "modified_ns": modified_ns}
    text = json.dumps({**note, "place": str(target), "views": views})
    staged = marker.with_suffix(f".{os.getpid()}")
    staged.write_text(text)
    staged.replace(marker)
