"""One suite for every adapter of the port `Origin`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from andon.acquisition.deliveries.choose import choose
from andon.errors import TaskFailed, Unavailable
from andon.ports.origin import Batch, Origin
from tests.conformance.origins import (
    duckdb,
    files,
    growing,
    http,
    mysql,
    postgres,
    python,
    remote,
    sqlite,
)
from tests.conformance.origins.subject import Maker, Row, Subject
from tests.landing import NOON, Catalogued, catalogued

MAKERS: dict[str, Maker] = {
    **files.MAKERS,
    **remote.MAKERS,
    **postgres.MAKERS,
    **mysql.MAKERS,
    **sqlite.MAKERS,
    **duckdb.MAKERS,
    **http.MAKERS,
    **python.MAKERS,
    **growing.MAKERS,
}
PAGES = Path(__file__).parents[2] / "src" / "andon" / "pages"
ROWS: list[Row] = [(number, f"word {number}") for number in range(1, 8)]
MORE: list[Row] = [(number, f"more {number}") for number in range(8, 11)]


@pytest.fixture(params=list(MAKERS.values()), ids=list(MAKERS))
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Subject:
    make: Maker = request.param
    return make(request, tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Catalogued]:
    with catalogued(tmp_path) as made:
        yield made


def origin_of(subject: Subject, kept: Catalogued) -> Origin:
    return subject.origin(kept.store, lambda: kept.engine)


def test_rows_that_are_put_are_the_rows_of_the_table(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    kept.land(origin_of(subject, kept), subject.table)
    assert kept.read(subject.table) == ROWS


def test_looking_writes_nothing(subject: Subject, kept: Catalogued, tmp_path: Path) -> None:
    subject.put(ROWS)
    before = sorted(tmp_path.rglob("*"))
    found = origin_of(subject, kept).look(subject.table, (), None)
    assert found.is_open or found.new
    assert sorted(tmp_path.rglob("*")) == before


def test_bytes_are_kept_before_a_batch_is_given(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    origin = origin_of(subject, kept)
    arrivals = origin.look(subject.table, (), None)
    for batch in origin.land(subject.table, arrivals, (), "run", NOON):
        for one in batch.deliveries:
            content = kept.store.raw(one.content).read_bytes()
            assert (sha256(content).hexdigest(), len(content)) == (one.content, one.bytes)
    origin.close()


def test_the_same_rows_are_the_same_bytes(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    first = kept.land(origin_of(subject, kept), subject.table)
    kept.known = []
    again = kept.land(origin_of(subject, kept), subject.table)
    assert contents(again) == contents(first)


def test_a_second_look_brings_nothing_new(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    kept.land(origin_of(subject, kept), subject.table)
    known = list(kept.known)
    assert contents(kept.land(origin_of(subject, kept), subject.table)) == []
    assert kept.known == known


def test_reading_goes_on_from_what_is_known(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    kept.land(origin_of(subject, kept), subject.table)
    subject.put(MORE)
    kept.land(origin_of(subject, kept), subject.table)
    assert kept.read(subject.table) == ROWS + MORE


def test_a_process_that_died_after_any_batch_is_gone_on_from(
    subject: Subject, kept: Catalogued
) -> None:
    subject.put(ROWS)
    for _ in range(10):
        if not kept.land(origin_of(subject, kept), subject.table, most_batches=1):
            break
    assert kept.read(subject.table) == ROWS


def test_a_changed_row_is_read_again(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    kept.land(origin_of(subject, kept), subject.table)
    subject.change(3, "another word")
    kept.land(origin_of(subject, kept), subject.table)
    changed: Row = (3, "another word")
    others = [row for row in ROWS if row[0] != 3 or not subject.sees_changes]
    assert kept.read(subject.table) == sorted([*others, changed])


def test_the_order_of_records_does_not_matter(subject: Subject, kept: Catalogued) -> None:
    for rows in (ROWS, MORE):
        subject.put(rows)
        kept.land(origin_of(subject, kept), subject.table)
    wanted = kept.read(subject.table)
    random.Random(7).shuffle(kept.known)
    assert kept.read(subject.table) == wanted


def test_lost_bytes_are_given_back_or_said_to_be_gone(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    origin = origin_of(subject, kept)
    kept.land(origin, subject.table)
    load = choose(kept.known)[0]
    kept.store.raw(load.content).write_bytes(b"altered")
    assert origin.restore(subject.table, load) is subject.gives_back
    if subject.gives_back:
        assert sha256(kept.store.raw(load.content).read_bytes()).hexdigest() == load.content


def test_what_is_not_there_is_an_error_with_a_page_and_without_secrets(
    subject: Subject, kept: Catalogued
) -> None:
    subject.put(ROWS)
    subject.lose()
    with pytest.raises((TaskFailed, Unavailable)) as caught:
        kept.land(origin_of(subject, kept), subject.table)
    # What a function of the project raises has the code of functions.
    assert caught.value.code[:3] in ("SRC", "PYA")
    assert (PAGES / f"{caught.value.code}.md").is_file()
    assert not subject.secret or subject.secret not in str(caught.value)


def test_closing_twice_does_no_harm(subject: Subject, kept: Catalogued) -> None:
    subject.put(ROWS)
    origin = origin_of(subject, kept)
    kept.land(origin, subject.table)
    origin.close()
    assert contents(kept.land(origin, subject.table)) == []


def contents(batches: list[Batch]) -> list[str]:
    return [one.content for batch in batches for one in batch.deliveries]
