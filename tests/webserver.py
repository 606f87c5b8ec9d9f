"""A web server on loopback whose manners each test chooses, the bad ones too."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from andon.spec.origin import Settings


@dataclass
class PlainHttp:
    """Bytes by path, and how they are served; a `Remote` that lists nothing.

    Attributes:
        host: name and port.
        files: content by path; times: when it was changed.
        manners: words by path. Whole answers: ``refuse``, ``no-head``, ``busy`` (503), ``throttle``
            (429, wait a second), ``redirect:URL``. Headers: ``tagless``, ``timeless``, ``endless`` (no
            length), ``chunked``. Bodies: ``short`` of what was told, ``changing`` while it is read,
            ``dripping`` a byte at a time.
        often: how many requests of a path meet its bad manners, all if it is not there.
        asked: requests in order: method, path with query, Authorization header.
    """

    host: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    manners: dict[str, str] = field(default_factory=dict)
    often: dict[str, int] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def settings(self) -> Settings:
        """It is open to all."""
        return ()

    def address(self, path: str) -> str:
        """Address of a path."""
        return f"http://{self.host}/{path}"

    def put(self, path: str, content: bytes, *, age_s: float = 3600.0) -> None:
        """Serve a file that was changed so many seconds ago."""
        self.files[path] = content
        self.times[path] = time.time() - age_s

    def remove(self, path: str) -> None:
        """Take a file away."""
        del self.files[path]

    def manner_of(self, path: str) -> str:
        """How the next request of a path is answered."""
        manner = self.manners.get(path, "")
        self.counts[path] += bool(manner)
        return manner if self.counts[path] <= self.often.get(path, 1 << 30) else ""

    def bodies(self) -> list[str]:
        """Paths whose bytes were asked for, in order."""
        return [
            path.partition("?")[0].lstrip("/") for method, path, _ in self.asked if method == "GET"
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    plain: PlainHttp

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gives up or is killed hangs up: that is wanted."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self._answer(has_body=False)

    def do_GET(self) -> None:
        self._answer(has_body=True)

    def _answer(self, *, has_body: bool) -> None:
        plain, path = self.server.plain, self.path.partition("?")[0].lstrip("/")
        plain.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        # A request for headers meets bad manners only where they are of the headers.
        manner = plain.manners.get(path, "") if not has_body else plain.manner_of(path)
        content = plain.files.get(path)
        match manner.partition(":")[0]:
            case "refuse":
                self._say(403)
            case "no-head" if not has_body:
                self._say(405)
            case "busy" if has_body:
                self._say(503)
            case "throttle" if has_body:
                self._say(429, {"Retry-After": "1"})
            case "redirect":
                self._say(302, {"Location": manner.partition(":")[2]})
            case _ if content is None:
                self._say(404)
            case _:
                self._serve(path, content or b"", manner, has_body=has_body)

    def _say(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def _serve(self, path: str, content: bytes, manner: str, *, has_body: bool) -> None:
        plain = self.server.plain
        self.send_response(200)
        if "tagless" not in manner:
            self.send_header("ETag", f'"{sha256(content).hexdigest()[:16]}"')
        if "timeless" not in manner:
            self.send_header("Last-Modified", formatdate(plain.times[path], usegmt=True))
        if "endless" in manner:
            self.close_connection = True
            self.send_header("Connection", "close")
        elif "chunked" in manner:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if has_body:
            self._send(path, content, manner)

    def _send(self, path: str, content: bytes, manner: str) -> None:
        half = len(content) // 2
        if "chunked" in manner:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
            if "short" in manner:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")
        elif "short" in manner:
            self.wfile.write(content[:half])
            self.close_connection = True
        elif "changing" in manner:
            self.wfile.write(content[:half])
            self.server.plain.put(path, content + b"9,9\n")
            self.wfile.write(content[half:])
        elif "dripping" in manner:
            with suppress(OSError):  # whoever waits too long hangs up
                for at in range(len(content)):
                    self.wfile.write(content[at : at + 1])
                    time.sleep(0.02)
            self.close_connection = True
        else:
            self.wfile.write(content)


@contextmanager
def http_server(address: str = "127.0.0.1") -> Iterator[PlainHttp]:
    """A running server, and what is served there."""
    server = _Server((address, 0), _Handler)
    server.plain = PlainHttp(host=f"{address}:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.plain
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
