"""Content digest from figures that an engine counted."""

from __future__ import annotations

from andon.catalog.records import Digest
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
