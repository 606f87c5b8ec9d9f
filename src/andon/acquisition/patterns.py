"""Patterns of paths, matched as a listing of names is: the same rules as in a local folder."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

_WILD = "*?["


class Search(Struct, frozen=True, kw_only=True):
    """What has to be listed to find all names that match a pattern.

    Attributes:
        folder: what stands before the first wildcard, as whole folders, ending in a slash or empty.
        start: first letters of every name that can match, below the folder.
        is_deep: whether names in folders below count, or only those right here.
        parts: the pattern's parts below the folder; empty if it has no wildcard.
    """

    folder: str
    start: str
    is_deep: bool
    parts: tuple[str, ...]

    def matches(self, name: str) -> bool:
        """Whether a full name matches."""
        if not name.startswith(self.folder):
            return False
        return _matches(self.parts, name[len(self.folder) :].split("/"))


def is_pattern(text: str) -> bool:
    """Whether a path has a wildcard."""
    return any(sign in text for sign in _WILD)


def search_of(pattern: str) -> Search:
    """How to look for a pattern with one listing.

    >>> search_of("in/2026/orders-*.csv").start
    'orders-'
    >>> search_of("in/**/*.csv").is_deep, search_of("in/*.csv").is_deep
    (True, False)
    >>> search_of("in/**/[ab]?.csv").matches("in/x/y/a1.csv")
    True
    >>> search_of("in/*.csv").matches("in/.a.csv"), search_of("in/.*").matches("in/.a.csv")
    (False, True)
    """
    parts = pattern.split("/")
    at = next((i for i, part in enumerate(parts) if is_pattern(part)), len(parts))
    folder = "".join(f"{part}/" for part in parts[:at])
    rest = tuple(parts[at:])
    first = rest[0] if rest else ""
    cut = min((first.find(sign) for sign in _WILD if sign in first), default=0)
    return Search(folder=folder, start=first[:cut], is_deep=len(rest) > 1, parts=rest)


def enters(parts: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether a folder, given by its parts below the search's own, can hold a name that matches."""
    if not folder:
        return True
    if not parts:
        return False
    head, rest = parts[0], parts[1:]
    if head == "**":
        below = not folder[0].startswith(".") and enters(parts, folder[1:])
        return below or enters(rest, folder)
    return len(rest) > 0 and _is_like(folder[0], head) and enters(rest, folder[1:])


def _matches(parts: Sequence[str], names: Sequence[str]) -> bool:
    if not parts or not names:
        return not parts and not names
    head, rest = parts[0], parts[1:]
    if head == "**":
        if _matches(rest, names):
            return True
        return len(names) > 1 and not names[0].startswith(".") and _matches(parts, names[1:])
    return _is_like(names[0], head) and _matches(rest, names[1:])


def _is_like(name: str, part: str) -> bool:
    if not is_pattern(part):
        return name == part
    hidden = name.startswith(".") and not part.startswith(".")
    return not hidden and fnmatchcase(name, part)
