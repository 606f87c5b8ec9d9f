"""Count the records of a delimited file without the engine's parser, and spot what is unusual."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 20
_SIGNS = (b",", b";", b"\t", b"|")
Newline = Literal["\n", "\r\n"]


class Survey(Struct, frozen=True, kw_only=True):
    """What one pass over the bytes found.

    Attributes:
        records: line ends outside of quotes, plus a last line without one; the header counts.
        head: the first bytes without byte order mark, at most 1 MiB, for header and delimiter.
        newline: the line end, where it is the same throughout.
        is_plain: whether the engine may read the file as it lies: valid UTF-8, balanced quotes,
            one kind of line end, no blank line, no NUL, and the first line never comes again.
        is_utf8, has_zeros: whether it is valid UTF-8; whether it has NUL bytes.
    """

    records: int
    head: bytes
    newline: Newline
    is_plain: bool
    is_utf8: bool
    has_zeros: bool


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
    again = _Again()
    for chunk in chunks:
        if is_valid and not (chunk.isascii() and not decoder.getstate()[0]):
            is_valid = _decodes(decoder, chunk)
        has_nul = has_nul or b"\0" in chunk
        if len(head) < _HEAD:
            head += chunk[: _HEAD - len(head)]
        again.look(chunk, head)
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
    odd = is_open or has_nul or mixed or blanks or blank_start
    odd = odd or again.is_there or again.is_last()
    return Survey(
        records=max(feeds, returns) + unended,
        head=body,
        newline="\r\n" if pairs else "\n",
        is_plain=is_valid and not odd,
        is_utf8=is_valid,
        has_zeros=has_nul,
    )


class _Again:
    """Looks for the first line of a file further down, as it is where files were joined."""

    def __init__(self) -> None:
        self._line = b""
        self._tail = b""
        self._is_known = False
        self.is_there = False

    def look(self, chunk: bytes, head: bytes) -> None:
        """Look at a further chunk; `head` is what the file begins with."""
        if self._is_known:
            if self._line and not self.is_there:
                start = self._tail + chunk[: len(self._line)]
                self.is_there = self._line in start or self._line in chunk
                self._keep(chunk if len(chunk) >= len(self._line) else start)
            return
        end = head.find(b"\n")
        if end < 0 and len(head) < _HEAD:
            return
        self._is_known = True
        line = head[: end + 1].removeprefix(BOM)
        # A single word may be a value; a line of several names is a header.
        if any(sign in line for sign in _SIGNS):
            self._line = b"\n" + line
            self.is_there = self._line in head
            self._keep(head)

    def is_last(self) -> bool:
        """Whether the last line, without an end, is the first."""
        end = self._line.rstrip(b"\r\n")
        return bool(end) and self._tail.endswith(end)

    def _keep(self, seen: bytes) -> None:
        self._tail = seen[-len(self._line) + 1 :]


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _has_blank(joined: bytes) -> bool:
    return b"\n\n" in joined or b"\n\r\n" in joined
