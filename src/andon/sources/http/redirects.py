"""Where an answer may send a request on to; the one rule for pages of APIs and for files. Sends nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from andon.sources.http.document import Malformed
from andon.sources.http.paging import joined

INNER = "a server outside sends there, and it is of an inner network"
_STATUSES = frozenset({301, 302, 303, 307, 308})
_MOST = 5
_PORTS = {"http": 80, "https": 443}


class Astray(Exception):
    """A redirect that is not followed.

    Args:
        url: the address that is not followed further; reason: why, without any address.
    """

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(reason)
        self.url, self.reason = url, reason


class Way:
    """The way of one request from the address that was asked for through what it is sent on to.

    The first address is the will of who wrote it. Whatever answers from outside is not to decide what
    is read inside, so from then on no host of an inner network may be connected to.

    Attributes:
        at: address to ask now; is_outward: whether it must not lead into an inner network.
    """

    def __init__(self, url: str) -> None:
        self.at = self._first = url
        self.is_outward = False
        self._turns = 0

    def goes_on(self, status: int, location: str, *, is_inner: bool) -> bool:
        """Whether the answer of `at` is a redirect; then `at` is what it sends to.

        Args:
            is_inner: whether the server that answered is of an inner network.

        Raises:
            Astray: it is not to be followed.
        """
        if status not in _STATUSES or not location:
            return False
        self.is_outward = self.is_outward or not is_inner
        try:
            aim = joined(self.at, location)
        except Malformed as malformed:
            raise Astray(self.at, str(malformed)) from None
        scheme = urlsplit(aim).scheme
        if scheme not in _PORTS:
            raise Astray(self.at, "it sends to an address that is not http or https")
        if scheme == "http" and urlsplit(self.at).scheme == "https":
            reason = "it sends from https to http, where everybody can read along"
            raise Astray(self.at, reason)
        self._turns += 1
        if self._turns > _MOST:
            raise Astray(self._first, f"it sends on more than {_MOST} times")
        self.at = aim
        return True


def is_same_place(url: str, other: str) -> bool:
    """Whether two addresses are of the same scheme, host and port: secrets are for one place only."""
    return _place(url) == _place(other)


def _place(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port
