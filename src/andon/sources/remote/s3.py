"""Buckets of S3 and what speaks like it, through s3fs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from andon.acquisition.patterns import Search
from andon.sources.remote import place, web
from andon.sources.remote.failures import Failure, Kind, not_installed, unless_gone
from andon.sources.remote.loop import open_file_system, read_from, wait_for
from andon.sources.remote.place import Body, Entry
from andon.sources.remote.times import as_ns, is_md5

_CODES: dict[str, Kind] = {
    "AccessDenied": "denied",
    "AllAccessDisabled": "denied",
    "AuthorizationHeaderMalformed": "denied",
    "ExpiredToken": "denied",
    "InvalidAccessKeyId": "denied",
    "InvalidToken": "denied",
    "RequestTimeTooSkewed": "denied",
    "SignatureDoesNotMatch": "denied",
    "401": "denied",
    "403": "denied",
    "NoSuchBucket": "absent",
    "PermanentRedirect": "absent",
    "301": "absent",
    "NoSuchKey": "gone",
    "404": "gone",
    "InvalidObjectState": "odd",
    "InternalError": "busy",
    "OperationAborted": "busy",
    "RequestLimitExceeded": "busy",
    "RequestTimeout": "busy",
    "ServiceUnavailable": "busy",
    "SlowDown": "busy",
    "Throttling": "busy",
    "ThrottlingException": "busy",
    "TooManyRequests": "busy",
}
_AWAY = ("EndpointConnectionError", "ConnectTimeoutError", "ConnectionClosedError")
_CUT = ("ClientPayloadError", "IncompleteReadError", "ResponseStreamingError", "ReadTimeoutError")
_NAMELESS = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")


class S3Place:
    """Implements `Place` for S3. One request gives one version, whatever is written meanwhile.

    Args:
        options: of s3fs.
    """

    is_exact = True

    def __init__(self, options: dict[str, Any]) -> None:
        try:
            import s3fs  # noqa: F401
        except ImportError:
            raise not_installed("s3fs", "s3") from None
        try:
            self._fs = open_file_system("s3", options)
            self._fs.retries = 1
        except _errors() as error:
            raise _told(error, "") from error

    def find(self, host: str, search: Search) -> Iterator[Entry]:
        """Objects below the search's folder, a thousand per request."""
        asked = {
            "Bucket": host,
            "Prefix": search.folder + search.start,
            "MaxKeys": place.PAGE,
            **({} if search.is_deep else {"Delimiter": "/"}),
        }
        while True:
            page = self._call(host, "list_objects_v2", asked)
            for item in page.get("Contents", ()):
                yield Entry(
                    key=item["Key"],
                    bytes=item["Size"],
                    modified_ns=as_ns(item.get("LastModified")),
                    version=item.get("ETag", ""),
                )
            if not page.get("IsTruncated"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]

    def look(self, host: str, key: str) -> Entry | None:
        """One object by its headers."""
        return unless_gone(
            lambda: _entry(key, self._call(host, "head_object", {"Bucket": host, "Key": key}))
        )

    @contextmanager
    def open(self, host: str, key: str) -> Iterator[Body]:
        """The bytes of an object as one stream."""
        answer = self._call(host, "get_object", {"Bucket": host, "Key": key})
        try:
            yield _S3Body(self._fs.loop, host, key, answer)
        finally:
            answer["Body"].close()

    def _call(self, host: str, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = wait_for(self._fs.loop, self._fs._call_s3, method, **asked)
        except _errors() as error:
            raise _told(error, host) from error
        return answer


class _S3Body:
    def __init__(self, loop: Any, host: str, key: str, answer: dict[str, Any]) -> None:
        self._loop, self._host = loop, host
        self._stream = answer["Body"]
        self.entry = _entry(key, answer)

    def read(self, most: int) -> bytes:
        try:
            return read_from(self._loop, self._stream.read, most)
        except _errors() as error:
            raise _told(error, self._host) from error

    def after(self) -> None:
        """One answer is one version."""


def _entry(key: str, answer: dict[str, Any]) -> Entry:
    etag = answer.get("ETag", "")
    plain = etag.strip('"')
    # Of an object in parts, or with a key of its own, the tag is no checksum.
    has_key = answer.get("ServerSideEncryption", "").startswith("aws:")
    is_sum = is_md5(plain) and not has_key and not answer.get("SSECustomerAlgorithm")
    return Entry(
        key=key,
        bytes=answer.get("ContentLength"),
        modified_ns=as_ns(answer.get("LastModified")),
        version=etag,
        md5=plain if is_sum else "",
    )


def _errors() -> tuple[type[Exception], ...]:
    """What the libraries raise; anything else is a fault of Andon."""
    from botocore.exceptions import BotoCoreError, ClientError

    return (*web.errors(), BotoCoreError, ClientError)


def _told(error: BaseException, host: str) -> Failure:
    """Failures of the libraries below, looked for through what they were raised from."""
    what = f"bucket `{host}`" if host else "S3"
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Failure):
            return seen
        code = str(getattr(seen, "response", {}).get("Error", {}).get("Code", ""))
        if code:
            return _by_code(code, seen, what)
        name = type(seen).__name__
        if name in _NAMELESS:
            return Failure("denied", f"no credentials were found for {what}")
        if name in _AWAY or name.startswith("ClientConnector"):
            return Failure("away", f"the server of {what} cannot be reached")
        if name in _CUT:
            return Failure("broken", "the connection broke before all bytes arrived")
        if isinstance(seen, TimeoutError):
            return Failure("busy", f"the server of {what} does not answer in time")
        seen = seen.__cause__ or seen.__context__
    return Failure("odd", f"{what}: {type(error).__name__}")


def _by_code(code: str, error: BaseException, what: str) -> Failure:
    status = getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _CODES.get(code)
    if kind is None:
        kind = "busy" if status >= 500 or status == 429 else "denied" if status == 403 else "odd"
    if kind == "absent":
        return Failure(kind, f"there is no {what} ({code})")
    if kind == "gone":
        return Failure(kind, "it is not there any more")
    if kind == "denied":
        return Failure(kind, f"{what} refuses it ({code})")
    return Failure(kind, f"{what} answers {code}")
