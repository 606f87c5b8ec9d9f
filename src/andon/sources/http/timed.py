"""An answer that has to be there in time: a server that drips would hold a reader for ever.

A timeout of a socket is for one read of it, and begins anew with every byte.
"""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Limit:
    """How long one answer may take, from now on.

    Args:
        silent_s: seconds without a byte; whole_s: seconds until its last byte.
    """

    def __init__(self, silent_s: float, whole_s: float) -> None:
        self._silent_s, self._whole_s = silent_s, whole_s
        self._until = time.monotonic() + whole_s

    @property
    def next_s(self) -> float:
        """Seconds that the next byte may take.

        Raises:
            TimeoutError: there are none left.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(self._silent_s, left)

    @property
    def words(self) -> str:
        """Which of both was passed."""
        if time.monotonic() >= self._until:
            return f"the whole answer did not come within {self._whole_s:g} s"
        return f"nothing came for {self._silent_s:g} s"


class Timed(io.RawIOBase):
    """The bytes of a socket, within a limit."""

    def __init__(self, sock: socket.socket, limit: Limit) -> None:
        super().__init__()
        self._socket, self._limit = sock, limit
        self._bytes = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._socket.settimeout(self._limit.next_s)
        return self._bytes.readinto(buffer)

    def close(self) -> None:
        self._bytes.close()
        super().close()
