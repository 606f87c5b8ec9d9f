"""The encoding of text that is not UTF-8 and of which nothing is declared.

Only what can be told with good reason is told: UTF-16 and UTF-32 by their marks or their zero
bytes, and Western European text (cp1252, which holds Latin-1) by how its letters stand. Cyrillic,
Greek or Polish bytes would turn into other letters unseen, so anything else has to be declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SAMPLE = 1 << 16
_MOST_LINES = 2000
_LETTERS = frozenset(b"\x8a\x8c\x8e\x9a\x9c\x9e\x9f") | frozenset(range(0xC0, 0x100)) - {0xD7, 0xF7}
_WITHIN_WORDS = frozenset(b"\x92\xa0\xad\xb4\xb7\x96\x97")
"""Signs that stand between letters in Western text: apostrophes, hyphens, spaces, the Catalan dot."""
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")
_CAPITALS = frozenset(b"\x8a\x8c\x8e\x9f") | frozenset(range(0xC0, 0xDF)) - {0xD7}
_RUN = re.compile(rb"[\x80-\xff]+")
_ODD_SHARE = 0.05
_LONGEST_RUN = 1.5


def by_mark(head: bytes) -> str:
    """Encoding by the first bytes of a file; empty without a mark.

    >>> by_mark("a".encode("utf-16")), by_mark(b"a,b")
    ('utf-16', '')
    """
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def by_zeros(head: bytes) -> str:
    r"""UTF-16 without a mark: of plain text every other byte is zero.

    >>> by_zeros("id,name\n1,x\n".encode("utf-16-le")), by_zeros(b"\0" * 20)
    ('utf-16-le', '')
    """
    sample = head[:_SAMPLE]
    half = len(sample) // 2
    if half < 2:
        return ""
    even, odd = sample[0::2].count(0) / half, sample[1::2].count(0) / half
    if odd > 0.5 and even < 0.05:
        return "utf-16-le"
    if even > 0.5 and odd < 0.05:
        return "utf-16-be"
    return ""


def of_lines(lines: Iterable[bytes]) -> str:
    """Encoding of lines with bytes beyond ASCII; empty if it cannot be told.

    ``utf-8`` where a good part of them is valid: then the others are damaged.

    >>> of_lines(["Zürich, Café".encode("cp1252")]), of_lines(["Москва".encode("cp1251")])
    ('cp1252', '')
    """
    valid = invalid = signs = odd = runs = 0
    for line in _first(lines):
        try:
            line.decode()
        except UnicodeDecodeError:
            invalid += 1
        else:
            valid += 1
            continue
        for run in _RUN.finditer(line):
            signs += len(run[0])
            runs += 1
            odd += _odd(line, run.start(), run.end())
    if valid and valid * 10 >= invalid:
        return "utf-8"
    if not runs or odd > signs * _ODD_SHARE or signs > runs * _LONGEST_RUN:
        return ""
    return "cp1252"


def _first(lines: Iterable[bytes]) -> Iterable[bytes]:
    for at, line in enumerate(lines):
        if at == _MOST_LINES:
            return
        yield line


def _odd(line: bytes, start: int, end: int) -> int:
    """How many of the bytes beyond ASCII stand where Western text has none."""
    found = 0
    for at in range(start, end):
        byte = line[at]
        before, after = line[at - 1 : at], line[at + 1 : at + 2]
        if byte in _UNDEFINED:
            found += 20
        elif byte in _LETTERS:
            # A capital within a word is the letter of another encoding.
            found += byte in _CAPITALS and before.islower() and after.islower()
        else:
            found += byte not in _WITHIN_WORDS and before.isalpha() and after.isalpha()
    return found
