"""A paginating HTTP API on loopback that fails in every way it is told to.

It speaks HTTP by hand, byte by byte, so that it can lie: about lengths, chunks and compression.
"""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

Headers = dict[str, str]
Reply = tuple[int, Headers, bytes]
Fault = Callable[["Wire", Reply], bool]
"""Writes something else than the reply; says whether the connection may live on."""


@dataclass(frozen=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    target: str
    headers: Headers
    body: bytes


@dataclass
class Wire:
    """The connection of one request."""

    out: Any
    socket: socket.socket

    def head(self, status: int, headers: Headers) -> None:
        lines = [f"HTTP/1.1 {status} Some Words", *(f"{k}: {v}" for k, v in headers.items())]
        self.out.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def send(self, reply: Reply) -> None:
        status, headers, body = reply
        self.head(status, {"Content-Length": str(len(body)), **headers})
        self.out.write(body)
        self.out.flush()

    def hang_up(self) -> bool:
        """End the connection at once, as a server that vanishes does."""
        self.out.flush()
        self.socket.shutdown(socket.SHUT_RDWR)
        return False


@dataclass
class Api:
    """What the server holds and does; a test changes it at any time.

    Attributes:
        rows: records; `since` gives those whose `updated` is as great or greater.
        descending: whether the newest come first.
        size: records on a page, where the request does not say.
        faults: taken one by one, each by the next request for a page.
        tokens: valid bearer tokens; None lets everybody in.
        wrap: makes the document of a page of records.
        answer: answers in place of the pages, if it is set.
    """

    url: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    descending: bool = False
    size: int = 3
    faults: deque[Fault | None] = field(default_factory=deque)
    tokens: set[str] | None = None
    wrap: Callable[[list[Any]], Any] = list
    answer: Callable[[Request], Reply] | None = None
    requests: list[Request] = field(default_factory=list)
    delay_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, request: Request) -> Reply:
        if request.path == "/token":
            return self._token(request)
        if self.tokens is not None:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if given not in self.tokens:
                return 401, {}, b'{"message": "Bad credentials"}'
        if self.answer is not None:
            return self.answer(request)
        style = request.path.rpartition("/")[2]
        paginate = getattr(self, f"_by_{style}", None)
        return paginate(request) if paginate else (404, {}, b"{}")

    def _chosen(self, request: Request) -> list[dict[str, Any]]:
        since = request.query.get("since", "")
        found = [row for row in self.rows if str(row.get("updated", "")) >= since]
        return found[::-1] if self.descending else found

    def _slice(self, request: Request, start: int) -> tuple[list[Any], bool]:
        found = self._chosen(request)
        end = start + min(self.size, int(request.query.get("size", self.size)))
        return found[start:end], end < len(found)

    def _by_one(self, request: Request) -> Reply:
        return _json(self.wrap(self._chosen(request)))

    def _by_link(self, request: Request) -> Reply:
        start = int(request.query.get("from", "0"))
        rows, is_more = self._slice(request, start)
        headers = {}
        if is_more:
            since = f"&since={request.query['since']}" if "since" in request.query else ""
            following = f"{self.url}{request.path}?from={start + len(rows)}{since}"
            headers["Link"] = f'<{self.url}/>; rel="first", <{following}>; rel="next"'
        return _json(self.wrap(rows), headers)

    def _by_cursor(self, request: Request) -> Reply:
        start = int(request.query.get("cursor", "c0")[1:])
        rows, is_more = self._slice(request, start)
        following = f"c{start + len(rows)}" if is_more else None
        return _json(
            {"data": {"items": rows}, "meta": {"next": following, "total": len(self.rows)}}
        )

    def _by_next(self, request: Request) -> Reply:
        start = int(request.query.get("from", "0"))
        rows, is_more = self._slice(request, start)
        query = {**request.query, "from": str(start + len(rows))}
        joined = "&".join(f"{name}={value}" for name, value in query.items())
        following = f"{self.url}{request.path}?{joined}" if is_more else ""
        return _json({"items": rows, "links": {"next": following}})

    def _by_page(self, request: Request) -> Reply:
        size = min(self.size, int(request.query.get("size", self.size)))
        rows, _ = self._slice(request, (int(request.query.get("page", "1")) - 1) * size)
        return _json(self.wrap(rows))

    def _by_offset(self, request: Request) -> Reply:
        rows, _ = self._slice(request, int(request.query.get("offset", "0")))
        return _json(self.wrap(rows))

    def _token(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        basic = request.headers.get("authorization", "")
        # RFC 6749, 2.3.1: both are form-encoded before they are joined.
        is_known = basic == "Basic Y2xpZW50OnMlM0EzY3JldCUyQndvcmQ=" or (
            form.get("client_id") == "client" and form.get("client_secret") == "s:3cret+word"
        )
        if not is_known or form.get("grant_type") != "client_credentials":
            return 401, {}, b'{"error": "invalid_client"}'
        token = f"token-number-{sum(r.path == '/token' for r in self.requests)}"
        self.tokens = {token}
        return _json({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def asked(self) -> list[str]:
        """Targets of the requests so far."""
        return [request.target for request in self.requests]


def _json(value: Any, headers: Headers | None = None) -> Reply:
    body = json.dumps(value).encode()
    return 200, {"Content-Type": "application/json", **(headers or {})}, body


class _Handler(socketserver.StreamRequestHandler):
    wbufsize = -1
    disable_nagle_algorithm = True
    rfile: BufferedReader
    server: _Server

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            while self._one():
                pass

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def _one(self) -> bool:
        if self.rfile.peek(1)[:1] == b"\x16":  # somebody begins to speak TLS
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return False
        first = self.rfile.readline()
        if not first.strip():
            return False
        method, target, _ = first.decode("latin-1").split()
        headers: Headers = {}
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        request = Request(method, parts.path, query, target, headers, body)
        api = self.server.api
        with api.lock:
            api.requests.append(request)
            reply = api.reply(request)
            is_page = request.path != "/token" and reply[0] == 200
            fault = api.faults.popleft() if api.faults and is_page else None
        time.sleep(api.delay_s)
        wire = Wire(self.wfile, self.connection)
        if fault is not None:
            return fault(wire, reply)
        wire.send(reply)
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    api: Api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that does not trust the certificate, or is killed, hangs up: that is wanted."""


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Api]:
    """An API on a free port of loopback."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if context is None else "https"
        server.api = Api(url=f"{scheme}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.api
        finally:
            server.shutdown()
            thread.join()


def status(code: int, **headers: str) -> Fault:
    """Another status."""

    def fault(wire: Wire, _: Reply) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        wire.send((code, named, b"busy"))
        return True

    return fault


def drop(wire: Wire, _: Reply) -> bool:
    """Hang up before a byte of the answer."""
    return wire.hang_up()


def cut(wire: Wire, reply: Reply) -> bool:
    """Hang up in the middle of the body."""
    code, headers, body = reply
    wire.head(code, {**headers, "Content-Length": str(len(body))})
    wire.out.write(body[: len(body) // 2])
    return wire.hang_up()


def cut_without_length(wire: Wire, reply: Reply) -> bool:
    """Hang up in the middle of a body whose length nobody told."""
    code, headers, body = reply
    wire.head(code, {**headers, "Connection": "close"})
    wire.out.write(body[: len(body) // 2])
    return wire.hang_up()


def longer_than_it_says(wire: Wire, reply: Reply) -> bool:
    """A length that ends in the middle of the body."""
    code, headers, body = reply
    wire.head(code, {**headers, "Content-Length": str(len(body) // 2)})
    wire.out.write(body)
    wire.out.flush()
    return True


def chunked(wire: Wire, reply: Reply) -> bool:
    """The same body in chunks."""
    code, headers, body = reply
    wire.head(code, {**headers, "Transfer-Encoding": "chunked"})
    for start in range(0, len(body), 7):
        piece = body[start : start + 7]
        wire.out.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    wire.out.write(b"0\r\n\r\n")
    wire.out.flush()
    return True


def broken_chunks(wire: Wire, reply: Reply) -> bool:
    """A chunk whose length is no number."""
    code, headers, body = reply
    wire.head(code, {**headers, "Transfer-Encoding": "chunked"})
    wire.out.write(b"5\r\n" + body[:5] + b"\r\nzz\r\n" + body[5:])
    return wire.hang_up()


def gzipped(wire: Wire, reply: Reply) -> bool:
    """The same body, compressed."""
    code, headers, body = reply
    wire.send((code, {**headers, "Content-Encoding": "gzip"}, gzip.compress(body)))
    return True


def half_gzipped(wire: Wire, reply: Reply) -> bool:
    """A compressed body that ends too early, and says that it is complete."""
    code, headers, body = reply
    packed = gzip.compress(body)
    wire.send((code, {**headers, "Content-Encoding": "gzip"}, packed[:-12]))
    return True


def silent(seconds: float) -> Fault:
    """Nothing for a while."""

    def fault(wire: Wire, reply: Reply) -> bool:
        time.sleep(seconds)
        wire.send(reply)
        return True

    return fault


def dripping(part: Literal["head", "body", "chunks"], pause_s: float = 0.02) -> Fault:
    """One byte at a time: of the ``head``, of a ``body`` or of its ``chunks``."""

    def fault(wire: Wire, reply: Reply) -> bool:
        _, headers, body = reply
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
        slow, whole = body, b"HTTP/1.1 200 OK\r\n" + head
        match part:
            case "head":
                slow, whole = whole, b""
            case "body":
                whole += b"Content-Length: %d\r\n\r\n" % len(body)
            case _:
                whole += b"Transfer-Encoding: chunked\r\n\r\n"
                slow = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        wire.out.write(whole)
        for at in range(len(slow)):
            wire.out.write(slow[at : at + 1])
            wire.out.flush()
            time.sleep(pause_s)
        return False

    return fault
