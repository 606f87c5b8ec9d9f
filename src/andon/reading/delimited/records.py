"""Records of a troubled delimited file, which may span lines; memory is that of the longest kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, NamedTuple

from andon.reading.delimited.dialect import Marks, split_record
from andon.reading.delimited.survey import BOM
from andon.reading.stored.codecs import chunks

LONGEST = 1_500_000
"""Longest record in bytes; the engine's own limit is 2 MB."""

_LONGEST_LINES = 1000
"""Lines that one quoted field may span before its opening quote is taken for the fault."""

_KEPT = 2 * LONGEST
_ENDS = b"\r\n"


class Record(NamedTuple):
    """One record: its first and last line, its bytes without line end, and whether it had one."""

    line: int
    last: int
    raw: bytes
    is_ended: bool


def records(stream: IO[bytes], marks: Marks) -> Iterator[Record]:
    """Records in order; blank lines are none. Of a record that is too long only the start is kept.

    A comment is a record of its own, whatever quotes stand in it.
    """
    source_lines = lines(stream)
    waiting: list[bytes] = []
    number = 0
    while True:
        source = chain(waiting, source_lines)
        line = next(source, None)
        if line is None:
            return
        waiting = waiting[1:]
        number += 1
        if not line.strip(_ENDS):
            continue
        joined, taken = _join(line, waiting, source_lines, marks)
        raw = joined.rstrip(_ENDS)
        yield Record(number, number + taken, raw, len(raw) < len(joined))
        waiting = waiting[taken:]
        number += taken


def is_comment(raw: bytes, marks: Marks) -> bool:
    """Whether a line is no record but a remark."""
    return bool(marks.comment) and raw.startswith(marks.comment.encode())


def _join(
    line: bytes,
    waiting: list[bytes],
    further_lines: Iterator[bytes],
    marks: Marks,
) -> tuple[bytes, int]:
    """A record that may span lines, and how many further lines of `waiting` it took."""
    mark = marks.quote.encode()
    if mark not in line or is_comment(line, marks) or _closes(line, marks) is not None:
        return line, 0
    joined = line
    for taken in range(1, _LONGEST_LINES):
        if len(waiting) < taken:
            further = next(further_lines, None)
            if further is None:
                break
            waiting.append(further)
        joined += waiting[taken - 1]
        if len(joined) > LONGEST:
            break
        if mark in waiting[taken - 1] and _closes(joined, marks) is not None:
            return joined, taken
    return line, 0


def _closes(raw: bytes, marks: Marks) -> list[str] | None:
    return split_record(raw.rstrip(_ENDS).decode(errors="replace"), marks)


def lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends (line feed, carriage return, or both), without byte order mark."""
    rest = b""
    is_first = True
    for chunk in chunks(stream):
        data = rest + chunk
        if is_first:
            data = data.removeprefix(BOM)
            is_first = False
        found = data.splitlines(keepends=True)
        # The last line may go on, and a carriage return may have its line feed still to come.
        rest = found.pop() if found else b""
        yield from found
        if len(rest) > _KEPT:
            rest = rest[:_KEPT] + rest[-1:] * rest.endswith(b"\r")
    if rest:
        yield rest
