"""A clean copy of documents: one JSON object per line with its number, and the rest set aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

from andon.acquisition.columns.facts import Evidence
from andon.acquisition.deliveries.choose import Load
from andon.reading.aside import Aside, Mended
from andon.reading.documents.survey import MOST_DEPTH, depth_of

LONGEST = 16_000_000
"""Longest document in bytes; the engine's own limit is 16 MiB."""

Columns = tuple[tuple[str, Evidence], ...]


class CleanLines:
    """Writes documents in order."""

    def __init__(self, clean: Path, aside: Path, origin: str) -> None:
        self._path = clean
        self._out = clean.open("wb")
        self._aside = Aside(aside, origin)
        self._number = 0
        self._good = 0
        self.notes: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._out.close()
        self._aside.__exit__(*error)

    def put(self, body: bytes, line: int, reason: str = "") -> None:
        """The next record: an object on one line, or what is set aside for a reason."""
        self._number += 1
        fault = reason or _fault(body)
        if fault:
            self._aside.put(line, body, fault)
        else:
            self._good += 1
            self._out.write(b'{"n":%d,"r":%s}\n' % (self._number, body))

    def beside(self, text: str, line: int, reason: str) -> None:
        """What stands beside the table is no record of it."""
        self._aside.put(line, text.encode(), reason, is_bad=False)

    def mended(self) -> Mended:
        """The outcome, once all is written."""
        return self._aside.mended(self._path, self._good)


Convert = Callable[[Load, CleanLines], Columns | None]
"""Writes the records of a load as documents; gives the columns with their evidence if it knows."""


def _fault(body: bytes) -> str:
    if len(body) > LONGEST:
        return "longer than 16 MB"
    if body.count(b"{") + body.count(b"[") > MOST_DEPTH and depth_of(body) > MOST_DEPTH:
        return f"nested more than {MOST_DEPTH} deep"
    return ""
