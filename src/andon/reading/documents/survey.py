"""Count JSON documents without the engine's parser, and part good lines from bad ones."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from andon.reading.delimited.survey import BOM
from andon.reading.stored.codecs import chunks

MOST_DEPTH = 100
"""Deepest nesting that is read; beyond 125 the engine breaks down."""

_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_NO_OPENERS = bytes(sorted(set(range(256)) - set(b"[{\n")))
_MANY = re.compile(rb"[^\n]{%d}" % (MOST_DEPTH + 1))
_BLANK = re.compile(rb"\n[ \t\r]*(?=\n)")


def count_lines(stream: IO[bytes]) -> tuple[int, bool, bool]:
    """Lines that are not blank, whether the file is plain UTF-8, and whether a line may be too deep."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    total, is_plain, is_first = 0, True, True
    last, openers, is_deep = b"\n", b"", False
    for chunk in chunks(stream):
        if is_first:
            is_plain, is_first = not chunk.startswith(BOM), False
        if is_plain:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                is_plain = False
        # Most lines have few brackets; whether one with many is deep is looked at later.
        openers = openers[openers.rfind(b"\n") + 1 :][-MOST_DEPTH:] + chunk.translate(
            None, _NO_OPENERS
        )
        is_deep = is_deep or _MANY.search(openers) is not None
        joined = last + chunk
        # A line counts when its end is seen; blank stretches before that end are taken off.
        cut = joined.rfind(b"\n")
        total += joined.count(b"\n", 0, cut) - len(_BLANK.findall(joined, 0, cut + 1))
        last = b"\n." if joined[cut:].strip() else b"\n"
    return total + bool(last.strip()), is_plain, is_deep


class Counted(NamedTuple):
    """Objects (or lists) at the top of a file or of its one array, whether it is an array, whether
    all that was opened is closed, and how deep it is nested."""

    found: int
    is_array: bool
    is_whole: bool
    deepest: int


def count_documents(stream: IO[bytes]) -> Counted:
    """Count the documents of a file by its brackets."""
    depth, base, found, deepest = 0, 0, 0, 0
    is_array = is_text = False
    is_first = True
    rest = b""
    for chunk in chunks(stream):
        data = rest + (chunk.removeprefix(BOM) if is_first else chunk)
        if is_first and data.strip():
            is_array, is_first = data.lstrip().startswith(b"["), False
            base = 1 if is_array else 0
        # A backslash at the very end needs the byte after it.
        odd = (len(data) - len(data.rstrip(b"\\"))) % 2
        data, rest = (data[:-1], data[-1:]) if odd else (data, b"")
        parts = _ESCAPED.sub(b"", data).split(b'"')
        outside = b"".join(parts[1::2] if is_text else parts[0::2])
        is_text ^= len(parts) % 2 == 0
        for byte in outside.translate(None, _NO_BRACKETS):
            if byte in b"[{":
                found += depth == base
                depth += 1
                deepest = max(deepest, depth)
            else:
                depth -= 1
    return Counted(found, is_array, depth == 0 and not is_text, deepest)


def holds_values(stream: IO[bytes]) -> bool:
    """Whether a file without objects holds anything but blanks or one empty array."""
    rest = b""
    for at, chunk in enumerate(chunks(stream)):
        rest += (chunk.removeprefix(BOM) if at == 0 else chunk).translate(None, b" \t\r\n")
        if rest not in (b"", b"[", b"[]"):
            return True
    return rest == b"["


def depth_of(body: bytes) -> int:
    """How deep the objects and lists of one document are nested."""
    deepest = depth = 0
    parts = _ESCAPED.sub(b"", body).split(b'"')
    for byte in b"".join(parts[0::2]).translate(None, _NO_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def fault_of(body: bytes) -> str:
    """Why a line is no JSON object in UTF-8, or one that says a thing twice; empty if it is sound."""
    try:
        value = json.loads(body, parse_constant=_refuse, object_pairs_hook=_each_once)
    except _Twice as error:
        return f"`{error}` is there twice"
    except UnicodeDecodeError:
        return "not valid UTF-8"
    except ValueError:
        return "not valid JSON"
    except RecursionError:
        return f"nested more than {MOST_DEPTH} deep"
    return "" if isinstance(value, dict) else "no object"


def json_lines(stream: IO[bytes], longest: int) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their number; of one that is too long only the start is kept."""
    rest, number = b"", 0
    for chunk in chunks(stream):
        found = (rest + chunk).split(b"\n")
        rest = found.pop()
        for line in found:
            number += 1
            body = (line.removeprefix(BOM) if number == 1 else line).strip()
            if body:
                yield number, body
        if len(rest) > 2 * longest:
            rest = rest[: 2 * longest]
    body = (rest.removeprefix(BOM) if number == 0 else rest).strip()
    if body:
        yield number + 1, body


class _Twice(Exception):
    """A name that an object has twice."""


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice(next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at])))
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
