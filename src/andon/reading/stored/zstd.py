"""Zstandard as a stream that tells when it is cut short."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import zstandard

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 1 << 12
"""Compressed bytes at a time: four of them may become 128 KB."""


class ZstdStream(io.RawIOBase):
    """Decompressed bytes of a file of one or more frames.

    Raises:
        EOFError: the last frame does not end, or the bytes are no frame.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._is_inside = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        target = memoryview(buffer).cast("B")
        while not self._ready:
            if not self._fill():
                return 0
        taken = min(len(target), len(self._ready))
        target[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken

    def close(self) -> None:
        self._file.close()
        super().close()

    def _fill(self) -> bool:
        """Decompress a further piece; False at the end."""
        data = self._frame.unused_data if self._frame.eof else b""
        data = data or self._file.read(_CHUNK)
        if self._frame.eof:
            self._frame = self._decompressor.decompressobj()
            self._is_inside = False
        if not data:
            if self._is_inside:
                raise EOFError("compressed file ended before the end-of-stream marker was reached")
            return False
        self._is_inside = True
        try:
            self._ready = memoryview(self._frame.decompress(data))
        except zstandard.ZstdError as error:
            raise EOFError("its bytes are no Zstandard frame") from error
        self._is_inside = not self._frame.eof
        return True
