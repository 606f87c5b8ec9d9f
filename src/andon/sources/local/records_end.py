"""Where the last complete record of bytes that are still being written ends."""

from __future__ import annotations

from collections.abc import Iterable

_PATIENCE = 16 << 20
"""Bytes within one pair of quotes after which a quote is taken for a stray one."""


def last_end(chunks: Iterable[bytes], quote: bytes | None) -> int:
    r"""Bytes up to the end of the last complete record; 0 if there is none.

    Args:
        quote: of delimited text, in which a line end is no end of a record; None of lines of JSON.

    >>> last_end([b"a\nb", b"c\nd"], None), last_end([b'1,"x\n'], b'"'), last_end([b'"\n"\n'], b'"')
    (5, 0, 4)
    """
    offset = end = any_end = 0
    is_open = False
    for chunk in chunks:
        pieces = chunk.split(quote) if quote else [chunk]
        at = offset
        for number, piece in enumerate(pieces):
            if number:
                is_open = not is_open
                at += 1
            feed = piece.rfind(b"\n")
            if feed >= 0:
                any_end = at + feed + 1
                end = end if is_open else any_end
            at += len(piece)
        offset += len(chunk)
    return any_end if any_end - end > _PATIENCE else end
