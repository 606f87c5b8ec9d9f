"""The errors of the SQLite catalog, in words; and which of SQLite's own errors means which."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from andon.errors import (
    AndonError,
    DataCorrupt,
    Denied,
    OutcomeUnknown,
    Problem,
    Unavailable,
    UsageError,
)
from andon.stores.disk_failures import FULL, REFUSED

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _broken(what: str, why: str, fix: str) -> Problem:
    return Problem(code="CAT001", what=what, why=why, fix=fix)


def moved(environment: str, assets: Sequence[str]) -> Problem:
    """Pointers are not where the plan saw them."""
    return _broken(
        f"environment `{environment}` changed while this was prepared: {_listed(assets)}",
        "the plan was made for other snapshots than the ones published now; nothing was changed",
        "run the same command again: it plans anew and reuses what still fits",
    )


def unusable(ids: Sequence[str]) -> Problem:
    """Snapshots are marked by gc or gone."""
    return _broken(
        f"{len(ids)} snapshot(s) are no longer usable: {_listed(ids)}",
        "garbage collection has claimed them, so their files may go; nothing was changed",
        "run the same command again: it builds them anew",
    )


def withdrawn(environment: str, assets: Sequence[str]) -> Problem:
    """Build keys were rolled back."""
    return _broken(
        f"builds of {_listed(assets)} are withdrawn in `{environment}`",
        "they were rolled back, and the same build is not published twice; nothing was changed",
        "change the asset or its inputs, or allow them with `andon rollback --release`",
    )


def published(publication_id: str, number: int) -> Problem:
    """The publication landed before."""
    return _broken(
        f"publication `{publication_id}` is already there, as number {number}",
        "the same publication is not made twice; nothing was changed",
        "nothing needs to be done: it has landed",
    )


def referenced(ids: Sequence[str]) -> Problem:
    """What gc wanted is still needed."""
    return _broken(
        f"{len(ids)} snapshot(s) are still needed: {_listed(ids)}",
        "a pointer, a kept publication or a live reader names them; nothing was changed",
        "run garbage collection again: it looks anew",
    )


def busy(path: Path, waited_s: float) -> Unavailable:
    """Another process writes for too long."""
    return Unavailable(
        Problem(
            code="CAT002",
            what=f"the catalog `{path.name}` was busy for {waited_s:.0f} s",
            why="another process holds its write lock all that time; nothing was changed",
            fix="repeat the command; if it persists, look for a stopped `andon` process",
        )
    )


def full(path: Path) -> Unavailable:
    """No space is left."""
    return Unavailable(
        Problem(
            code="CAT002",
            what=f"the disk that holds the catalog `{path.name}` is full",
            why="a commit needs room for its journal; nothing was changed",
            fix="free some space, then repeat the command",
        )
    )


def changing(path: Path) -> Unavailable:
    """A writer came while the file was read without locks."""
    return _unusable(path, "it was written while it was read, and locks are not possible here")


def _unusable(path: Path, why: str) -> Unavailable:
    return Unavailable(
        Problem(
            code="CAT002",
            what=f"the catalog `{path.name}` cannot be used now",
            why=why,
            fix="look at the disk and the rights of the folder, then repeat the command",
        )
    )


def outcome_unknown(path: Path, detail: str) -> OutcomeUnknown:
    """The commit was sent and its answer lost."""
    return OutcomeUnknown(
        Problem(
            code="CAT003",
            what=f"a commit to the catalog `{path.name}` may or may not have landed",
            why=f"the disk failed while it was made durable ({detail})",
            fix="look with `andon history` before you repeat it",
        )
    )


def read_only(path: Path) -> Denied:
    """Writing is not possible here."""
    return Denied(
        Problem(
            code="CAT004",
            what=f"the catalog `{path.name}` is read-only here",
            why="this process may not write its file or folder, or it was opened for reading",
            fix="run it as a user who may write the project's folder `.andon`",
        )
    )


def unknown_publication(environment: str, number: int, newest: int) -> UsageError:
    """No such publication."""
    return UsageError(
        Problem(
            code="CAT005",
            what=f"environment `{environment}` has no publication {number}",
            why=f"its newest publication is {newest}" if newest else "nothing is published there",
            fix=f"choose a number from `andon history --env {environment}`",
        )
    )


def beyond_horizon(environment: str, number: int, horizon: int) -> UsageError:
    """The publication is older than what gc kept."""
    return UsageError(
        Problem(
            code="CAT005",
            what=f"publication {number} of `{environment}` is beyond the horizon {horizon}",
            why="garbage collection has removed or claimed some of its snapshots",
            fix=f"choose publication {horizon} or a newer one from `andon history`",
        )
    )


def newer(path: Path, found: int, known: int) -> Denied:
    """A later Andon wrote this catalog."""
    return Denied(
        Problem(
            code="CAT006",
            what=f"the catalog `{path.name}` has version {found}; this Andon knows up to {known}",
            why="a newer Andon has written it, and guessing at its form could damage it",
            fix="upgrade with `pip install --upgrade andon`",
        )
    )


def network(path: Path, kind: str) -> Denied:
    """SQLite's locks do not hold here."""
    return Denied(
        Problem(
            code="CAT007",
            what=f"the catalog `{path.name}` lies on a network file system ({kind})",
            why="file locks and shared memory are not reliable there, so writers could damage it",
            fix="keep the project's state on a local disk, or use a PostgreSQL catalog for a team",
        )
    )


def damaged(path: Path, detail: str) -> DataCorrupt:
    """SQLite cannot read its file."""
    return DataCorrupt(
        Problem(
            code="CAT008",
            what=f"the catalog `{path.name}` is damaged or no catalog of Andon",
            why=detail,
            fix="restore it from a backup; the data files below `data` are untouched",
        )
    )


def unclean(path: Path) -> Denied:
    """A journal is left that may not be replayed here."""
    return Denied(
        Problem(
            code="CAT009",
            what=f"the catalog `{path.name}` has an open journal that cannot be read here",
            why="its last writer was interrupted, and a read-only folder does not let it recover",
            fix="run any `andon` command once as a user who may write the folder",
        )
    )


def is_busy(error: sqlite3.Error) -> bool:
    """Whether the same call may succeed a moment later."""
    return _primary(error) in _BUSY


def did_not_land(error: sqlite3.Error) -> bool:
    """Whether a failed COMMIT surely changed nothing: its last frame was never written whole."""
    return _primary(error) in (sqlite3.SQLITE_FULL, *_BUSY, *_READ_ONLY)


def translate(path: Path, error: sqlite3.Error) -> AndonError | None:
    """The error of Andon for one of SQLite, or None for what is a fault of the program."""
    code = _primary(error)
    if code == sqlite3.SQLITE_FULL:
        return full(path)
    if code in _READ_ONLY:
        return read_only(path)
    if code in _DAMAGED:
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, *_BUSY):
        return _unusable(path, str(error))
    return None


def translate_os(path: Path, error: OSError) -> AndonError:
    """The error of Andon for one of the file system, before anything was sent."""
    if error.errno in FULL:
        return full(path)
    if error.errno in REFUSED:
        return read_only(path)
    return _unusable(path, error.strerror or type(error).__name__)


def _primary(error: sqlite3.Error) -> int:
    """SQLite's primary result code, without the extension in the upper bits."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
