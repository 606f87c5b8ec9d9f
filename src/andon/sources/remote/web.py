"""What HTTP servers answer, in words that decide what is done about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from andon.sources.http.redirects import Astray
from andon.sources.remote.failures import Failure

_CUT = ("ClientPayloadError", "ServerDisconnectedError", "ConnectionResetError", "ClientOSError")
_LONGEST_S = 30.0


def timeouts() -> Any:
    """No limit to a whole body, but to every silence."""
    import aiohttp

    return aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=60)


def errors() -> tuple[type[Exception], ...]:
    """What the HTTP client raises, and what it stands on; anything else is a fault of Andon."""
    import aiohttp
    from aiohttp.http_exceptions import HttpProcessingError

    return (Failure, Astray, aiohttp.ClientError, HttpProcessingError, OSError, ValueError)


def check(status: int, headers: Any, place: str, bucket: str = "") -> None:
    """Raise what a status other than 200 means.

    Args:
        place: what answers, in words.
        bucket: what is missing where a listing of it is not found.
    """
    if status in (200, 206):
        return
    if status in (401, 403, 407):
        raise Failure("denied", f"{place} refuses it ({status})")
    if status in (404, 410):
        if bucket:
            raise Failure("absent", f"there is no {bucket}")
        raise Failure("gone", "it is not there any more")
    if status in (408, 425, 429) or status >= 500:
        raise Failure("busy", f"{place} answers {status}", wait_s=_wait_of(headers))
    raise Failure("odd", f"{place} answers {status}")


def told(error: BaseException, place: str) -> Failure:
    """What a failure of the HTTP client means."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Failure):
            return seen
        if isinstance(seen, Astray):
            host = urlsplit(seen.url).hostname
            return Failure("astray", f"`{host}` is not followed: {seen.reason}")
        name = type(seen).__name__
        if "Certificate" in name or "SSL" in name:
            return Failure("odd", f"the certificate of {place} is not trusted")
        if name.startswith("ClientConnector") or name == "gaierror":
            return Failure("away", f"{place} cannot be reached")
        if name in _CUT or isinstance(seen, ConnectionError):
            return Failure("broken", "the connection broke before all bytes arrived")
        if isinstance(seen, TimeoutError):
            return Failure("busy", f"{place} does not answer in time")
        if name in ("RefreshError", "DefaultCredentialsError"):
            return Failure("denied", f"{place} refuses the credentials")
        if name == "TransportError":
            return Failure("away", f"the server that gives tokens for {place} cannot be reached")
        if name in ("InvalidURL", "InvalidUrlClientError"):
            return Failure("odd", f"{place}: {name}")
        seen = seen.__cause__ or seen.__context__
    return Failure("odd", f"{place}: {type(error).__name__}")


def _wait_of(headers: Any) -> float:
    """Seconds that a server asks to be left alone, within reason."""
    text = str(headers.get("Retry-After", ""))
    return min(float(text), _LONGEST_S) if text.isdigit() else 0.0
