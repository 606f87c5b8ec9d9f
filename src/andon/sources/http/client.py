"""One HTTP request and its whole answer, over connections that are kept open.

The only file that speaks HTTP. It is the standard library's: what decides whether a page is whole
(lengths, chunks, compression) is judged in `body` and not left to a library's tolerance.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from msgspec import Struct

from andon.sources.http.body import Dropped, read_body
from andon.sources.http.inner import is_inner
from andon.sources.http.timed import Limit, Timed

_ERROR_BYTES = 1 << 16
_SAFE = "!#$%&'()*+,/:;=?@[]~"


class Ask(Struct, frozen=True, kw_only=True):
    """A request.

    Attributes:
        body: sent as a form; a request with a body is a POST, one without is a GET.
        is_outward: whether it is not sent to a host of an inner network.
    """

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    is_outward: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """A whole answer.

    Attributes:
        headers: by name in lower case; of repeated ones joined with commas.
        body: after transfer and content decoding; of an error at most its beginning.
        is_delimited: whether the server said how long the body is.
        is_inner: whether the server is known to be of an inner network.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    is_delimited: bool = True
    is_inner: bool = False


class Untrusted(Exception):
    """The other side did not prove who it is, or speaks no TLS; the text says why."""


class NotHttp(Exception):
    """What answers is no HTTP server; the text says why."""


class Inner(Exception):
    """The server is of an inner network, and was not to be."""


class Client:
    """Sends requests one after another; not to be shared between threads.

    Args:
        timeout_s: seconds without a sign of life; page_timeout_s: seconds for one whole answer.
        page_bytes: largest decoded body.

    Proxies are taken from the environment, as everywhere: ``HTTPS_PROXY``, ``HTTP_PROXY``,
    ``NO_PROXY``. Certificates are checked against those of the system, or ``SSL_CERT_FILE``.
    """

    def __init__(self, *, timeout_s: float, page_timeout_s: float, page_bytes: int) -> None:
        self._timeout_s, self._page_timeout_s = timeout_s, page_timeout_s
        self._page_bytes = page_bytes
        self._open: dict[tuple[str, str], http.client.HTTPConnection] = {}
        self._inner: dict[tuple[str, str], bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections. Safe to repeat."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def send(self, ask: Ask) -> Answer:
        """Send a request and read the whole answer; redirects are answers too.

        Raises:
            Dropped: no whole answer came; it may come another time.
            TooLarge: the body is larger than a page may be.
            Misled: the body cannot be what the server says of it.
            Untrusted: the certificate is not trusted.
            NotHttp: the answer is no HTTP.
            Inner: the request was to leave the inner network, and was not sent.
        """
        url = urlsplit(quote(ask.url, safe=_SAFE))
        place = (url.scheme, url.netloc.rpartition("@")[2])
        is_kept = place in self._open
        try:
            return self._send(ask, place, url.path or "/", url.query)
        except Dropped as dropped:
            self._close(place)
            # A server may close a connection that is idle; that it did so says nothing of the page.
            if not (is_kept and dropped.is_before_answer):
                raise
        return self._send(ask, place, url.path or "/", url.query)

    def _send(self, ask: Ask, place: tuple[str, str], path: str, query: str) -> Answer:
        target = f"{path}?{query}" if query else path
        is_answered = False
        limit = Limit(self._timeout_s, self._page_timeout_s)
        try:
            connection, prefix, more = self._connection(place)
            connection.response_class = partial(_Response, limit=limit)  # type: ignore[assignment]  # it is called like the class
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout_s)  # the answer before may have had less
            else:
                connection.connect()
                self._inner[place] = _is_inside(connection, place)
            if ask.is_outward and self._inner[place]:
                raise Inner
            body = ask.body.encode() if ask.body else None
            headers = {**dict(ask.headers), **more}
            connection.request("POST" if body else "GET", prefix + target, body, headers)
            with connection.getresponse() as response:
                is_answered = True
                is_good = response.status in range(200, 300)
                decoded = read_body(
                    response, self._page_bytes if is_good else _ERROR_BYTES, is_good
                )
                found = Answer(
                    status=response.status,
                    headers=_headers(response),
                    body=decoded,
                    url=ask.url,
                    is_delimited=response.getheader("Content-Length") is not None
                    or response.chunked,
                    is_inner=self._inner[place],
                )
                is_over = response.will_close or not response.isclosed()
            if is_over:
                self._close(place)
        except BaseException as error:
            self._close(place)
            told = _told(error, is_answered=is_answered, limit=limit)
            if told is error:
                raise
            raise told from None
        return found

    def _connection(
        self, place: tuple[str, str]
    ) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
        """The connection to a place, what its targets begin with, and headers for the proxy."""
        scheme, netloc = place
        proxy = _proxy_of(scheme, netloc)
        prefix = f"http://{netloc}" if proxy and scheme == "http" else ""
        more = proxy[1] if proxy and prefix else {}
        if place not in self._open:
            address = proxy[0] if proxy else netloc
            if scheme == "https":
                secure = http.client.HTTPSConnection(
                    address, timeout=self._timeout_s, context=ssl.create_default_context()
                )
                if proxy:
                    secure.set_tunnel(netloc, headers=proxy[1])
                self._open[place] = secure
            else:
                self._open[place] = http.client.HTTPConnection(address, timeout=self._timeout_s)
        return self._open[place], prefix, more

    def _close(self, place: tuple[str, str]) -> None:
        connection = self._open.pop(place, None)
        if connection is not None:
            connection.close()


class _Response(http.client.HTTPResponse):
    """An answer whose head and body are read within a limit."""

    def __init__(self, sock: socket.socket, *given: Any, limit: Limit, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        self.fp.close()
        self.fp = io.BufferedReader(Timed(sock, limit))


def _proxy_of(scheme: str, netloc: str) -> tuple[str, dict[str, str]] | None:
    """Address of the proxy for a place and the headers that it wants, or None without one."""
    host = urlsplit(f"//{netloc}").hostname or ""
    named = getproxies().get(scheme)
    if not named or proxy_bypass(host):
        return None
    proxy = urlsplit(named if "://" in named else f"http://{named}")
    headers = {}
    if proxy.username:
        from base64 import b64encode

        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    return proxy.netloc.rpartition("@")[2], headers


def _is_inside(connection: http.client.HTTPConnection, place: tuple[str, str]) -> bool:
    """Whether the server is of an inner network. The address of the connection tells, not what a name
    meant a moment before; behind a proxy there is only the name."""
    scheme, netloc = place
    if _proxy_of(scheme, netloc):
        return is_inner(urlsplit(f"//{netloc}").hostname or "")
    return is_inner(str(connection.sock.getpeername()[0]))


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def _told(error: BaseException, *, is_answered: bool, limit: Limit) -> BaseException:
    """A failure of the transport in the terms of this module; any other error as it is.

    Texts of the libraries are not passed on where they may quote what was sent.
    """
    match error:
        case ssl.SSLCertVerificationError():
            return Untrusted(error.verify_message)
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            return Dropped("the connection was cut off", is_before_answer=not is_answered)
        case ssl.SSLError():
            return Untrusted((error.reason or "the handshake failed").lower().replace("_", " "))
        case TimeoutError():
            return Dropped(limit.words)
        case http.client.IncompleteRead():
            return Dropped("the answer is cut off")
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            return Dropped("the connection was cut off", is_before_answer=not is_answered)
        case http.client.HTTPException():
            return NotHttp(type(error).__name__)
        case UnicodeError():
            return NotHttp("its host has no name that can be looked up")
        case OSError():
            return Dropped(error.strerror or type(error).__name__)
        case _:
            return error
