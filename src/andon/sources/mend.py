"""Read a troubled delimited file record by record: good records into a clean copy, bad ones aside.

This is the fallback for one file, slow and exact. The clean copy is UTF-8 with a line feed after
each record and the record's number as first field; nothing of the rest of a bad line is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import IO

from msgspec import Struct

from andon.sources.codecs import chunks
from andon.sources.dialect import split_record
from andon.sources.survey import BOM

_LONGEST_LINES = 1000
"""Lines that one quoted field may span before its opening quote is taken for the fault."""

_LONGEST = 1_500_000
"""Longest record in bytes; the engine's own limit is 2 MB."""

_SHOWN = 3
_ENDS = b"\r\n"


class Mended(Struct, frozen=True, kw_only=True):
    """Outcome of mending one file.

    Attributes:
        clean: staged copy with the good records.
        aside: staged JSON lines with file, line, reason, text of the bad ones.
        good, bad: how many of each.
        first: places and reasons of the first bad ones, for the message.
    """

    clean: Path
    aside: Path
    good: int
    bad: int
    first: tuple[str, ...]


def mend(
    stream: IO[bytes],
    *,
    origin: str,
    width: int,
    delimiter: str,
    quote: str,
    has_header: bool,
    refused: Mapping[int, str],
    clean: Path,
    aside: Path,
) -> Mended:
    """Part the records of a file.

    Args:
        stream: decompressed bytes.
        origin: path that the rows carry.
        width: number of fields a good record has.
        refused: record number -> reason, for records whose values do not fit declared types.
    """
    number = good = bad = 0
    first: list[str] = []
    skip = has_header
    with clean.open("wb") as out, aside.open("w", encoding="utf-8") as rest:
        for line, raw in records(stream, delimiter, quote):
            if skip:
                skip = False
                continue
            number += 1
            text, reason = _judge(raw, width, delimiter, quote)
            reason = reason or refused.get(number, "")
            if reason:
                bad += 1
                if len(first) < _SHOWN:
                    first.append(f"line {line}: {reason}")
                shown = raw.decode(errors="replace")
                row = {"_file": origin, "_line": line, "_reason": reason, "_text": shown}
                rest.write(json.dumps(row) + "\n")
            else:
                good += 1
                out.write(f"{number}{delimiter}{text}\n".encode())
    return Mended(clean=clean, aside=aside, good=good, bad=bad, first=tuple(first))


def records(stream: IO[bytes], delimiter: str, quote: str) -> Iterator[tuple[int, bytes]]:
    """Line number and bytes of each record, without its line end; blank lines are none."""
    lines = _lines(stream)
    waiting: list[bytes] = []
    number = 0
    while True:
        source = chain(waiting, lines)
        line = next(source, None)
        if line is None:
            return
        waiting = waiting[1:]
        number += 1
        if not line.strip(_ENDS):
            continue
        joined, taken = _join(line, waiting, lines, delimiter, quote)
        yield number, joined.rstrip(_ENDS)
        waiting = waiting[taken:]
        number += taken


def _join(
    line: bytes,
    waiting: list[bytes],
    lines: Iterator[bytes],
    delimiter: str,
    quote: str,
) -> tuple[bytes, int]:
    """A record that may span lines, and how many further lines of `waiting` it took."""
    mark = quote.encode()
    if mark not in line or _closes(line, delimiter, quote) is not None:
        return line, 0
    joined = line
    for taken in range(1, _LONGEST_LINES):
        if len(waiting) < taken:
            further = next(lines, None)
            if further is None:
                break
            waiting.append(further)
        joined += waiting[taken - 1]
        if len(joined) > _LONGEST:
            break
        if mark in waiting[taken - 1] and _closes(joined, delimiter, quote) is not None:
            return joined, taken
    return line, 0


def _closes(raw: bytes, delimiter: str, quote: str) -> list[str] | None:
    return split_record(raw.rstrip(_ENDS).decode(errors="replace"), delimiter, quote)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines with their ends (line feed, carriage return, or both), without byte order mark."""
    rest = b""
    is_first = True
    for chunk in chunks(stream):
        data = rest + chunk
        if is_first:
            data = data.removeprefix(BOM)
            is_first = False
        lines = data.splitlines(keepends=True)
        # The last line may go on, and a carriage return may have its line feed still to come.
        rest = lines.pop() if lines else b""
        yield from lines
    if rest:
        yield rest


def _judge(raw: bytes, width: int, delimiter: str, quote: str) -> tuple[str, str]:
    """Text of a record and why it is bad, or an empty reason."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "", "not valid UTF-8"
    if "\0" in text:
        return "", "a NUL character"
    if len(raw) > _LONGEST:
        return "", "longer than 1.5 MB"
    fields = split_record(text, delimiter, quote)
    if fields is None:
        return "", "broken quotes"
    if len(fields) == width + 1 and text.endswith(delimiter):
        # A delimiter after the last field adds nothing; the engine reads it so too.
        return text, ""
    if len(fields) != width:
        return "", f"{len(fields)} fields, not {width}"
    return text, ""
