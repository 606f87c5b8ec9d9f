"""Records that are set aside: a staged list with file, line, reason and text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

from msgspec import Struct

_SHOWN = 3
_LONGEST_SHOWN = 1 << 16


class Mended(Struct, frozen=True, kw_only=True):
    """Outcome of parting the records of one file.

    Attributes:
        clean: staged copy with the good records.
        aside: staged JSON lines with file, line, reason, text of the others.
        good, bad: how many of each.
        around: how many others stand beside the table: above its header, below its last row, or
            the header again.
        first: places and reasons of the first bad ones, for the message.
    """

    clean: Path
    aside: Path
    good: int
    bad: int
    around: int = 0
    first: tuple[str, ...] = ()


class Aside:
    """Writes the list of records that are set aside.

    Args:
        path: staged JSON lines; origin: file they come from.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin
        self._stream = path.open("w", encoding="utf-8")
        self._first: list[str] = []
        self.bad = 0
        self.around = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()

    def put(self, line: int, raw: bytes, reason: str, *, is_bad: bool = True) -> None:
        """Set a record aside; of a very long one the beginning is shown."""
        if is_bad:
            self.bad += 1
            if len(self._first) < _SHOWN:
                self._first.append(f"line {line}: {reason}")
        else:
            self.around += 1
        shown = raw[:_LONGEST_SHOWN].decode(errors="replace")
        row = {"_file": self._origin, "_line": line, "_reason": reason, "_text": shown}
        self._stream.write(json.dumps(row) + "\n")

    def mended(self, clean: Path, good: int) -> Mended:
        """The outcome, once all is written."""
        return Mended(
            clean=clean,
            aside=self._path,
            good=good,
            bad=self.bad,
            around=self.around,
            first=tuple(self._first),
        )
