"""Containers of Azure Blob Storage, through the client that adlfs makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from andon.acquisition.patterns import Search
from andon.sources.remote import place
from andon.sources.remote.failures import Failure, not_installed, unless_gone
from andon.sources.remote.loop import open_file_system, wait_for
from andon.sources.remote.place import Body, Entry
from andon.sources.remote.times import as_ns, md5_of

_PIECE = 4 << 20
"""Bytes of one request; the client would take 32 MB at once, for each of many files."""


class AzurePlace:
    """Implements `Place` for Azure. Every write gives a blob another ETag.

    Args:
        options: of adlfs.
    """

    is_exact = True

    def __init__(self, options: dict[str, Any]) -> None:
        try:
            import adlfs  # noqa: F401
        except ImportError:
            raise not_installed("adlfs", "azure") from None
        try:
            self._fs = open_file_system("abfs", options)
        except _errors() as error:
            raise Failure("denied", "`account`, `key` or `token` is not one of Azure") from error
        # Smaller pieces need less memory. It is no public setting: without it, pieces are large.
        config = getattr(self._fs.service_client, "_config", None)
        if config is not None:
            config.max_single_get_size = config.max_chunk_get_size = _PIECE

    def find(self, host: str, search: Search) -> Iterator[Entry]:
        """Blobs below the search's folder, page by page."""
        client = self._fs.service_client.get_container_client(host)
        asked = {
            "name_starts_with": search.folder + search.start,
            "results_per_page": place.PAGE,
            "retry_total": 0,
        }
        listed = client.list_blobs if search.is_deep else client.walk_blobs
        pages = listed(**asked).by_page()
        while True:
            page = self._wait(host, _next_page, pages)
            if page is None:
                return
            # What stands for a folder has no length.
            yield from (_entry(item.name, item) for item in page if hasattr(item, "etag"))

    def look(self, host: str, key: str) -> Entry | None:
        """One blob by its properties."""
        blob = self._fs.service_client.get_blob_client(host, key)
        return unless_gone(
            lambda: _entry(key, self._wait(host, blob.get_blob_properties, retry_total=0))
        )

    @contextmanager
    def open(self, host: str, key: str) -> Iterator[Body]:
        """The bytes of a blob; the client asks for every piece by the tag of the first."""
        blob = self._fs.service_client.get_blob_client(host, key)
        stream = self._wait(host, blob.download_blob, max_concurrency=1, retry_total=0)
        yield _AzureBody(self, host, key, stream)

    def read(self, host: str, stream: Any, most: int) -> bytes:
        """The next bytes of a download."""
        chunk: bytes = self._wait(host, stream.read, most)
        return chunk

    def _wait(self, host: str, step: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return wait_for(self._fs.loop, step, *arguments, **named)
        except _errors() as error:
            raise _told(error, host) from error


class _AzureBody:
    def __init__(self, place: AzurePlace, host: str, key: str, stream: Any) -> None:
        self._place, self._host, self._stream = place, host, stream
        self.entry = _entry(key, stream.properties)

    def read(self, most: int) -> bytes:
        return self._place.read(self._host, self._stream, most)

    def after(self) -> None:
        """All pieces are of one version."""


async def _next_page(pages: Any) -> list[Any] | None:
    try:
        page = await pages.__anext__()
    except StopAsyncIteration:
        return None
    return [item async for item in page]


def _entry(key: str, properties: Any) -> Entry:
    return Entry(
        key=key,
        bytes=properties.size,
        modified_ns=as_ns(properties.last_modified),
        version=(properties.etag or "").strip('"'),
        md5=md5_of(properties.content_settings.content_md5),
    )


def _errors() -> tuple[type[Exception], ...]:
    """What the library raises; anything else is a fault of Andon."""
    from azure.core.exceptions import AzureError

    return (AzureError, OSError, ValueError)


def _told(error: BaseException, host: str) -> Failure:
    from azure.core import exceptions as azure

    what = f"container `{host}`"
    code = str(getattr(error, "error_code", "") or "")
    status = getattr(error, "status_code", None) or 0
    if isinstance(error, azure.ClientAuthenticationError) or status in (401, 403):
        return Failure("denied", f"{what} refuses it ({code or status or 'no login'})")
    if "Container" in code and status == 404:
        return Failure("absent", f"there is no {what}")
    if isinstance(error, azure.ResourceNotFoundError) or status == 404:
        return Failure("gone", "it is not there any more")
    if isinstance(error, azure.ResourceModifiedError) or status == 412:
        return Failure("changed", "it changes while it is read")
    if isinstance(error, azure.IncompleteReadError):
        return Failure("broken", "the connection broke before all bytes arrived")
    if isinstance(error, azure.ServiceRequestError):
        return Failure("away", f"the server of {what} cannot be reached")
    if isinstance(error, azure.ServiceResponseError | TimeoutError):
        return Failure("busy", f"the server of {what} does not answer in time")
    if status in (408, 429) or status >= 500:
        return Failure("busy", f"{what} answers {status}")
    return Failure("odd", f"{what}: {code or type(error).__name__}")
