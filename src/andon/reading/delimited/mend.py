"""Read a troubled delimited file record by record: good records into a clean copy, the rest aside.

This is the fallback for one file, slow and exact. The clean copy is UTF-8 with a line feed after
each record and the record's number as first field; nothing of the rest of a bad line is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from msgspec import Struct

from andon.reading.aside import Aside, Mended
from andon.reading.delimited.dialect import Marks, is_value, join_record, split_record
from andon.reading.delimited.header import is_header_like, is_narrow, stands_out
from andon.reading.delimited.records import LONGEST, Record, is_comment, records
from andon.reading.stored.codecs import several_tables

_MOST_AFTER = 20
"""Records below a table that may be its foot; more are malformed records of it."""

_PHRASE = re.compile(r"\s|:|^\W")
"""What a single value seldom has and a remark has."""


class Expected(Struct, frozen=True, kw_only=True):
    """What a good record of a file looks like.

    Attributes:
        origin: path that the rows carry.
        width: number of fields it has.
        has_header: whether the first record is the header, after `before` others.
        is_declared: whether the header was declared: then nothing is guessed from shapes.
    """

    origin: str
    width: int
    marks: Marks
    has_header: bool
    before: int = 0
    is_declared: bool = False


def mend(
    stream: IO[bytes],
    expected: Expected,
    *,
    refused: Mapping[int, str],
    clean: Path,
    aside: Path,
) -> Mended:
    """Part the records of a file.

    Args:
        stream: decompressed bytes.
        refused: record number -> reason, for records whose values do not fit declared types.

    Raises:
        TaskFailed: (SRC011) further tables stand below the first.
    """
    found = records(stream, expected.marks)
    with Aside(aside, expected.origin) as rest, clean.open("wb") as out:
        good = 0
        for number, (at, text, reason) in enumerate(_Judged(expected, found, rest), start=1):
            fault = reason or refused.get(number)
            if fault:
                rest.put(at.line, at.raw, fault)
            else:
                good += 1
                out.write(f"{number}{expected.marks.delimiter}{text}\n".encode())
    return rest.mended(clean, good)


class _Judged:
    """Data records with their text and why they are bad; what stands beside the table is put aside."""

    def __init__(self, expected: Expected, found: Iterable[Record], rest: Aside) -> None:
        self._expected = expected
        self._rest = rest
        self._found = self._without_comments(found)
        self._header: list[str] = []
        self._previous: list[str] = []
        self._starts: list[int] = []
        self._last_line = 0
        self._comments: list[int] = []

    def __iter__(self) -> Iterator[tuple[Record, str, str]]:
        """The records in order.

        Raises:
            TaskFailed: (SRC011) further tables stand below the first.
        """
        self._skip_to_data()
        waiting: list[tuple[Record, str]] = []
        width = self._expected.width
        for at, following in _pairs(self._found):
            text, reason, fields = _judge(at.raw, self._expected, width)
            if self._is_table(at, fields, following, width):
                self._starts.append(at.line)
                self._header, width = fields or [], len(fields or [])
                continue
            is_apart = self._stands_apart(at) or bool(waiting)
            is_last = following is None
            if reason and self._may_be_foot(at, fields, width, is_apart=is_apart, is_last=is_last):
                waiting.append((at, reason))
                self._last_line = at.last
                continue
            self._last_line = at.last
            for earlier, why in waiting:
                yield earlier, "", why
            waiting.clear()
            if fields is not None and width > 1 and fields == self._header:
                self._rest.put(at.line, at.raw, "the header again", is_bad=False)
                continue
            self._previous = fields or []
            yield at, text, reason
        is_foot = len(waiting) <= _MOST_AFTER
        for at, why in waiting:
            if is_foot:
                self._rest.put(at.line, at.raw, "after the data", is_bad=False)
            else:
                yield at, "", why
        if self._starts:
            raise several_tables(self._expected.origin, self._starts)

    def _without_comments(self, found: Iterable[Record]) -> Iterator[Record]:
        for at in found:
            if is_comment(at.raw, self._expected.marks):
                self._rest.put(at.line, at.raw, "a comment", is_bad=False)
                self._comments.append(at.line)
            else:
                yield at

    def _skip_to_data(self) -> None:
        for _ in range(self._expected.before):
            at = next(self._found)
            self._rest.put(at.line, at.raw, "before the header", is_bad=False)
        if self._expected.has_header:
            header = next(self._found, None)
            if header is not None:
                text = header.raw.decode(errors="replace")
                fields = split_record(text, self._expected.marks)
                self._header, self._last_line = fields or [], header.last

    def _stands_apart(self, at: Record) -> bool:
        """Whether there is a blank line above a record."""
        self._comments = [line for line in self._comments if line > self._last_line]
        above = sum(1 for line in self._comments if line < at.line)
        return at.line > self._last_line + 1 + above

    def _may_be_foot(
        self,
        at: Record,
        fields: list[str] | None,
        width: int,
        *,
        is_apart: bool,
        is_last: bool,
    ) -> bool:
        """Whether a short record may be a line below the table: it stands apart, or is a phrase.

        A record of which the rest is missing is none, nor is a last line that was cut off.
        """
        return (
            not self._expected.is_declared
            and self._expected.has_header
            and fields is not None
            and len(fields) < width
            and is_narrow(fields, width)
            and not is_value(fields[0].strip())
            and (is_apart or _PHRASE.search(fields[0].strip()) is not None)
            and (at.is_ended or not is_last)
        )

    def _is_table(
        self, at: Record, fields: list[str] | None, following: Record | None, width: int
    ) -> bool:
        """Whether a record is the header of a further table: by its width, or by what it stands in."""
        if fields is None or len(fields) < 2 or following is None or self._expected.is_declared:
            return False
        if not (self._stands_apart(at) and self._expected.has_header and is_header_like(fields)):
            return False
        text = following.raw.decode(errors="replace")
        below = split_record(text, self._expected.marks)
        if below is None or len(below) != len(fields) or fields == self._header:
            return False
        if len(fields) != width:
            return True
        return len(self._previous) == width and stands_out(fields, [self._previous, below])


def _pairs(found: Iterator[Record]) -> Iterator[tuple[Record, Record | None]]:
    """Each record with the one after it."""
    current = next(found, None)
    while current is not None:
        following = next(found, None)
        yield current, following
        current = following


def _judge(raw: bytes, expected: Expected, width: int) -> tuple[str, str, list[str] | None]:
    """Text of a record, why it is bad (or an empty reason), and its fields."""
    if len(raw) > LONGEST:
        return "", "longer than 1.5 MB", None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "", "not valid UTF-8", None
    if "\0" in text:
        return "", "a NUL character", None
    fields = split_record(text, expected.marks)
    if fields is None:
        return "", "broken quotes", None
    if len(fields) == width + 1 and text.endswith(expected.marks.delimiter):
        # A delimiter after the last field adds nothing; the engine reads it so too.
        fields = fields[:-1]
    if len(fields) != width:
        return "", f"{len(fields)} fields, not {width}", fields
    return join_record(fields, expected.marks) if expected.marks.escape else text, "", fields
