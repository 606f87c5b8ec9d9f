"""The errors of the file store, in words; and which of the system's errors means which."""

from __future__ import annotations

import errno
import os

from andon.catalog.records import DataFile
from andon.errors import AndonError, DataCorrupt, Denied, Problem, TaskFailed, Unavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No room: the disk, a quota or a limit on file size."""

REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)
"""No right to write."""


def corrupt(file: DataFile, why: str) -> DataCorrupt:
    """A kept file is not what its record says."""
    return DataCorrupt(
        Problem(
            code="STO003",
            what=f"the stored file `{file.path}` is damaged",
            why=why,
            fix="rebuild its asset with `andon run`, or restore the file from a backup"
            if file.path.startswith("data/")
            else "deliver the file again, or restore it from a backup (`andon doctor` names it)",
        )
    )


def not_durable(name: str, error: OSError) -> AndonError:
    """A file or folder whose fsync failed; its bytes may be lost."""
    if error.errno in FULL:
        return _full(name)
    return TaskFailed(
        Problem(
            code="STO001",
            what=f"the disk did not confirm that `{name}` is safe",
            why=f"{os.strerror(error.errno or errno.EIO)}; its bytes may be lost, so it was removed",
            fix="look at the disk's health (`dmesg`), then run again: the file is written anew",
        )
    )


def _full(what: str) -> Unavailable:
    return Unavailable(
        Problem(
            code="STO002",
            what=f"no space is left to write {what}",
            why="the disk, a quota or a limit on file size is used up; nothing was published",
            fix="free some space (`andon gc` removes what nobody needs), then run again",
        )
    )


def told(what: str, error: OSError) -> AndonError:
    """The error of Andon for a failure of the file system."""
    if error.errno in FULL:
        return _full(what)
    if error.errno in REFUSED:
        return Denied(
            Problem(
                code="STO004",
                what=f"this process may not write {what}",
                why=os.strerror(error.errno or 0),
                fix="run it as a user who may write the project's folder `.andon`",
            )
        )
    return TaskFailed(
        Problem(
            code="STO005",
            what=f"the disk failed on {what}",
            why=os.strerror(error.errno or errno.EIO),
            fix="look at the disk and the folder `.andon`, then run again",
        )
    )
