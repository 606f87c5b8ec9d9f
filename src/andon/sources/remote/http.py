"""Single files of web servers, through fsspec's HTTP file system."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import urlsplit

from andon.acquisition.patterns import Search
from andon.sources.echoes import Echoes
from andon.sources.http.redirects import INNER, Astray, Way, is_same_place
from andon.sources.remote import web
from andon.sources.remote.failures import Failure, not_installed, unless_gone
from andon.sources.remote.loop import open_file_system, read_from, wait_for
from andon.sources.remote.names import Names
from andon.sources.remote.place import Body, Entry
from andon.sources.remote.times import http_date_ns, md5_of

_NO_HEAD = (400, 401, 403, 404, 405, 501)
"""Answers to a request for headers alone that a server may give though the file is there."""


class HttpPlace:
    """Implements `Place` for HTTP. A tag may be made of the time, so it is a hint like the time.

    Args:
        scheme: http or https.
        headers: prove who asks; they are sent to the declared server only.
        query: put behind every address.
        secrets: by their names; no file that repeats one is read.
    """

    is_exact = False

    def __init__(
        self,
        scheme: str,
        headers: dict[str, str],
        query: str = "",
        *,
        secrets: tuple[tuple[str, str], ...] = (),
    ) -> None:
        try:
            import aiohttp  # noqa: F401
        except ImportError:
            raise not_installed("aiohttp", "remote-http") from None
        self._names, self._fs = _opened(is_outward=False)
        _, self._outward = _opened(is_outward=True)
        self._scheme, self._headers, self._query = scheme, headers, query
        self._secrets = secrets

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
            entry = self._told(host, key, answer)
            body = _HttpBody(self, host, key, answer, entry, Echoes(self._secrets))
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

    async def _answer(self, method: str, url: str) -> Any:
        """The answer at the end of all redirects."""
        way = Way(url)
        while True:
            headers = self._headers if is_same_place(way.at, url) else {}
            answer = await self._send(method, way, headers)
            is_last = False
            try:
                target = answer.headers.get("Location", "")
                is_inside = self._names.is_inside(urlsplit(way.at).hostname or "")
                is_last = not way.goes_on(answer.status, target, is_inner=is_inside)
            finally:
                if not is_last:
                    answer.close()
            if is_last:
                return answer

    async def _send(self, method: str, way: Way, headers: dict[str, str]) -> Any:
        from yarl import URL

        host = urlsplit(way.at).hostname or ""
        if way.is_outward and self._names.is_inside(host):
            raise Astray(way.at, INNER)
        session = await (self._outward if way.is_outward else self._fs).set_session()
        # What is quoted already must stay as it is: a signature is over exactly this text.
        is_quoted = way.at.isascii() and way.at.isprintable() and " " not in way.at
        return await session.request(
            method, URL(way.at, encoded=is_quoted), headers=headers, allow_redirects=False
        )

    def _url(self, host: str, key: str) -> str:
        text = f"{self._scheme}://{host}/{key}"
        if self._query:
            text += ("&" if "?" in key else "?") + self._query
        return text


def _opened(*, is_outward: bool) -> tuple[Names, Any]:
    """A file system over one client session, and where its names lead."""
    names = Names(is_outward=is_outward)
    headers = {"Accept-Encoding": "identity"}
    client = {"headers": headers, "timeout": web.timeouts(), "auto_decompress": False}
    return names, open_file_system("http", {"client_kwargs": client, "get_client": names.client})


class _HttpBody:
    def __init__(
        self, place: HttpPlace, host: str, key: str, answer: Any, entry: Entry, echoes: Echoes
    ) -> None:
        self._place, self._host, self._key, self._answer = place, host, key, answer
        self.entry, self._echoes = entry, echoes

    def read(self, most: int) -> bytes:
        chunk = self._place.read(self._host, self._answer, most)
        if secret := self._echoes.found(chunk):
            raise Failure("telling", f"it repeats a secret that it was asked with: {secret}")
        return chunk

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
