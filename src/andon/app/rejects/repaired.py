"""A file of repaired records: which records it names, and what they are to be."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from andon.errors import UsageError
from andon.reading.compose import refused
from andon.reading.documents.survey import MOST_DEPTH, depth_of

_LARGEST = 1 << 30
"""Largest field of CSV in characters."""

_HEAD = 1 << 20
_DIGITS = 18
"""A file has fewer lines than numbers of so many digits tell."""


class Repaired(Struct, frozen=True, kw_only=True):
    """One record as it is to be, and the one it replaces.

    Attributes:
        file: as ``_file``; line: as ``_line``, or None; row: as ``_row``, or None.
        text: the record as a line of its file, or as JSON.
    """

    file: str
    line: int | None
    row: int | None
    text: str


def names_records(path: Path) -> bool:
    """Whether a file names the records that it repairs; else it takes the place of a whole one.

    Raises:
        UsageError: (APP012) it cannot be read.
    """
    if not _form(path):
        return False
    try:
        with path.open("rb") as stream:
            line = stream.readline(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from error
    return b"_file" in line and b"_text" in line


def records_of(path: Path) -> tuple[Repaired, ...]:
    """All records of a file that names them.

    Raises:
        UsageError: (APP012) a record lacks its place or its text, or is named twice.
    """
    found: dict[tuple[str, int | None, int | None], Repaired] = {}
    for at, row in enumerate(_rows(path), start=1):
        one = _record(path, at, row)
        place = (one.file, one.line, one.row)
        if place in found:
            raise refused(
                f"record {at} of `{path.name}` names what another one names too",
                "one record is repaired once",
                "leave the one that is right",
            )
        found[place] = one
    return tuple(found.values())


def _record(path: Path, at: int, row: dict[str, Any]) -> Repaired:
    line, number = _number(row.get("_line")), _number(row.get("_row"))
    file, text = row.get("_file"), row.get("_text")
    if isinstance(text, dict):
        text = json.dumps(text, ensure_ascii=False)
    is_placed = isinstance(file, str) and file and (line is None) is not (number is None)
    if not is_placed or not isinstance(text, str) or not text.strip():
        raise refused(
            f"record {at} of `{path.name}` does not say what it repairs",
            "`_file`, and `_line` or `_row`, name the record; `_text` is what it is to be",
            "begin with `andon quarantine export TABLE FILE`, and change only `_text`; leave out "
            "records that are not repaired",
        )
    return Repaired(file=str(file), line=line, row=number, text=text)


def _number(value: object) -> int | None:
    """A number of a line or row, or None where it is none that a file can have."""
    if isinstance(value, str) and value.isascii() and len(value) < _DIGITS:
        value = int(value) if value.strip().isdigit() else None
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < value < 10**_DIGITS else None


def _form(path: Path) -> str:
    return {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(path.suffix.lower(), "")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            if _form(path) == "csv":
                csv.field_size_limit(_LARGEST)
                yield from csv.DictReader(stream)
                return
            for line in stream:
                if line.strip():
                    if depth_of(line.encode()) > MOST_DEPTH:
                        raise ValueError("nested too deeply")
                    found = json.loads(line)
                    yield found if isinstance(found, dict) else {}
    except (OSError, ValueError, csv.Error) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UsageError:
    reason = error.strerror if isinstance(error, OSError) else "it is no such text"
    return refused(
        f"`{path.name}` cannot be read: {reason or type(error).__name__}",
        "repaired records are CSV or JSON lines in UTF-8",
        "save it as UTF-8, as `andon quarantine export` writes it",
    )
