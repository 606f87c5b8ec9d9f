"""Remote files are compared by hints: the store's mark first, then length and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from andon.acquisition.deliveries.arrivals import Found
from andon.acquisition.deliveries.decide import arrived_with, compare, has_to_be_read
from andon.catalog.records import Delivery

RUN = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD_NS = int((RUN - timedelta(hours=1)).timestamp()) * 1_000_000_000


def found(path: str = "s3://b/a.csv", **changed: Any) -> Found:
    return replace(
        Found(path=path, bytes=5, modified_ns=OLD_NS, version="v1", is_exact=True), **changed
    )


def known(path: str = "s3://b/a.csv", **changed: Any) -> Delivery:
    made = Delivery(
        id=path, table="raw.t", path=path, content="c1", bytes=5, modified_ns=OLD_NS,
        version="v1", arrived_at=RUN, run_id="r",
    )  # fmt: skip
    return replace(made, **changed)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"version": "v2"}, True),
        ({"version": ""}, True),
        ({"modified_ns": OLD_NS + 1, "bytes": 9}, False),  # the mark decides
        ({"is_exact": False}, False),
        ({"is_exact": False, "bytes": 6}, True),
        ({"is_exact": False, "bytes": -1}, False),  # a length that is not told tells nothing
        ({"is_exact": False, "modified_ns": OLD_NS + 1}, True),
    ],
)
def test_the_mark_of_a_store_goes_before_length_and_time(
    change: dict[str, Any], expected: bool
) -> None:
    assert has_to_be_read(found(**change), known(), RUN) is expected


@pytest.mark.parametrize(("age_s", "expected"), [(0, True), (1.9, True), (2.1, False)])
def test_a_mark_made_of_the_time_is_no_reason_to_trust_a_young_file(
    age_s: float, expected: bool
) -> None:
    at_ns = int((RUN - timedelta(seconds=age_s)).timestamp() * 1_000_000_000)
    file = found(is_exact=False, modified_ns=at_ns)
    assert has_to_be_read(file, known(modified_ns=at_ns), RUN) is expected
    assert not has_to_be_read(replace(file, is_exact=True), known(modified_ns=at_ns), RUN)


def test_what_has_neither_mark_nor_time_has_to_be_read() -> None:
    nothing = found(is_exact=False, version="", modified_ns=0)
    assert has_to_be_read(nothing, known(version="", modified_ns=0), RUN)


def test_new_changed_and_vanished_are_told_apart_without_content() -> None:
    here = [found("b"), found("a", version="v2"), found("c")]
    arrivals = compare("raw.t", here, [known("a"), known("c"), known("d")], RUN)
    assert [file.path for file in arrivals.new] == ["b"]
    assert [file.path for file in arrivals.changed] == ["a"]
    assert (arrivals.vanished, arrivals.is_open) == (("d",), True)


def test_nothing_new_leaves_nothing_open() -> None:
    assert not compare("raw.t", [found()], [known()], RUN).is_open


def test_after_landing_same_bytes_are_repeated_or_no_change_at_all() -> None:
    before = [known("a"), known("b", content="c2")]
    landed = [known("a"), known("b", content="c3"), known("c"), known("d", content="c4")]
    arrived = arrived_with("raw.t", landed, before)
    assert [file.path for file in arrived.new] == ["d"]
    assert [file.path for file in arrived.changed] == ["b"]
    assert [(file.path, same) for file, same in arrived.repeated] == [("c", "a")]
    assert arrived.vanished == ()


def test_parts_of_a_sequence_are_new_however_alike() -> None:
    parts = [known("t#1", number=1), known("t#2", number=2)]
    assert len(arrived_with("raw.t", parts, [known("t#0", number=3)]).new) == 2
