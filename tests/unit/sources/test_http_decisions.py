"""What decides how an API is read: the next page, the next attempt, the order of cursors."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andon.sources.http.arrived import Arrived, Landed, identity_of
from andon.sources.http.document import Malformed, dig, elements, scalar
from andon.sources.http.document import _children as children
from andon.sources.http.forms import form_of
from andon.sources.http.lag import earlier
from andon.sources.http.paging import (
    Seen,
    Step,
    address,
    first_step,
    next_link,
    next_step,
    without_parameter,
)
from andon.sources.http.progress import Mark, Unordered, is_before, mark_of, newest_of
from andon.sources.http.rate import Bucket
from andon.sources.http.redirects import Astray, Way
from andon.sources.http.retry import retry_after_s, wait_s
from andon.spec.origin import Paging

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("", ""),
        ("<a?x=1,2>; rel=next", "a?x=1,2"),
        ('<a>; rel="prev next"', "a"),
        ('<a>; rel="nextish", <b>; title="rel=next"; rel=last', ""),
        ('<a>;rel=last,<b>;REL="NEXT"', "b"),
        ('<a>; title="<b>; rel=next"; rel=last, <c>; rel=next', "c"),
        ('<a>; title=""; rel = next', "a"),
        ('<a>; title="; rel=next', "a"),
    ],
)
def test_the_link_to_the_next_page_is_found(header: str, target: str) -> None:
    assert next_link(header) == target


@pytest.mark.parametrize("piece", ["<", "<a", '<"', ";", '="', '; rel="', "; rel= ", " next"])
def test_a_header_of_a_megabyte_is_gone_through_once(piece: str) -> None:
    """What goes back for each `<` or quote would take hours."""
    for start in ("", "<a>;", '<a>; rel="'):
        assert next_link(start + piece * (1_000_000 // len(piece))) == ""


def test_a_way_leads_from_https_to_nothing_that_everybody_can_read() -> None:
    way = Way("https://a/b?c=1")
    assert way.goes_on(302, "//a/d", is_inner=True)
    assert way.at == "https://a/d"
    with pytest.raises(Astray, match="from https to http"):
        way.goes_on(302, "http://a/d", is_inner=True)


def test_a_way_that_was_outside_stays_outward() -> None:
    way = Way("http://a/")
    found = []
    for is_inner in (True, False, True):
        assert way.goes_on(307, "b", is_inner=is_inner)
        found.append(way.is_outward)
    assert found == [False, True, True]


def test_a_short_page_is_no_end_and_an_empty_one_is() -> None:
    by_page = Paging(by="page", parameter="p", size_parameter="n", size=100, first=0)
    by_offset = Paging(by="offset", parameter="o", size_parameter="n", size=100)
    seen = Seen(url="http://a/b", records=7)
    assert first_step(by_page) == Step(at=0)
    assert next_step(by_page, Step(at=0), seen) == Step(at=1)
    assert next_step(by_offset, Step(at=14), seen) == Step(at=21)
    assert next_step(by_page, Step(at=1), Seen(url="http://a/b")) is None
    assert next_step(by_offset, Step(at=21), Seen(url="http://a/b")) is None


@pytest.mark.parametrize("value", ["false", "null", '""', "0", ""])
def test_what_says_that_there_is_no_more_is_believed(value: str) -> None:
    paging = Paging(by="cursor", where="c", parameter="c", more="more")
    document = (
        f'{{"c": "x"{", " if value else ""}{f"{chr(34)}more{chr(34)}: {value}" if value else ""}}}'
    )
    assert next_step(paging, Step(), Seen(url="http://a", document=document.encode())) is None


def test_the_last_record_may_be_the_cursor() -> None:
    paging = Paging(by="cursor", where="data.-1.id", parameter="after")
    full, empty = b'{"data": [{"id": 1}, {"id": 22}]}', b'{"data": []}'
    assert next_step(paging, Step(), Seen(url="u", document=full)) == Step(cursor="22")
    assert next_step(paging, Step(), Seen(url="u", document=empty)) is None


def test_an_address_in_the_body_may_be_relative() -> None:
    paging = Paging(by="next", where="next")
    seen = Seen(url="http://a/v2/x?p=1", document=b'{"next": "/v2/x?p=2"}')
    step = next_step(paging, Step(), seen)
    assert step == Step(url="http://a/v2/x?p=2")
    assert address("http://a/v2/x", paging, Step(url="/v2/x?p=2"), {"q": "1"}) == (
        "http://a/v2/x?p=2"
    )


def test_one_parameter_is_taken_out_of_an_address() -> None:
    url = "http://a/b?k%65y=1&key=2&keys=3&x"
    assert without_parameter(url, "key") == "http://a/b?keys=3&x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0.0), (" 30 ", 30.0), ("-5", None), ("1.5", None), ("", None), ("soon", None),
     ("Thu, 01 Jan 2026 12:00:10 GMT", 10.0), ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0)],
)  # fmt: skip
def test_both_forms_of_retry_after_are_understood(text: str, expected: float | None) -> None:
    assert retry_after_s(text, NOON) == expected


@given(st.integers(1, 500), st.floats(0, 1), st.none() | st.floats(0, 1000))
def test_a_wait_is_bounded_and_never_shorter_than_asked(
    failures: int, roll: float, asked: float | None
) -> None:
    waited = wait_s(failures, 0.5, roll, asked)
    assert (asked or 0) <= waited <= (asked or 0) + 30


@given(st.floats(0.01, 100), st.lists(st.floats(0, 5), max_size=30))
def test_requests_are_never_closer_than_the_rate_allows(rate: float, gaps: list[float]) -> None:
    bucket, now, sent = Bucket(rate), 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.take(now)
        sent.append(now)
    assert all(b - a >= 1 / rate - 1e-6 for a, b in pairwise(sent))


@given(VALUES, st.sampled_from([None, 2]))
def test_a_document_that_is_nested_too_deeply_is_parted_as_any_other(
    value: object, indent: int | None
) -> None:
    """The slow way of parting gives what the fast one gives."""
    members = {"list": [value, 1, value], "": value}
    text = json.dumps(members, indent=indent).encode()
    found = {json.loads(key): json.loads(part) for key, part in children(text)}
    assert found == members
    listed = json.dumps([value, {}, value], indent=indent).encode()
    assert [json.loads(part) for _, part in children(listed)] == [value, {}, value]
    assert [json.loads(bytes(part)) for part in elements(listed)] == [value, {}, value]


@pytest.mark.parametrize("text", [b"[1", b'{"a": "x', b"[1] 2", b'{"a": [[}', b"[1, 2"])
def test_a_broken_document_is_malformed_in_the_slow_way_too(text: bytes) -> None:
    with pytest.raises(Malformed):
        list(children(text))


def test_a_path_leads_nowhere_without_harm() -> None:
    document = b'{"a": [{"b": null}], "c": "text"}'
    assert dig(document, "a.0.b.c") is None
    assert dig(document, "a.7.b") is None
    assert dig(document, "c.x") is None
    assert scalar(dig(document, "a.0.b")) is None
    assert scalar(dig(document, "c")) == "text"


@pytest.mark.parametrize(
    ("declared", "header", "body", "expected"),
    [
        ("csv", "application/json", b"[]", "csv"),
        (None, "application/vnd.api+json; charset=utf-8", b"x", "json"),
        (None, "text/plain", b' \n{"a": 1}', "json"),
        (None, "text/plain", b"a,b", None),
        (None, "application/x-ndjson", b"{}", "jsonl"),
        (None, "", b"", None),
    ],
)
def test_the_format_is_declared_or_told(
    declared: str | None, header: str, body: bytes, expected: str | None
) -> None:
    assert form_of(declared, header, body) == expected  # type: ignore[arg-type]


def mark(value: str | float) -> Mark:
    return mark_of(json.dumps({"c": value}).encode(), "c")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (9, 10),
        (1.5, 2),
        (12345678901234567890, 12345678901234567891),
        ("9", "10"),
        ("0009", "00010"),
        ("2026-01-01", "2026-01-01T00:00:01"),
        ("2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.500Z"),
        ("abc", "abd"),
        ("12ab", "13ab"),
    ],
)
def test_cursors_are_ordered_by_what_they_are(one: str | float, other: str | float) -> None:
    assert is_before(mark(one), mark(other))
    assert not is_before(mark(other), mark(one))
    assert newest_of([mark(other), None, mark(one)]) == mark(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, "1"), ("2026-01-01", "2026-01-01T00:00:00Z"), ("2026-01-01", "x"), ("99", "100a")],
)
def test_cursors_of_different_kinds_have_no_order(one: str | float, other: str | float) -> None:
    with pytest.raises(Unordered):
        is_before(mark(one), mark(other))


@pytest.mark.parametrize(
    ("text", "lag", "expected"),
    [
        ("2026-03-01T00:01:00Z", 300.0, "2026-02-28T23:56:00Z"),
        ("2026-03-01T00:01:00.500+02:00", 0.25, "2026-03-01T00:01:00.250+02:00"),
        ("2026-03-01 00:01:00", 60.0, "2026-03-01 00:00:00"),
        ("2026-03-01T00:01:00.123456789Z", 1.0, "2026-03-01T00:00:59.123456000Z"),
        ("2026-03-01T00:01Z", 30.0, "2026-03-01T00:00Z"),
        ("2026-03-01T000130Z", 60.0, "2026-03-01T000030Z"),
        ("2026-03-01", 3600.0, "2026-02-28"),
        ("0001-01-01T00:00:01Z", 60.0, "0001-01-01T00:00:00Z"),
        ("00120", 30.0, "00090"),
        ("10", 30.0, "0"),
    ],
)
def test_a_text_that_is_a_time_or_a_number_is_spelled_as_before_when_a_lag_is_taken_off(
    text: str, lag: float, expected: str
) -> None:
    assert earlier(Mark(text=text), lag) == Mark(text=expected)


@pytest.mark.parametrize(
    ("text", "expected"), [("100", "99"), ("1.5", "1.0"), ("-3", "-4"), ("1e2", "99.5")]
)
def test_a_lag_is_taken_off_a_number_in_its_units_and_never_less_than_declared(
    text: str, expected: str
) -> None:
    assert earlier(Mark(text=text, is_number=True), 0.5) == Mark(text=expected, is_number=True)


def test_nothing_can_be_taken_off_another_text() -> None:
    with pytest.raises(Unordered):
        earlier(Mark(text="page-7"), 1.0)


@given(st.datetimes(min_value=datetime(1900, 1, 1)), st.floats(0, 1e8))  # noqa: DTZ001  (a time without a zone)
def test_what_a_lag_is_taken_off_is_never_later_than_declared(moment: datetime, lag: float) -> None:
    text = moment.isoformat(timespec="milliseconds")
    early = datetime.fromisoformat(earlier(Mark(text=text), lag).text)
    left = (datetime.fromisoformat(text) - early).total_seconds()
    assert lag - 1e-6 <= left < lag + 0.002


@given(VALUES, VALUES)
def test_records_are_the_same_if_their_values_are(one: object, other: object) -> None:
    spelled = [
        json.dumps({"a": one, "b": other}).encode(),
        json.dumps({"b": other, "a": one}, indent=1, ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        ),
    ]
    assert identity_of(spelled[0], ()) == identity_of(spelled[1], ())
    swapped = json.dumps({"a": other, "b": one}).encode()
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (identity_of(spelled[0], ()) == identity_of(swapped, ())) == is_same


def test_digits_beyond_a_number_are_told_apart() -> None:
    assert identity_of(b'{"a": 1.00}', ()) != identity_of(b'{"a": 1.0000000000000000001}', ())
    assert identity_of(b'{"a": 1}', ()) != identity_of(b'{"a": "1"}', ())
    assert identity_of(b'{"a": 1, "b": 2}', ("a",)) == identity_of(b'{"a": 1}', ("a",))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=8), st.data())
def test_what_is_left_out_is_what_arrived_before(
    held: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Of equal records as many are new as there are more of them than before."""
    added = data.draw(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=8))
    shown = data.draw(st.permutations([*held, *added]))

    def identities(rows: list[tuple[int, int]]) -> list[bytes]:
        return [f"{a}/{b}".encode() for a, b in rows]

    parts = [
        Landed(
            high=newest_of(Mark(text=str(a)) for a, _ in part),
            identities=lambda part=part: identities(part),  # type: ignore[misc]
        )
        for part in (held[:3], held[3:])
    ]
    arrived = Arrived(parts, is_set=False)
    new: list[tuple[int, int]] = []
    for start in range(0, len(shown), 3):
        page = shown[start : start + 3]
        marks = [Mark(text=str(a)) for a, _ in page]
        left_out = arrived.repeats(marks, identities(page))
        new += [row for number, row in enumerate(page, start=1) if number not in left_out]
    assert Counter(new) == Counter(added)
