"""Many files at once: each is fetched, checked and landed by itself, and fails by itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import BinaryIO, TypeVar, cast

from msgspec import Struct

from andon.ports.table_store import TableStore
from andon.sources.remote.checked import CheckedStream
from andon.sources.remote.failures import Failure
from andon.sources.remote.place import Entry, Place
from andon.sources.remote.retries import retrying

T = TypeVar("T")
Target = tuple[str, str, str]
"""Name of a file, its host, its key."""

AT_ONCE = 16
"""Files on their way at a time; each holds a chunk or two in memory."""

BATCH_FILES = 256
BATCH_S = 2.0
"""A batch is recorded after so many files or seconds: what a killed run has to fetch again."""

GIVE_UP = 8
"""So many files in a row that cannot be reached: the rest is not tried."""


class Fetched(Struct, frozen=True, kw_only=True):
    """A file that was landed: what was told of its bytes, their SHA-256 and length."""

    entry: Entry
    content: str
    bytes: int


def fetch_one(place: Place, store: TableStore, host: str, key: str) -> Fetched:
    """Land one file; tried again while the failure may pass.

    Raises:
        Failure: it cannot be read whole; nothing of it was landed.
    """

    def once() -> Fetched:
        with place.open(host, key) as body:
            content, length = store.land(cast("BinaryIO", CheckedStream(body)))
            return Fetched(entry=body.entry, content=content, bytes=length)

    return retrying(once)


def fetch_all(
    place: Place, store: TableStore, targets: Sequence[Target]
) -> Iterator[list[tuple[str, Fetched | Failure]]]:
    """Land many files; results in the order asked for, in batches that are worth recording.

    When nothing can be reached any more the rest fails without being tried.
    """
    batch: list[tuple[str, Fetched | Failure]] = []
    since = time.monotonic()
    for name, result in _each(targets, lambda host, key: fetch_one(place, store, host, key)):
        batch.append((name, result))
        if len(batch) >= BATCH_FILES or time.monotonic() - since >= BATCH_S:
            yield batch
            batch, since = [], time.monotonic()
    if batch:
        yield batch


def look_all(
    place: Place, targets: Sequence[Target]
) -> Iterator[tuple[str, Entry | None | Failure]]:
    """What is told of each of many single files."""
    return _each(targets, lambda host, key: retrying(lambda: place.look(host, key)))


def _each(
    targets: Sequence[Target], ask: Callable[[str, str], T]
) -> Iterator[tuple[str, T | Failure]]:
    """Ask for each target in a bounded number of threads; answers come in order."""
    pool = ThreadPoolExecutor(min(AT_ONCE, len(targets)) or 1, thread_name_prefix="andon-remote")
    waiting: deque[tuple[str, Future[T]]] = deque()
    rest = iter(targets)
    away = 0
    last: Failure | None = None
    try:
        while True:
            ahead = islice(rest, AT_ONCE * 2 - len(waiting))
            waiting.extend((name, pool.submit(ask, host, key)) for name, host, key in ahead)
            if not waiting:
                return
            name, future = waiting.popleft()
            try:
                answer: T | Failure = future.result()
            except Failure as failure:
                answer = failure
            is_away = isinstance(answer, Failure) and answer.kind == "away"
            away = away + 1 if is_away else 0
            yield name, answer
            if isinstance(answer, Failure) and away >= GIVE_UP:
                last = answer
                break
        for name, future in waiting:
            future.cancel()
            yield name, last
        for name, _, _ in rest:
            yield name, last
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
