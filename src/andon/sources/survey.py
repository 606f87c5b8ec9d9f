"""Count the records of a delimited file without the engine's parser, and spot what is unusual."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 20
Newline = Literal["\n", "\r\n"]


class Survey(Struct, frozen=True, kw_only=True):
    """What one pass over the bytes found.

    Attributes:
        records: line ends outside of quotes, plus a last line without one; the header counts.
        head: the first bytes without byte order mark, at most 1 MiB, for header and delimiter.
        newline: the line end, where it is the same throughout.
        is_plain: whether the engine may read the file as it lies: valid UTF-8, balanced quotes,
            one kind of line end, no blank line, no NUL.
    """

    records: int
    head: bytes
    newline: Newline
    is_plain: bool


def survey(chunks: Iterable[bytes], quote: str) -> Survey:
    """Look at every byte once; memory is that of one chunk.

    A file that is not UTF-8 is not plain; its records are then counted by the same rule, which
    holds for every encoding in which line ends and quotes are single bytes.
    """
    mark = quote.encode()
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_valid, is_open, has_nul = True, False, False
    feeds = pairs = returns = blanks = 0
    head, last = b"", b""
    for chunk in chunks:
        if is_valid and not (chunk.isascii() and not decoder.getstate()[0]):
            is_valid = _decodes(decoder, chunk)
        has_nul = has_nul or b"\0" in chunk
        if len(head) < _HEAD:
            head += chunk[: _HEAD - len(head)]
        outside = chunk
        if mark in chunk or is_open:
            parts = chunk.split(mark)
            # A letter stands for each quoted stretch, so that `""` is no blank line.
            outside = b"q".join(parts[1::2] if is_open else parts[0::2])
            if is_open:
                outside = b"q" + outside
            is_open ^= len(parts) % 2 == 0
        joined = last + outside
        feeds += outside.count(b"\n")
        returns += outside.count(b"\r")
        pairs += joined.count(b"\r\n") - last.count(b"\r\n")
        blanks += _has_blank(joined)
        last = joined[-2:]
    if is_valid:
        is_valid = _decodes(decoder, b"", final=True)
    body = head.removeprefix(BOM)
    blank_start = body[:1] in (b"\n", b"\r")
    unended = is_open or (bool(last) and not last.endswith((b"\n", b"\r")))
    mixed = returns != pairs or (pairs > 0 and feeds != pairs)
    plain = is_valid and not (is_open or has_nul or mixed or blanks or blank_start)
    return Survey(
        records=max(feeds, returns) + unended,
        head=body,
        newline="\r\n" if pairs else "\n",
        is_plain=plain,
    )


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _has_blank(joined: bytes) -> bool:
    return b"\n\n" in joined or b"\n\r\n" in joined
