"""fsspec's own thread, in which all asynchronous file systems run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from andon.sources.remote.failures import Failure

QUIET_S = 120
"""Seconds after which one step of a request is given up, if no library does so before. The bytes of
a file are asked for in steps too, so that a server that drips has an end."""

_TALKATIVE = ("fsspec", "s3fs", "gcsfs", "adlfs", "azure", "asyncssh", "sshfs", "aiobotocore")


def open_file_system(protocol: str, options: dict[str, Any]) -> Any:
    """A file system of its own, that keeps no listing: two looks ask twice."""
    import fsspec

    hush()
    kind = fsspec.get_filesystem_class(protocol)
    return kind(skip_instance_cache=True, use_listings_cache=False, **options)


def hush() -> None:
    """Keep the libraries from writing what is told as a problem, with whatever it may hold."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def wait_for(loop: Any, step: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What a call gives that has to be awaited, from any other thread.

    Raises:
        Unended: it does not end.
    """

    async def awaited() -> Any:
        return await step(*arguments, **named)

    future = asyncio.run_coroutine_threadsafe(awaited(), loop)
    try:
        return future.result(QUIET_S)
    except BaseException as error:
        if future.cancel() and isinstance(error, TimeoutError):
            raise Unended from error
        raise


def read_from(loop: Any, read: Callable[[int], Any], most: int) -> bytes:
    """The next bytes of a stream, as many as asked for unless the end comes first.

    Raises:
        Failure: they do not come in time, though a byte may come now and then.
    """
    try:
        chunk: bytes = wait_for(loop, _read_full, read, most)
    except Unended:
        raise Failure("busy", f"it sends fewer than {most:,} bytes in {QUIET_S:g} s") from None
    return chunk


class Unended(TimeoutError):
    """A step that did not end, as opposed to a library that lost its patience."""


async def _read_full(read: Callable[[int], Any], most: int) -> bytes:
    """The next bytes, as many as asked for unless the end comes first.

    A stream gives what has come until now, often little; each step to another thread costs more than
    copying it.
    """
    pieces: list[bytes] = []
    while most > 0 and (piece := await read(most)):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)
