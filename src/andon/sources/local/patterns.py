"""Files of the local file system, found by pattern."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from andon.acquisition.deliveries.arrivals import Found

_NOWHERE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENOTDIR})
"""What a path leads to that vanished, or a link that leads to itself."""


def discover(root: Path, patterns: Iterable[str]) -> tuple[Found, ...]:
    """Regular files that match any pattern, in order of path, each once.

    ``*``, ``?`` and ``[...]`` match within one folder or file name, ``**`` any number of folders.
    Names that begin with a dot are skipped unless the pattern names the dot. A link to a file is
    followed; ``**`` does not enter linked folders, so a loop cannot trap it. A file that vanishes
    while it is looked at is left out.
    """
    found: dict[str, Found] = {}
    for pattern in patterns:
        pure = PurePosixPath(pattern)
        base = pure.anchor if pure.is_absolute() else str(root)
        parts = pure.parts[1:] if pure.is_absolute() else pure.parts
        for path in _match(base, parts):
            file = _look(root, path)
            if file is not None:
                found[file.path] = file
    return tuple(found[path] for path in sorted(found))


def is_pattern(text: str) -> bool:
    """Whether a declared path has a wildcard."""
    return any(char in text for char in "*?[")


def locate(root: Path, path: str) -> Path:
    """Absolute place of a found path."""
    return root / path


def _look(root: Path, path: str) -> Found | None:
    try:
        found = os.stat(path)  # noqa: PTH116  (a Path for each of many files costs more than a look)
    except OSError as error:
        if error.errno in _NOWHERE:
            return None
        raise
    if not S_ISREG(found.st_mode):
        return None
    name = os.path.normpath(path).removeprefix(f"{root}{os.sep}")
    return Found(path=name, bytes=found.st_size, modified_ns=found.st_mtime_ns)


def _match(base: str, parts: tuple[str, ...]) -> Iterator[str]:
    if not parts:
        yield base
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _match(base, rest)
        for entry in _entries(base):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _match(entry.path, parts)
    elif is_pattern(head):
        for entry in _entries(base):
            hidden = entry.name.startswith(".") and not head.startswith(".")
            if (
                not hidden
                and fnmatchcase(entry.name, head)
                and (not rest or Path(entry.path).is_dir())
            ):
                yield from _match(entry.path, rest)
    elif (inner := Path(base, head)).exists():
        yield from _match(str(inner), rest)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """Entries in order of name; none if it is no folder."""
    if not Path(folder).is_dir():
        return []
    with os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: entry.name)
