"""Snapshot files and raw bytes on a local disk, durable before any catalog row names them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from andon.catalog.records import DataFile, FileRole
from andon.hashing import content_hash
from andon.stores import disk_failures as failures
from andon.stores import durable, oslock
from andon.stores.steps import OnStep, ignore

_PIECE = 1 << 16
"""Bytes copied at once: small enough that memory is used again and stays in the processor's cache."""


def raw_path(root: Path, content: str) -> Path:
    """Where landed bytes lie in a store, by their SHA-256."""
    return root / "raw" / content[:2] / content


class FileTableStore:
    """A `TableStore` below one folder.

    Layout: ``data/<asset>/<name>.parquet`` kept files; ``raw/ab/<sha256>`` landed bytes;
    ``staging/<run>-<pid>-<token>/`` files being written, guarded by a lock file of the same name;
    ``locks/`` locks by name. Nothing is created before it is needed.

    Args:
        root: the folder.
        on_step: called before and after each durable step, for fault tests.
    """

    def __init__(self, root: Path, *, on_step: OnStep = ignore) -> None:
        self._root = root.absolute()
        self._step = on_step
        self._staging: dict[tuple[str, int], tuple[Path, oslock.HeldLock]] = {}
        self._guard = threading.Lock()
        self._durable: set[Path] = set()

    @property
    def root(self) -> Path:
        """Folder below which every kept file lies."""
        return self._root

    def stage(self, run_id: str, name: str) -> Path:
        """A new path in the run's staging folder, which lives as long as this process."""
        with self._failures(f"a staging folder of run `{run_id}`"):
            self._step("stage")
            return self._staging_of(run_id) / name

    def keep(
        self,
        staged: Path,
        *,
        asset: str,
        name: str,
        rows: int,
        role: FileRole = "data",
        label: str = "",
        sums: str = "",
    ) -> DataFile:
        """Make a staged file durable as ``data/<asset>/<name>.parquet``; see the port.

        Whatever fails, the staged file and a half-made final one are gone afterwards, so that
        neither is ever used. A file already there under that name is replaced in one step.
        """
        relative = f"data/{asset}/{name}.parquet"
        with self._failures(f"`{relative}`"):
            try:
                facts, digest = self._settle(staged)
                self._move(staged, self._root / relative)
            except BaseException:
                _discard(staged)
                raise
        return DataFile(
            path=relative,
            rows=rows,
            bytes=facts.st_size,
            sha256=digest,
            role=role,
            label=label,
            modified_ns=facts.st_mtime_ns,
            sums=sums,
        )

    def path(self, file: DataFile) -> Path:
        """Absolute path of a kept file."""
        return self._root / file.path

    def verify(self, file: DataFile, *, deep: bool = False) -> None:
        """Raise `DataCorrupt` (STO003) if the file is not what its record says; see the port.

        A file that was touched since it was kept is hashed even without `deep`.
        """
        path = self.path(file)
        try:
            facts = path.stat()
        except FileNotFoundError:
            raise failures.corrupt(file, "it is missing") from None
        if facts.st_size != file.bytes:
            raise failures.corrupt(
                file, f"it has {facts.st_size:,} bytes, recorded were {file.bytes:,}"
            )
        if deep or facts.st_mtime_ns != file.modified_ns:
            with path.open("rb") as stream:
                if file_digest(stream, "sha256").hexdigest() != file.sha256:
                    raise failures.corrupt(file, "its bytes differ from those recorded")

    def distrust(self, file: DataFile) -> bool:
        """Give a file another time than its record has, so that `verify` hashes it; see the port."""
        try:
            if os.access(self._root, os.W_OK):
                os.utime(self.path(file))
        except OSError:
            return False
        return self._is_touched(file)

    def _is_touched(self, file: DataFile) -> bool:
        path = self.path(file)
        return not path.exists() or path.stat().st_mtime_ns != file.modified_ns

    def land(self, stream: BinaryIO) -> tuple[str, int]:
        """Keep bytes under their SHA-256, durable on return; returns (SHA-256, length)."""
        with self._failures("landed bytes"):
            self._step("stage")
            staged = self._staging_of("land") / os.urandom(16).hex()
            try:
                content, length = _copy(stream, staged)
                final = self.raw(content)
                if final.exists() and final.stat().st_size == length:
                    # Another process may have renamed it and not yet made the name durable.
                    self._sync_folder(final.parent)
                    staged.unlink()
                else:
                    self._sync_file(staged)
                    self._move(staged, final)
            except BaseException:
                _discard(staged)
                raise
        return content, length

    def raw(self, content: str) -> Path:
        """Absolute path of landed bytes."""
        return raw_path(self._root, content)

    def landed(self, content: str, *, rows: int, label: str = "") -> DataFile:
        """Record of landed bytes that are served as they are; see the port."""
        path = self.raw(content)
        relative = path.relative_to(self._root).as_posix()
        file = DataFile(path=relative, rows=rows, bytes=0, sha256=content, label=label)
        try:
            facts = path.stat()
        except FileNotFoundError:
            raise failures.corrupt(file, "it is missing") from None
        return replace(file, bytes=facts.st_size, modified_ns=facts.st_mtime_ns)

    def kept(self) -> frozenset[str]:
        """Paths, relative to the root, of all kept files: of snapshots, and landed bytes."""
        found = chain(
            (self._root / "data").glob("*/*.parquet"),
            (self._root / "raw").glob("[0-9a-f][0-9a-f]/*"),
        )
        return frozenset(path.relative_to(self._root).as_posix() for path in found)

    def remove(self, path: str) -> int:
        """Delete a kept file; returns its bytes, 0 if it is not there."""
        with self._failures(f"`{path}`"):
            self._step("remove")
            target = self._root / path
            try:
                length = target.stat().st_size
                target.unlink()
            except FileNotFoundError:
                return 0
            return length

    @contextmanager
    def lock(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Hold the lock `name`, which dies with this process; yields whether it is held."""
        # The file stays when the lock is free: deleting it would let two hold it at once.
        folder = self._root / "locks"
        with self._failures(f"the lock `{name}`"):
            durable.make_folder(folder)
            held = oslock.take(folder / f"{content_hash(name.encode())[:32]}.lock", wait=wait)
        try:
            yield held is not None
        finally:
            if held is not None:
                held.release()

    def sweep(self) -> int:
        """Delete staging folders of processes that are gone; returns how many."""
        folder = self._root / "staging"
        swept = 0
        with self._failures("old staging folders"):
            if not folder.is_dir():
                return 0
            for guard in sorted(folder.glob("*.lock")):
                held = oslock.take(guard, wait=False)
                if held is None:
                    continue
                try:
                    staging = guard.with_suffix("")
                    if staging.exists():
                        _remove_tree(staging)
                        swept += 1
                    guard.unlink(missing_ok=True)
                finally:
                    held.release()
        return swept

    def close(self) -> None:
        """Delete this store's own staging folders. Safe to repeat."""
        with self._guard:
            for (_, process), (folder, guard) in self._staging.items():
                if process == os.getpid():
                    _remove_tree(folder)
                    guard.release(unlink=True)
            self._staging.clear()

    def _staging_of(self, run_id: str) -> Path:
        """The staging folder of a run in this process; its lock is held before it exists."""
        owner = (run_id, os.getpid())
        with self._guard:
            known = self._staging.get(owner)
            if known is None:
                parent = self._root / "staging"
                durable.make_folder(parent)
                folder = parent / f"{run_id}-{os.getpid()}-{os.urandom(4).hex()}"
                guard = oslock.take(folder.with_name(folder.name + ".lock"), wait=True)
                assert guard is not None
                folder.mkdir()
                known = self._staging[owner] = (folder, guard)
            return known[0]

    def _settle(self, staged: Path) -> tuple[os.stat_result, str]:
        """Size and time of a staged file, and its SHA-256; its bytes are durable on return."""
        with staged.open("rb") as stream:
            self._step("hash")
            digest = file_digest(stream, "sha256").hexdigest()
            facts = os.fstat(stream.fileno())
        self._sync_file(staged)
        return facts, digest

    def _sync_file(self, staged: Path) -> None:
        try:
            self._step("fsync_file")
            durable.fsync_file(staged)
            self._step("fsync_file_after")
        except OSError as error:
            raise failures.not_durable(staged.name, error) from error

    def _sync_folder(self, folder: Path) -> None:
        try:
            self._step("fsync_dir")
            durable.fsync_folder(folder)
            self._step("fsync_dir_after")
        except OSError as error:
            raise failures.not_durable(folder.name, error) from error

    def _move(self, staged: Path, final: Path) -> None:
        """Rename into place and make the name durable, or leave nothing there."""
        self._step("make_folder")
        self._make_durable(final.parent)
        self._step("rename")
        staged.rename(final)
        try:
            self._step("rename_after")
            self._sync_folder(final.parent)
        except BaseException:
            _discard(final)
            raise

    def _make_durable(self, folder: Path) -> None:
        """Create a folder; once per process its parents are forced to disk even if they were
        there, because another process may have made them a moment ago and not got that far."""
        if folder in self._durable:
            return
        if folder == self._root:
            durable.make_folder(folder)
        else:
            self._make_durable(folder.parent)
            folder.mkdir(exist_ok=True)
            self._sync_folder(folder.parent)
        self._durable.add(folder)

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        """Tell failures of the file system as errors of Andon."""
        try:
            yield
        except OSError as error:
            raise failures.told(what, error) from error


def _copy(stream: BinaryIO, target: Path) -> tuple[str, int]:
    digest, length = sha256(), 0
    with target.open("xb") as out:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            length += len(piece)
            out.write(piece)
    return digest.hexdigest(), length


def _discard(path: Path) -> None:
    """Remove what must never be used; if even that fails, the staging sweep takes it later."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _remove_tree(folder: Path) -> None:
    # Needed at the end or after a crash only, and slow to import.
    from shutil import rmtree

    rmtree(folder)
