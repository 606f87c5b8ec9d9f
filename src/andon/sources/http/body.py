"""The whole body of an answer: cut off, overlong and swollen ones are told apart."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

_CHUNK = 1 << 16
_KNOWN = frozenset({"br", "compress", "dcb", "dcz", "x-compress", "zstd"})
"""What may be told of an encoding: any other word may be a secret that the server repeats."""


class Dropped(Exception):
    """No whole answer came; the text says why.

    Attributes:
        is_before_answer: whether the connection ended before anything came.
    """

    def __init__(self, reason: str, *, is_before_answer: bool = False) -> None:
        super().__init__(reason)
        self.is_before_answer = is_before_answer


class TooLarge(Exception):
    """The decoded body is larger than a page may be."""


class Misled(Exception):
    """The body is not what the server says of it; the text says how."""


class _Buffer(Protocol):
    def peek(self, size: int = ..., /) -> bytes: ...


class Response(Protocol):
    """What is needed of `http.client.HTTPResponse`."""

    length: int | None
    chunked: bool

    @property
    def fp(self) -> _Buffer: ...
    def read(self, amt: int | None = ..., /) -> bytes: ...
    def getheader(self, name: str, /) -> str | None: ...


def read_body(response: Response, limit: int, is_good: bool) -> bytes:
    """The body after transfer and content decoding.

    Args:
        limit: most bytes of it; of an answer that is not good the rest is left unread.

    Raises:
        Dropped: the body is shorter than announced, or its compression ends too early.
        TooLarge: it has more bytes than the limit, which are never all decoded.
        Misled: it is longer than announced, or packed in a way that nobody asked for.
    """
    packed = (response.getheader("Content-Encoding") or "identity").strip().lower()
    if not is_good:
        return response.read(limit) if packed == "identity" else b""
    if packed not in ("identity", "gzip", "x-gzip", "deflate", ""):
        named = f"`{packed}`, which was not asked for" if packed in _KNOWN else "none that is known"
        raise Misled(f"its content encoding is {named}")
    unpack = None if packed in ("identity", "") else _Unpacking(packed)
    parts: list[bytes] = []
    total = 0
    for chunk in _chunks(response):
        piece = chunk if unpack is None else unpack.feed(chunk, limit - total + 1)
        total += len(piece)
        if total > limit:
            raise TooLarge
        parts.append(piece)
    if unpack is not None:
        unpack.finish()
    return b"".join(parts)


def _chunks(response: Response) -> Iterator[bytes]:
    """Pieces of a body as they come; the announced length is held against what comes."""
    while True:
        left = None if response.chunked else response.length
        if left == 0:
            return
        if left == 1 and len(response.fp.peek(2)) > 1:
            # What lies in the buffer behind the last byte was announced by nobody.
            raise Misled("it is longer than its `Content-Length` says")
        # The last byte is read by itself, so that the buffer is looked at before it is gone.
        piece = response.read(_CHUNK if left is None else max(1, min(_CHUNK, left - 1)))
        if not piece:
            if left is not None:
                raise Dropped("the answer is shorter than its `Content-Length` says")
            return
        yield piece
        if left == 1:
            return


class _Unpacking:
    """Decodes a compressed body piece by piece, never more of it than is wanted."""

    def __init__(self, packed: str) -> None:
        self._bits = 15 if packed == "deflate" else 31
        self._stream = zlib.decompressobj(self._bits)

    def feed(self, data: bytes, most: int) -> bytes:
        """At most `most` bytes: reaching them means that the body is too large."""
        found = b""
        try:
            while data and len(found) < most:
                if self._stream.eof:  # a gzip file may have several members
                    self._stream = zlib.decompressobj(self._bits)
                found += self._stream.decompress(data, most - len(found))
                data = self._stream.unconsumed_tail or self._stream.unused_data
        except zlib.error:
            raise Dropped("its compression is damaged") from None
        return found

    def finish(self) -> None:
        """Refuse a body whose compression does not end."""
        if not self._stream.eof:
            raise Dropped("its compression ends too early")
