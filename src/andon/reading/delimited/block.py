"""Where the table stands in a delimited file: its delimiter, and the line that names its columns.

Only the shape of the first records is looked at. What is in doubt is taken as it lies: the first
record is the header, and what does not fit it is malformed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from io import BytesIO

from msgspec import Struct
from msgspec.structs import replace

from andon.reading.delimited.dialect import CANDIDATES, Marks, delimiter_of, split_record
from andon.reading.delimited.header import is_data_like, is_header_like, is_narrow, stands_out
from andon.reading.delimited.records import is_comment, records
from andon.spec.source import CsvDialect, Format

_SAMPLE_BYTES = 1 << 16
_SAMPLE = 200
_QUICK = 20
_MOST_BEFORE = 50
_RARE = ("\x1f", "\x01", "^", "~")

Fields = list[str]


class Block(Struct, frozen=True, kw_only=True):
    """Where a table begins.

    Attributes:
        header: fields of the record that names the columns; None if its quotes are broken.
        before: records above it.
        is_doubtful: whether it may as well be the first row of a table without names.
    """

    delimiter: str
    header: Fields | None
    before: int = 0
    is_doubtful: bool = False


def find_block(head: bytes, dialect: CsvDialect, format_: Format, quote: str) -> Block:
    """The table of a file by its first bytes, which are not blank."""
    line = _first_line(head, dialect.comment)
    plain = marks_of(delimiter_of(line, dialect, format_), dialect, quote)
    quick = _sample(head, plain, _QUICK)
    first = quick[0] if quick else []
    if dialect.header is not None:
        return Block(delimiter=plain.delimiter, header=first)
    width = len(first) if first is not None else 0
    is_even = width > 1 and all(fields is not None and len(fields) == width for fields in quick)
    if first is not None and is_even and not is_narrow(first, width):
        return _with_doubt(Block(delimiter=plain.delimiter, header=first), quick)
    candidates = CANDIDATES + _RARE if not dialect.delimiter else ()
    found = [
        _block(head, marks_of(char, dialect, quote))
        for char in dict.fromkeys((plain.delimiter, *candidates))
    ]
    # Of equally steady ones the first counts, which is that of the first line.
    return max(found, key=lambda steady: steady[0])[1]


def marks_of(delimiter: str, dialect: CsvDialect, quote: str) -> Marks:
    """The declared signs beside a delimiter."""
    return Marks(delimiter, quote, dialect.escape, dialect.comment)


def _first_line(head: bytes, comment: str) -> str:
    """The first line that is neither blank nor a comment; empty if there is none."""
    lines = (line.decode(errors="replace") for line in head.splitlines() if line)
    return next((line for line in lines if not comment or not line.startswith(comment)), "")


def _sample(head: bytes, marks: Marks, most: int = _SAMPLE) -> list[Fields | None]:
    found: list[Fields | None] = []
    for record in records(BytesIO(head[:_SAMPLE_BYTES]), marks):
        if is_comment(record.raw, marks):
            continue
        found.append(split_record(record.raw.decode(errors="replace"), marks))
        if len(found) == most:
            return found
    # The last record of a longer file may have been cut.
    return found[:-1] if len(found) > 1 and len(head) >= _SAMPLE_BYTES else found


def _block(head: bytes, marks: Marks) -> tuple[float, Block]:
    """The table as a delimiter gives it, and how sure that is: the share of records of one width."""
    sample = _sample(head, marks)
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
    block = Block(delimiter=marks.delimiter, header=sample[before], before=before)
    return steady, _with_doubt(block, sample)


def _with_doubt(block: Block, sample: Sequence[Fields | None]) -> Block:
    names = block.header
    below = [
        f for f in sample[block.before + 1 :] if f is not None and names and len(f) == len(names)
    ]
    is_doubtful = names is not None and is_data_like(names, below[:_QUICK])
    return replace(block, is_doubtful=is_doubtful)


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
