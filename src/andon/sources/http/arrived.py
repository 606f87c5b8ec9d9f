"""Which records of a page arrived before: a reading is inclusive at its boundary."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from msgspec import Struct

from andon.sources.http.document import Text, dig
from andon.sources.http.progress import Mark, is_before


class Landed(Struct, frozen=True, kw_only=True):
    """A part that arrived before.

    Attributes:
        high: greatest cursor in it.
        identities: gives the identity of each record in it that is a row, when it is needed.
    """

    high: Mark | None
    identities: Callable[[], Sequence[bytes]]


class Arrived:
    """Records that arrived in earlier parts, looked up as far back as a page goes.

    A server may give more than what was asked for: all of the same day, or everything. So the parts
    that are compared are those that hold a cursor as old as the one at hand.

    Args:
        parts: what arrived before this reading, or before it was broken off.
        is_set: whether a record can be there only once, since its key tells it from any other.
            Without a key there may be several equal ones: as many are left out as arrived before.
        recent: how many records of this reading are remembered as arrived too: pages that move
            while they are read show a record twice, on pages near each other.
    """

    def __init__(self, parts: Iterable[Landed], *, is_set: bool, recent: int = 0) -> None:
        self._waiting = list(parts)
        self._is_set = is_set
        self._held: Counter[bytes] = Counter()
        self._recent: dict[bytes, None] = {}
        self._most_recent = recent

    def repeats(self, marks: Sequence[Mark], identities: Sequence[bytes]) -> tuple[int, ...]:
        """Numbers, from 1, of the records of a page that arrived before; to be asked in order.

        Raises:
            Unordered: a cursor cannot be compared with the earlier ones.
        """
        for mark in marks:
            self._look_back(mark)
        found = []
        for number, identity in enumerate(identities, start=1):
            if self._held.get(identity, 0) > 0:
                found.append(number)
                self._held[identity] -= 0 if self._is_set else 1
            elif identity in self._recent:
                found.append(number)
            else:
                self.add((identity,))
        return tuple(found)

    def add(self, identities: Iterable[bytes]) -> None:
        """Remember records of this reading, the last ones only."""
        if not self._most_recent:
            return
        for identity in identities:
            self._recent[identity] = None
            if len(self._recent) > self._most_recent:
                del self._recent[next(iter(self._recent))]

    def take(self, identities: Iterable[bytes]) -> None:
        """Records that were left out already, of pages that are not asked for again."""
        if not self._is_set:
            self._held.subtract(identities)

    def _look_back(self, mark: Mark) -> None:
        """Look into every part that may hold a record as new as this one."""
        later = []
        for part in self._waiting:
            if part.high is None or is_before(part.high, mark):
                later.append(part)
            else:
                self._held.update(part.identities())
        self._waiting = later


def identity_of(record: Text, fields: Sequence[str]) -> bytes:
    """What makes a record the same as another: the named fields, or all of it where none is named.

    The order of fields in the text and blanks between them make no difference.

    >>> identity_of(b'{"a": 1, "b": [2]}', ()) == identity_of(b'{"b":[2],"a":1}', ())
    True
    """
    if fields:
        found = (dig(record, field) for field in fields)
        parts = [b"" if value is None else _canonical(bytes(value)) for value in found]
    else:
        parts = [_canonical(bytes(record))]
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


def _canonical(text: bytes) -> bytes:
    """JSON text in one spelling; numbers keep their digits. Nested too deeply, it is as it came."""
    try:
        value = json.loads(text, parse_float=_Digits, parse_int=_Digits)
        return json.dumps(value, sort_keys=True, default=_spelled).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return text.strip()


class _Digits:
    """A number as it is spelled."""

    def __init__(self, text: str) -> None:
        self.text = text


def _spelled(value: object) -> list[str]:
    # Told apart from a text of the same digits; a list of just these two texts is the one like it.
    return ["number", value.text] if isinstance(value, _Digits) else []
