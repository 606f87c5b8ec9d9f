"""Types of text columns: which kinds of value were seen decides, not the order they came in.

The evidence of one column of one file is a set of kinds, kept as a bit mask. Evidence of files
joins by union, which is associative, commutative and idempotent; the type is a function of the
union. Every value of every file is looked at, so there is no sample to be unlucky with.
"""

from __future__ import annotations

from enum import IntFlag


class Seen(IntFlag):
    """Kinds of non-empty text values; each value is exactly one kind.

    WORD is a word that often means null. SHORT is an integer of at most 15 characters, which a
    DOUBLE holds exactly; LONG is a longer one within BIGINT. TEXT is everything else: numbers
    with leading zeros, a plus sign or digits beyond BIGINT are text, because a number would not
    give them back. EXPONENT is a whole number written like ``1e3``: it is a number beside FLOAT
    values only, for alone it may as well be a code.
    """

    NOTHING = 0
    WORD = 1
    BOOLEAN = 2
    SHORT = 4
    LONG = 8
    FLOAT = 16
    DATE = 32
    TIMESTAMP = 64
    ZONED = 128
    TEXT = 256
    EXPONENT = 512


NULL_WORDS = ("NA", "N/A", "n/a", "NULL", "null", "Null", "\\N", "None", "#N/A", "NaN", "nan")
"""Words taken for null where all other values of the column, over all files, are no text."""

_TYPES: tuple[tuple[Seen, str], ...] = (
    (Seen.BOOLEAN, "BOOLEAN"),
    (Seen.SHORT | Seen.LONG, "BIGINT"),
    (Seen.SHORT | Seen.FLOAT | Seen.EXPONENT, "DOUBLE"),
    (Seen.DATE, "DATE"),
    (Seen.DATE | Seen.TIMESTAMP, "TIMESTAMP"),
    (Seen.ZONED, "TIMESTAMP WITH TIME ZONE"),
)


def text_type(seen: Seen) -> str:
    """The narrowest type that holds every value seen; VARCHAR if there is none or no value.

    >>> text_type(Seen.SHORT | Seen.WORD), text_type(Seen.WORD), text_type(Seen.LONG | Seen.FLOAT)
    ('BIGINT', 'VARCHAR', 'VARCHAR')
    """
    values = seen & ~Seen.WORD
    if not values or (Seen.EXPONENT in values and Seen.FLOAT not in values):
        return "VARCHAR"
    return next((name for allowed, name in _TYPES if not values & ~allowed), "VARCHAR")
