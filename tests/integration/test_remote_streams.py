"""Bytes end only if they are whole, and what may pass is tried a bounded number of times."""

from __future__ import annotations

from hashlib import md5

import pytest

from andon.sources.remote.checked import CheckedStream
from andon.sources.remote.failures import Failure, told
from andon.sources.remote.place import Entry
from andon.sources.remote.retries import retrying

CONTENT = b"id\n1\n"


class Pieces:
    """A body that gives one byte at a time."""

    def __init__(self, entry: Entry, content: bytes = CONTENT, after: Entry | None = None) -> None:
        self.entry, self._left, self._after = entry, content, after

    def read(self, most: int) -> bytes:  # noqa: ARG002
        piece, self._left = self._left[:1], self._left[1:]
        return piece

    def after(self) -> Entry | None:
        return self._after


def entry(**told_of: object) -> Entry:
    return Entry(key="a.csv", **{"bytes": len(CONTENT), **told_of})  # type: ignore[arg-type]


def drain(body: Pieces) -> bytes:
    stream, found = CheckedStream(body), b""
    while chunk := stream.read(1 << 20):
        found += chunk
    return found


def test_whole_bytes_pass() -> None:
    digest = md5(CONTENT, usedforsecurity=False).hexdigest()
    assert drain(Pieces(entry(md5=digest))) == CONTENT


@pytest.mark.parametrize("content", [b"", CONTENT[:-1], CONTENT + b"2"])
def test_another_length_than_was_told_is_broken(content: bytes) -> None:
    with pytest.raises(Failure, match=f"{len(content)} of 5 bytes arrived") as caught:
        drain(Pieces(entry(), content))
    assert caught.value.kind == "broken"


def test_another_checksum_is_broken_though_the_length_is_right() -> None:
    with pytest.raises(Failure, match="another checksum") as caught:
        drain(Pieces(entry(md5="0" * 32)))
    assert caught.value.kind == "broken"


@pytest.mark.parametrize("other", [{"bytes": 6}, {"version": "v2"}, {"modified_ns": 2}])
def test_what_is_told_otherwise_at_the_end_has_changed(other: dict[str, object]) -> None:
    first = {"version": "v1", "modified_ns": 1}
    with pytest.raises(Failure, match="changes while it is read") as caught:
        drain(Pieces(entry(**first), after=entry(**{**first, **other})))
    assert caught.value.kind == "changed"


def test_what_is_not_told_at_the_end_is_no_change() -> None:
    first = entry(version="v1", modified_ns=1)
    assert drain(Pieces(first, after=entry(bytes=None))) == CONTENT


@pytest.mark.parametrize(
    ("kind", "attempts"), [("busy", 5), ("away", 5), ("broken", 5), ("denied", 1), ("gone", 1)]
)
def test_only_what_may_pass_is_tried_again(kind: str, attempts: int) -> None:
    asked: list[str] = []
    waits: list[float] = []

    def ask() -> None:
        asked.append(kind)
        raise Failure(kind, "no")  # type: ignore[arg-type]

    with pytest.raises(Failure):
        retrying(ask, sleep=waits.append)
    assert len(asked) == attempts
    assert waits == sorted(waits)
    assert sum(waits) < 10


def test_a_place_that_asks_to_be_left_alone_is() -> None:
    waits: list[float] = []
    answers = iter([Failure("busy", "no", wait_s=7.0), None])

    def ask() -> str:
        if (failure := next(answers)) is not None:
            raise failure
        return "yes"

    assert retrying(ask, sleep=waits.append) == "yes"
    assert waits == [7.0]


def test_files_that_failed_alike_are_one_problem() -> None:
    failed = [(f"s3://b/{n}", Failure("denied", "no")) for n in range(5)]
    error = told([*failed, ("s3://b/x", Failure("busy", "not now"))])
    assert [problem.code for problem in error.problems] == ["SRC022", "SRC024"]
    assert "`s3://b/2` and 2 more cannot be read" in error.problems[0].what
    assert not error.is_transient
