"""Port of the store of snapshot files and raw bytes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from andon.catalog.records import DataFile, FileRole

DATA_FOLDERS = ("data", "raw", "staging")
"""Folders below the root that hold rows: all that SQL has to reach, not the catalog, the locks, the
cache and the notes of the export."""


class TableStore(Protocol):
    """Keeps files by the durability rule: fsync, rename, fsync of each new parent, then the catalog."""

    @property
    def root(self) -> Path:
        """Folder below which every kept file lies."""
        ...

    def stage(self, run_id: str, name: str) -> Path:
        """A new path in the run's staging folder; what is left there is swept after a crash."""
        ...

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
        """Make a staged file durable under its final name and tell its record.

        Raises:
            TaskFailed: (STO001) fsync failed; the file is never reused.
            Unavailable: (STO002) the disk is full.
        """
        ...

    def path(self, file: DataFile) -> Path:
        """Absolute path of a kept file."""
        ...

    def verify(self, file: DataFile, *, deep: bool = False) -> None:
        """Raise `DataCorrupt` (STO003) that names the file if it is missing, shorter, longer, or
        (deep) its bytes differ from its record."""
        ...

    def distrust(self, file: DataFile) -> bool:
        """Let every later `verify` look at the file's bytes, in other processes too; returns whether
        it will. Safe to repeat; False where the store may not be written."""
        ...

    def land(self, stream: BinaryIO) -> tuple[str, int]:
        """Keep bytes content-addressed and durable; returns (SHA-256, length). Landing the same
        bytes again adds nothing."""
        ...

    def raw(self, content: str) -> Path:
        """Absolute path of landed bytes."""
        ...

    def landed(self, content: str, *, rows: int, label: str = "") -> DataFile:
        """Record of landed bytes that are served as they are; the bytes are not hashed again.

        Raises:
            DataCorrupt: (STO003) they are missing.
        """
        ...

    def kept(self) -> frozenset[str]:
        """Paths, relative to the root, of all kept files of snapshots and of all landed bytes, known
        to a catalog or not."""
        ...

    def remove(self, path: str) -> int:
        """Delete a kept file by its relative path; returns its bytes, 0 if it is not there."""
        ...

    def lock(self, name: str, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Operating-system lock by name, which dies with its process; yields whether it is held."""
        ...

    def sweep(self) -> int:
        """Delete staging and spill folders of processes that are gone; returns how many."""
        ...
