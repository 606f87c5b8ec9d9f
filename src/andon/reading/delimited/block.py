"""Where the table stands in a delimited file: its delimiter, and the line that names its columns.

Only the shape of the first records is looked at. What is in doubt is taken as it lies: the first
record is the header, and what does not fit it is malformed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import BytesIO

from msgspec import Struct

from andon.reading.delimited.dialect import CANDIDATES, delimiter_of, is_value, split_record
from andon.reading.delimited.records import records
from andon.spec.source import CsvDialect, Format

_SAMPLE_BYTES = 1 << 16
_SAMPLE = 200
_QUICK = 20
_MOST_BEFORE = 50
_LONGEST_NAME = 200
_RARE = ("\x1f", "\x01", "^", "~")

Fields = list[str]


class Block(Struct, frozen=True, kw_only=True):
    """Where a table begins.

    Attributes:
        header: fields of the record that names the columns; None if its quotes are broken.
        before: records above it.
    """

    delimiter: str
    header: Fields | None
    before: int = 0


def find_block(head: bytes, dialect: CsvDialect, format_: Format, quote: str) -> Block:
    """The table of a file by its first bytes, which are not blank."""
    line = head.lstrip(b"\r\n").splitlines()[0].decode(errors="replace")
    plain = delimiter_of(line, dialect, format_)
    quick = _sample(head, plain, quote, _QUICK)
    first = quick[0]
    if dialect.header is not None:
        return Block(delimiter=plain, header=first)
    width = len(first) if first is not None else 0
    is_even = width > 1 and all(fields is not None and len(fields) == width for fields in quick)
    if first is not None and is_even and not is_narrow(first, width):
        return Block(delimiter=plain, header=first)
    candidates = (plain,) if dialect.delimiter else (plain, *CANDIDATES, *_RARE)
    found = [_block(head, char, quote) for char in dict.fromkeys(candidates)]
    # Of equally steady ones the first counts, which is that of the first line.
    return max(found, key=lambda steady: steady[0])[1]


def is_narrow(fields: Sequence[str], width: int) -> bool:
    """Whether a record has so few filled fields that it stands beside a table, not in it."""
    return _filled(fields) <= _narrow(width)


def is_header_like(fields: Sequence[str]) -> bool:
    """Whether all fields are filled, unlike one another, and no numbers or dates."""
    names = [field.strip() for field in fields]
    return all(
        name and len(name) <= _LONGEST_NAME and not is_value(name) for name in names
    ) and len({name.casefold() for name in names}) == len(names)


def stands_out(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether some column has numbers or dates in every row, and none among the names."""
    return any(
        name.strip()
        and not is_value(name.strip())
        and all(row[at].strip() and is_value(row[at].strip()) for row in rows)
        for at, name in enumerate(names)
    )


def _sample(head: bytes, delimiter: str, quote: str, most: int = _SAMPLE) -> list[Fields | None]:
    found: list[Fields | None] = []
    for record in records(BytesIO(head[:_SAMPLE_BYTES]), delimiter, quote):
        found.append(split_record(record.raw.decode(errors="replace"), delimiter, quote))
        if len(found) == most:
            return found
    # The last record of a longer file may have been cut.
    return found[:-1] if len(found) > 1 and len(head) >= _SAMPLE_BYTES else found


def _block(head: bytes, delimiter: str, quote: str) -> tuple[float, Block]:
    """The table as a delimiter gives it, and how sure that is: the share of records of one width."""
    sample = _sample(head, delimiter, quote)
    widths = Counter(len(fields) for fields in sample if fields is not None)
    width, count = max(
        ((w, n) for w, n in widths.items() if w > 1), key=lambda pair: (pair[1], pair[0]),
        default=(1, 0),
    )  # fmt: skip
    before = _header_place(sample, width)
    first = sample[0]
    is_first = first is not None and len(first) == width and not is_narrow(first, width)
    share = count / len(sample)
    # Without a header of that width the delimiter may as well be part of values.
    steady = share if before or (is_first and share > 0.5) else 0.0
    return steady, Block(delimiter=delimiter, header=sample[before], before=before)


def _header_place(sample: Sequence[Fields | None], width: int) -> int:
    """Place of the header: the first full record of the usual width, 0 if in doubt."""
    if width < 2:
        return 0
    for at, fields in enumerate(sample[: _MOST_BEFORE + 1]):
        if fields is None:
            return 0
        if len(fields) == width and not is_narrow(fields, width):
            below = [f for f in sample[at + 1 :] if f is not None and len(f) == width]
            is_named = is_header_like(fields) and bool(below)
            return at if is_named and (width > 2 or stands_out(fields, below[:_QUICK])) else 0
        if not is_narrow(fields, width):
            return 0
    return 0


def _filled(fields: Sequence[str]) -> int:
    return sum(1 for field in fields if field.strip())


def _narrow(width: int) -> int:
    return max(1, width // 3)
