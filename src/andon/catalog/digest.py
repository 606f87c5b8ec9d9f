"""Content digest from figures that an engine counted."""

from __future__ import annotations

from collections.abc import Sequence

from andon.catalog.records import DataFile, Digest
from andon.hashing import value_hash
from andon.schema import Schema

_LANE = 1 << 64
_WHOLE = 1 << 128


def combine(schema: Schema, rows: int, high: int, low: int, *, algorithm: str) -> Digest:
    """Digest over schema, row count and the sum of 128-bit row hashes modulo 2^128.

    Args:
        rows: number of rows summed over.
        high: exact sum of the high 64 bits of the row hashes.
        low: exact sum of the low 64 bits.
        algorithm: what the engine calls its digest; unlike ones are never compared.

    >>> combine(Schema(()), 0, 0, 0, algorithm="a") == combine(Schema(()), 0, 2**64, 0, algorithm="a")
    True
    """
    total = (high * _LANE + low) % _WHOLE
    return Digest(algorithm=algorithm, value=value_hash([schema.hash, rows, f"{total:032x}"]))


def sums_text(high: int, low: int) -> str:
    """The two sums of a file's rows as text, modulo 2^128.

    >>> sums_of(sums_text(3, 5))
    (3, 5)
    """
    return f"{(high * _LANE + low) % _WHOLE:032x}"


def sums_of(text: str) -> tuple[int, int]:
    """High and low sum from their text."""
    return divmod(int(text, 16), _LANE)


def of_landed(schema: Schema, reading: str, files: Sequence[DataFile]) -> Digest:
    """Digest of rows that are read from landed files as they are: schema, SQL and bytes fix them.

    Other bytes may hold the same rows; they count as other content, which costs a rebuild of
    what reads them and never hides a change.
    """
    contents = [file.sha256 for file in files]
    return Digest(algorithm="landed", value=value_hash([schema.hash, reading, contents]))
