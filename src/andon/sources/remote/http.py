"""Single files of web servers, through fsspec's HTTP file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from andon.acquisition.patterns import Search
from andon.sources.remote import web
from andon.sources.remote.failures import Failure, not_installed, unless_gone
from andon.sources.remote.loop import open_file_system, read_from, wait_for
from andon.sources.remote.place import Body, Entry
from andon.sources.remote.times import http_date_ns, md5_of

_NO_HEAD = (400, 401, 403, 404, 405, 501)
"""Answers to a request for headers alone that a server may give though the file is there."""


class HttpPlace:
    """Implements `Place` for HTTP. A tag may be made of the time, so it is a hint like the time.

    Args:
        scheme: http or https.
        options: of the session.
        query: put behind every address.
    """

    is_exact = False

    def __init__(self, scheme: str, options: dict[str, Any], query: str = "") -> None:
        try:
            import aiohttp  # noqa: F401

            client = {**options, "timeout": web.timeouts(), "auto_decompress": False}
            self._fs = open_file_system("http", {"client_kwargs": client})
        except ImportError:
            raise not_installed("aiohttp", "remote-http") from None
        self._scheme, self._query = scheme, query

    def find(self, host: str, search: Search) -> NoReturn:  # noqa: ARG002
        """No web server lists its files."""
        raise Failure("odd", f"`{host}` cannot list files")

    def look(self, host: str, key: str) -> Entry | None:
        """Length, tag and time of a file, from headers alone."""
        answer = self._ask("HEAD", host, key)
        if answer.status in _NO_HEAD:
            answer.close()
            answer = self._ask("GET", host, key)
        answer.close()
        return unless_gone(lambda: self._told(host, key, answer))

    @contextmanager
    def open(self, host: str, key: str) -> Iterator[Body]:
        """The bytes of a file as the server has them; a coding of the way is not taken off."""
        answer = self._ask("GET", host, key)
        try:
            body = _HttpBody(self, host, key, answer, self._told(host, key, answer))
            is_chunked = "chunked" in answer.headers.get("Transfer-Encoding", "").lower()
            if answer.content_length is None and not is_chunked:
                raise Failure("odd", f"`{host}` does not tell where the file ends")
            yield body
        finally:
            answer.close()

    def read(self, host: str, answer: Any, most: int) -> bytes:
        """The next bytes of an answer."""
        try:
            return read_from(self._fs.loop, answer.content.read, most)
        except web.errors() as error:
            raise web.told(error, f"`{host}`") from error

    def _told(self, host: str, key: str, answer: Any) -> Entry:
        """What the headers of an answer tell of a file."""
        web.check(answer.status, answer.headers, f"`{host}`")
        return _entry(key, answer)

    def _ask(self, method: str, host: str, key: str) -> Any:
        try:
            return wait_for(self._fs.loop, self._answer, method, self._url(host, key))
        except web.errors() as error:
            raise web.told(error, f"`{host}`") from error

    async def _answer(self, method: str, url: Any) -> Any:
        session = await self._fs.set_session()
        return await session.request(method, url, allow_redirects=True, max_redirects=5)

    def _url(self, host: str, key: str) -> Any:
        from yarl import URL

        text = f"{self._scheme}://{host}/{key}"
        if self._query:
            text += ("&" if "?" in key else "?") + self._query
        # What is quoted already must stay as it is: a signature is over exactly this text.
        return URL(text, encoded=text.isascii() and text.isprintable() and " " not in text)


class _HttpBody:
    def __init__(self, place: HttpPlace, host: str, key: str, answer: Any, entry: Entry) -> None:
        self._place, self._host, self._key, self._answer = place, host, key, answer
        self.entry = entry

    def read(self, most: int) -> bytes:
        return self._place.read(self._host, self._answer, most)

    def after(self) -> Entry | None:
        if not (self.entry.version or self.entry.modified_ns):
            return None
        return self._place.look(self._host, self._key)


def _entry(key: str, answer: Any) -> Entry:
    headers = answer.headers
    tag = headers.get("ETag", "")
    return Entry(
        key=key,
        bytes=answer.content_length,
        modified_ns=http_date_ns(headers.get("Last-Modified")),
        # A weak tag promises equal meaning, not equal bytes.
        version="" if tag.startswith("W/") else tag,
        md5=md5_of(headers.get("Content-MD5")),
    )
