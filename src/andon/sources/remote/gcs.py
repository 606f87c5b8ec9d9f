"""Buckets of Google Cloud Storage: gcsfs logs in, the JSON interface is asked directly.

gcsfs itself would read every body into memory or a file of its own, and wait half a minute before
it tells that a host is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from andon.acquisition.patterns import Search
from andon.sources.remote import place, web
from andon.sources.remote.failures import Failure, not_installed, unless_gone
from andon.sources.remote.loop import open_file_system, read_from, wait_for
from andon.sources.remote.place import Body, Entry
from andon.sources.remote.times import as_ns, md5_of

_FIELDS = "items(name,size,generation,updated,md5Hash),nextPageToken"


class GcsPlace:
    """Implements `Place` for Google Cloud Storage. Every version has a generation of its own.

    Args:
        options: of gcsfs.
    """

    is_exact = True

    def __init__(self, options: dict[str, Any]) -> None:
        try:
            import gcsfs  # noqa: F401
        except ImportError:
            raise not_installed("gcsfs", "gcs") from None
        try:
            self._fs = open_file_system("gs", options)
        except _errors() as error:
            raise _no_login(error) from error

    def find(self, host: str, search: Search) -> Iterator[Entry]:
        """Objects below the search's folder, a thousand per request."""
        start, most = search.folder + search.start, str(place.PAGE)
        asked = {"prefix": start, "maxResults": most, "fields": _FIELDS}
        if not search.is_deep:
            asked["delimiter"] = "/"
        while True:
            page = self._json(host, f"b/{quote(host)}/o", asked, f"bucket `{host}`")
            for item in page.get("items", ()):
                yield _listed(item)
            if not page.get("nextPageToken"):
                return
            asked["pageToken"] = page["nextPageToken"]

    def look(self, host: str, key: str) -> Entry | None:
        """One object by its metadata."""
        return unless_gone(
            lambda: _listed(self._json(host, f"b/{quote(host)}/o/{quote(key, safe='')}", {}, ""))
        )

    @contextmanager
    def open(self, host: str, key: str) -> Iterator[Body]:
        """The stored bytes of an object; one answer is one generation."""
        path = f"b/{quote(host)}/o/{quote(key, safe='')}"
        answer = self._ask(host, path, {"alt": "media"}, is_media=True)
        try:
            web.check(answer.status, answer.headers, f"bucket `{host}`")
            yield _GcsBody(self._fs.loop, host, key, answer)
        finally:
            answer.close()

    def _json(self, host: str, path: str, asked: dict[str, str], bucket: str) -> dict[str, Any]:
        answer = self._ask(host, path, asked)
        try:
            web.check(answer.status, answer.headers, f"bucket `{host}`", bucket)
            found: dict[str, Any] = wait_for(self._fs.loop, answer.json, content_type=None)
        except _errors() as error:
            raise web.told(error, f"bucket `{host}`") from error
        finally:
            answer.close()
        return found

    def _ask(self, host: str, path: str, asked: dict[str, str], *, is_media: bool = False) -> Any:
        try:
            return wait_for(self._fs.loop, self._answer, path, asked, is_media=is_media)
        except _errors() as error:
            raise web.told(error, f"bucket `{host}`") from error

    async def _answer(self, path: str, asked: dict[str, str], *, is_media: bool) -> Any:
        from yarl import URL

        session = await self._fs._set_session()
        base = self._fs.base
        if is_media:
            base = base.removesuffix("storage/v1/") + "download/storage/v1/"
        # Stored bytes are taken as they are: unpacked ones have neither the length nor the checksum.
        headers = {"Accept-Encoding": "gzip"} if is_media else {}
        return await session.get(
            URL(base + path, encoded=True).with_query(self._fs._get_params(asked)),
            headers=self._fs._get_headers(headers),
            timeout=web.timeouts(),
            auto_decompress=not is_media,
        )


class _GcsBody:
    def __init__(self, loop: Any, host: str, key: str, answer: Any) -> None:
        self._loop, self._host, self._answer = loop, host, answer
        headers = answer.headers
        sums = ",".join(headers.getall("X-Goog-Hash", []))
        found = dict(part.strip().split("=", 1) for part in sums.split(",") if "=" in part)
        stored = headers.get("X-Goog-Stored-Content-Length", "")
        self.entry = Entry(
            key=key,
            bytes=int(stored) if stored.isdigit() else answer.content_length,
            version=headers.get("X-Goog-Generation", ""),
            md5=md5_of(found.get("md5")),
        )

    def read(self, most: int) -> bytes:
        try:
            return read_from(self._loop, self._answer.content.read, most)
        except _errors() as error:
            raise web.told(error, f"bucket `{self._host}`") from error

    def after(self) -> None:
        """One answer is one version."""


def _listed(item: dict[str, Any]) -> Entry:
    updated = item.get("updated")
    return Entry(
        key=item["name"],
        bytes=int(item["size"]) if "size" in item else None,
        modified_ns=as_ns(datetime.fromisoformat(updated)) if updated else 0,
        version=str(item.get("generation", "")),
        md5=md5_of(item.get("md5Hash")),
    )


def _errors() -> tuple[type[Exception], ...]:
    """What the libraries raise; of a key file that is none, whatever it lacks."""
    from google.auth.exceptions import GoogleAuthError

    return (*web.errors(), GoogleAuthError, LookupError)


def _no_login(error: BaseException) -> Failure:
    failure = web.told(error, "Google Cloud Storage")
    if failure.kind == "odd":
        return Failure("denied", "the key file or token is not one of Google Cloud Storage")
    return failure
