"""Whether every document of a file is of a known structure: each value is looked at, in one pass.

The engine finds a structure by merging those of all documents, which costs more than reading them
typed does. Where the first lines of a file have a structure already, it is cheaper to prove that no
document adds to it; then it is the structure of the file.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from itertools import chain, filterfalse, islice
from typing import IO, Annotated, Any, Final

from msgspec import UNSET, DecodeError, Meta, UnsetType, defstruct
from msgspec.json import Decoder

from andon.reading.documents.survey import MOST_DEPTH

HEAD_LINES: Final = 32
"""Lines from whose structure that of the file is guessed."""

_LONGEST: Final = 4 << 20
"""A longer line is left to the engine, which has a limit of its own."""

_PIECE: Final = 1 << 16
"""Bytes read at once: what is made of them stays in the processor's cache."""

_WHOLE: Final = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_EXACT: Final = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_KINDS: Final[dict[str, Any]] = {
    "UBIGINT": _WHOLE,
    "BIGINT": _WHOLE,
    "HUGEINT": _WHOLE,
    # A whole number beyond is one that a float would round.
    "DOUBLE": _EXACT | float,
    "VARCHAR": str,
    "BOOLEAN": bool,
    "NULL": type(None),
}
_UNKNOWN: Final = object()


def head_of(stream: IO[bytes]) -> list[bytes]:
    """The first lines that are not blank; none if one of them is too long."""
    try:
        return [line.strip() for line in islice(_lines(stream), HEAD_LINES)]
    except _TooLong:
        return []


def objects(lines: list[bytes]) -> list[dict[str, Any]] | None:
    """Lines as JSON objects, None if one of them is none or may be nested too deeply."""
    decode = _anything().decode
    if any(line.count(b"[") + line.count(b"{") > MOST_DEPTH for line in lines):
        return None
    try:
        found = [decode(line) for line in lines]
    except (DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if all(isinstance(one, dict) for one in found) else None


def arranged(structure: object, values: list[Any]) -> object:
    """A structure with names in the order in which they first come; the engine's threads race.

    >>> arranged({"b": "BIGINT", "a": {"d": "DATE", "c": "DATE"}}, [{"a": {"c": 1}}, {"a": {"d": 1}, "b": 2}])
    {'a': {'c': 'DATE', 'd': 'DATE'}, 'b': 'BIGINT'}
    """
    match structure:
        case dict():
            documents = [value for value in values if isinstance(value, dict)]
            names = dict.fromkeys(name for document in documents for name in document)
            order = [name for name in names if name in structure]
            order += [name for name in structure if name not in names]
            return {
                name: arranged(structure[name], [d[name] for d in documents if name in d])
                if isinstance(structure[name], dict | list)
                else structure[name]
                for name in order
            }
        case [element] if isinstance(element, dict | list):
            inner = [one for value in values if isinstance(value, list) for one in value]
            return [arranged(element, inner)]
        case _:
            return structure


def count_conforming(stream: IO[bytes], structure: str) -> int | None:
    """Documents of a file of lines, if none of them adds anything to a structure.

    Args:
        structure: of some of its documents, as the engine tells it.

    Returns:
        None if one does, or if it cannot be told; then the engine has to look.
    """
    decoder = _decoder(structure)
    if decoder is None:
        return None
    last: deque[tuple[int, object]] = deque(maxlen=1)
    try:
        # No step of Python is taken per line, and memory is used again from line to line.
        last.extend(enumerate(map(decoder.decode, _lines(stream)), start=1))
    except (DecodeError, UnicodeDecodeError, RecursionError, _TooLong):
        return None
    return last[0][0] if last else 0


class _TooLong(Exception):
    """A line is longer than is looked at here."""


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines that are not blank."""
    return filterfalse(bytes.isspace, chain.from_iterable(map(BytesIO, _blocks(stream))))


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, many at once.

    Raises:
        _TooLong: there is a line that is.
    """
    rest: list[bytes] = []
    length = 0
    while piece := stream.read(_PIECE):
        cut = piece.rfind(b"\n") + 1
        if cut:
            yield b"".join((*rest, piece[:cut]))
            rest, length = [], 0
        rest.append(piece[cut:])
        length += len(piece) - cut
        if length > _LONGEST:
            raise _TooLong
    yield b"".join(rest)


@lru_cache(maxsize=256)
def _decoder(structure: str) -> Decoder[Any] | None:
    found = json.loads(structure)
    # Of documents that are no objects, or are empty, the engine makes what only it knows.
    kind = _kind(found) if isinstance(found, dict) else _UNKNOWN
    return None if kind is _UNKNOWN else Decoder(kind)


@lru_cache(maxsize=1)
def _anything() -> Decoder[Any]:
    return Decoder()


def _kind(structure: object) -> Any:
    """The type of exactly those values that add nothing to a structure, else `_UNKNOWN`."""
    match structure:
        case dict() if structure:
            kinds = [_kind(inner) for inner in structure.values()]
            if _UNKNOWN in kinds:
                return _UNKNOWN
            fields = [(f"f{at}", kind | None | UnsetType, UNSET) for at, kind in enumerate(kinds)]
            names = {f"f{at}": name for at, name in enumerate(structure)}
            return defstruct("Document", fields, rename=names, forbid_unknown_fields=True, gc=False)
        case [element]:
            inner = _kind(element)
            return _UNKNOWN if inner is _UNKNOWN else list.__class_getitem__(inner | None)
        case str():
            return _KINDS.get(structure, _UNKNOWN)
        case _:
            return _UNKNOWN
