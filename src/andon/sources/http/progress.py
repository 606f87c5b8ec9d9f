"""How far an API was read: the order of cursors, and what a position holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec import Struct

from andon.sources.http.document import Text, dig, kind, scalar
from andon.sources.http.paging import Step

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?\Z")


class Unordered(ValueError):
    """A cursor that has no place in the order of the others; the text says why, without values."""


class Mark(Struct, frozen=True, kw_only=True):
    """Value of a cursor, spelled as the server spells it.

    Attributes:
        is_number: whether it is a number in the document.
    """

    text: str
    is_number: bool = False


class Progress(Struct, frozen=True, kw_only=True):
    """How far an API was read with one part of the sequence.

    Attributes:
        since: where this reading began, None for everything.
        newest: greatest cursor of this reading and those before.
        high: greatest cursor in this part, None if it has no records.
        begins: number of the first part of this reading.
        is_over: whether this reading came to its end; else `since` holds for the next one too.
        step: how this part was asked for.
        is_exact: whether every page before it in this reading is a part.
    """

    since: Mark | None
    newest: Mark | None
    high: Mark | None
    begins: int
    is_over: bool
    step: Step
    is_exact: bool = True

    @property
    def next_since(self) -> Mark | None:
        """Where the next reading begins, if it does not go on with this one.

        Pages need not be in the order of the cursor: only a reading that came to its end has seen
        all that is older than the newest.
        """
        return self.newest if self.is_over else self.since


def encode(progress: Progress) -> str:
    """JSON text of a position."""
    return msgspec.json.encode(progress).decode()


def decode(text: str) -> Progress | None:
    """A position from its JSON text; None of an empty one."""
    return msgspec.json.decode(text, type=Progress) if text else None


def mark_of(record: Text, path: str) -> Mark:
    """The cursor of a record.

    Raises:
        Unordered: it has none, or one that is no number or text; the reason goes on from its name.
        Malformed: the record is no JSON.
    """
    if kind(record) != "object":
        raise Unordered("is no object")
    found = dig(record, path)
    spelled = b"null" if found is None else bytes(found).strip()
    if spelled == b"null":
        raise Unordered(f"has no `{path}`")
    if spelled[:1] == b'"':
        text = scalar(spelled)
        if isinstance(text, str) and text:
            return Mark(text=text)
    elif spelled[:1].isdigit() or spelled[:1] == b"-":
        return Mark(text=spelled.decode(), is_number=True)
    raise Unordered(f"has a `{path}` that is neither a number nor a text with something in it")


def newest_of(marks: Iterable[Mark | None]) -> Mark | None:
    """The greatest of some cursors; None where there is none.

    Raises:
        Unordered: they are of different kinds.
    """
    greatest: Mark | None = None
    for mark in marks:
        if mark is not None and (greatest is None or is_before(greatest, mark)):
            greatest = mark
    return greatest


def is_before(one: Mark, other: Mark) -> bool:
    """Whether a cursor is smaller than another: numbers by value, moments by time, else by letters.

    >>> is_before(Mark(text="2020-01-01T00:00:00Z"), Mark(text="2020-01-01T00:00:00.5Z"))
    True
    >>> is_before(Mark(text="9"), Mark(text="10"))
    True

    Raises:
        Unordered: they are of different kinds.
    """
    if one == other:
        return False
    if one.is_number != other.is_number:
        raise Unordered("it is a number in one record and a text in another")
    if one.is_number:
        return _number(one.text) < _number(other.text)
    moments = _moment(one.text), _moment(other.text)
    if moments[0] is not None and moments[1] is not None:
        if (moments[0].tzinfo is None) != (moments[1].tzinfo is None):
            raise Unordered("it has a time zone in one record and none in another")
        return moments[0] < moments[1]
    if one.text.isdecimal() and other.text.isdecimal():
        return _digits(one.text) < _digits(other.text)
    if moments[0] is not None or moments[1] is not None:
        raise Unordered("it is a time in one record and another text in another")
    if one.text.isdecimal() != other.text.isdecimal() and len(one.text) != len(other.text):
        raise Unordered("it has only digits in one record and other signs in another")
    return one.text < other.text


def _digits(text: str) -> tuple[int, str]:
    """Orders whole numbers of any length by value."""
    bare = text.lstrip("0")
    return len(bare), bare


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Unordered("it is a number beyond all bounds") from None


def _moment(text: str) -> datetime | None:
    if not _MOMENT.match(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
