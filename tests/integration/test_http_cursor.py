"""Reading behind a cursor: inclusive at its boundary, resumed after a kill, never doubled."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from andon.errors import TaskFailed
from andon.spec.origin import Paging
from andon.spec.source import SourceTable
from tests.apis import Reading, reading, table
from tests.servers.api import Api, serving, status

PAGINGS = {
    "link": (Paging(by="link"), ""),
    "cursor": (Paging(by="cursor", where="meta.next", parameter="cursor"), "data.items"),
    "next": (Paging(by="next", where="links.next"), "items"),
    "page": (Paging(by="page", parameter="page"), ""),
    "offset": (Paging(by="offset", parameter="offset"), ""),
}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        served.rows = [row(n) for n in range(1, 9)]
        yield served


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reading]:
    with reading(tmp_path) as made:
        yield made


def row(number: int, day: int | None = None) -> dict[str, Any]:
    return {"id": number, "updated": f"2026-01-{day or number:02}T00:00:00Z"}


def behind(
    api: Api,
    path: str = "link",
    *,
    key: tuple[str, ...] = (),
    mode: str = "append",
    **given: Any,
) -> SourceTable:
    paging, records = PAGINGS[path]
    return table(
        f"{api.url}/{path}",
        paging=paging,
        records=records,
        mode=mode,
        cursor="updated",
        cursor_parameter="since",
        key=key,
        **given,
    )  # fmt: skip


def ids(read: Reading, declared: SourceTable) -> list[int]:
    return sorted(found["id"] for found in read.rows(declared))


def test_only_what_is_new_is_added(api: Api, read: Reading) -> None:
    declared = behind(api)
    assert read.land(declared) == 3
    api.rows += [row(9), row(10)]
    assert read.land(declared) == 1
    assert api.asked()[-1] == "/link?since=2026-01-08T00%3A00%3A00Z"
    assert ids(read, declared) == list(range(1, 11))
    assert read.deliveries[-1].repeats == "1"


def test_asking_in_vain_leaves_nothing_behind(api: Api, read: Reading) -> None:
    declared = behind(api)
    read.land(declared)
    before = list(read.deliveries)
    assert read.land(declared) == 0
    assert read.deliveries == before
    assert len(api.requests) == 4


def test_a_record_that_comes_late_at_the_boundary_is_added(api: Api, read: Reading) -> None:
    declared = behind(api)
    read.land(declared)
    api.rows.append(row(77, day=8))
    read.land(declared)
    assert ids(read, declared) == [*range(1, 9), 77]


def test_equal_records_are_as_many_as_the_origin_has(api: Api, read: Reading) -> None:
    api.rows = [row(1), row(2), row(2), row(2), row(2)]
    declared = behind(api)
    read.land(declared)
    assert ids(read, declared) == [1, 2, 2, 2, 2]
    api.rows.append(row(2))
    read.land(declared)
    assert ids(read, declared) == [1, 2, 2, 2, 2, 2]


def test_with_a_key_the_same_state_of_it_is_there_once(api: Api, read: Reading) -> None:
    api.rows = [row(1), row(2), row(2), {**row(2), "seen": 5}, row(2, day=3)]
    declared = behind(api, key=("id",))
    read.land(declared)
    assert ids(read, declared) == [1, 2, 2]


def test_a_server_that_does_not_know_the_parameter_doubles_nothing(api: Api, read: Reading) -> None:
    declared = behind(api)
    declared = replace(declared, origin=replace(declared.origin, cursor_parameter="von"))
    read.land(declared)
    api.rows = [row(9), *api.rows]
    read.land(declared)
    assert ids(read, declared) == list(range(1, 10))


# With a lag, for records that come late.

TWO_DAYS = 2 * 86_400.0


@pytest.mark.parametrize(("key", "mode"), [((), "append"), (("id",), "append"), (("id",), "merge")])
def test_a_record_that_comes_late_is_found_within_the_lag_and_no_other_is_doubled(
    api: Api, read: Reading, key: tuple[str, ...], mode: str
) -> None:
    declared = behind(api, key=key, mode=mode, lag_s=TWO_DAYS)
    read.land(declared)
    api.rows += [row(77, day=6), row(78, day=5)]
    read.land(declared)
    assert api.requests[-1].query["since"] == "2026-01-06T00:00:00Z"
    assert ids(read, declared) == [*range(1, 9), 77]
    before = list(read.deliveries)
    assert read.land(declared) == 0
    assert read.deliveries == before


def test_without_a_key_equal_records_within_the_lag_are_as_many_as_the_origin_has(
    api: Api, read: Reading
) -> None:
    declared = behind(api, lag_s=TWO_DAYS)
    read.land(declared)
    api.rows += [row(7), row(7)]
    read.land(declared)
    assert ids(read, declared) == [1, 2, 3, 4, 5, 6, 7, 7, 7, 8]


def test_an_appended_record_whose_other_fields_change_within_the_lag_comes_once_with_a_key(
    api: Api, read: Reading
) -> None:
    keyed = behind(api, key=("id",), lag_s=TWO_DAYS)
    read.land(keyed)
    api.rows[6] = {**row(7), "state": "shut"}
    assert read.land(keyed) == 0


def test_an_appended_record_whose_other_fields_change_within_the_lag_comes_again_without_one(
    api: Api, read: Reading
) -> None:
    bare = behind(api, lag_s=TWO_DAYS)
    read.land(bare)
    api.rows[6] = {**row(7), "state": "shut"}
    read.land(bare)
    assert ids(read, bare) == [1, 2, 3, 4, 5, 6, 7, 7, 8]


def test_nothing_below_the_first_value_is_asked_for(api: Api, read: Reading) -> None:
    declared = behind(api, cursor_start="2026-01-07T00:00:00Z", lag_s=TWO_DAYS)
    read.land(declared)
    read.land(declared)
    assert {request.query["since"] for request in api.requests} == {"2026-01-07T00:00:00Z"}


def test_a_lag_on_a_cursor_that_nothing_can_be_taken_off_is_refused_before_a_page_counts(
    api: Api, read: Reading
) -> None:
    api.rows = [{"id": 1, "updated": "a"}]
    with pytest.raises(TaskFailed, match="nothing can be subtracted") as caught:
        read.land(behind(api, lag_s=5.0))
    assert (caught.value.code, read.deliveries) == ("SRC057", [])


@pytest.mark.parametrize("path", PAGINGS)
def test_a_reading_that_was_broken_off_goes_on_behind_its_last_page(
    api: Api, read: Reading, path: str
) -> None:
    declared = behind(api, path)
    read.land(declared, most=2)
    first = len(api.requests)
    read.land(declared)
    assert ids(read, declared) == list(range(1, 9))
    # The last page recorded, the one behind it, and an empty one where only that is the end.
    assert len(api.requests) - first == (3 if path in ("page", "offset") else 2)


def test_pages_that_moved_meanwhile_are_read_anew(api: Api, read: Reading) -> None:
    api.descending = True
    declared = behind(api)
    read.land(declared, most=2)
    api.rows.append(row(9))
    read.land(declared)
    assert ids(read, declared) == list(range(1, 10))


def test_a_page_that_is_no_longer_served_lets_reading_begin_anew(api: Api, read: Reading) -> None:
    declared = behind(api)
    read.land(declared, most=2)
    api.faults.append(status(410))
    read.land(declared)
    assert ids(read, declared) == list(range(1, 9))


def test_the_cursor_moves_only_when_a_reading_came_to_its_end(api: Api, read: Reading) -> None:
    """Newest first: the first page holds the greatest cursor, and the oldest rows come last."""
    api.descending = True
    declared = behind(api, "offset")
    for _ in range(6):
        read.land(declared, most=1)
        api.rows.append(row(len(api.rows) + 1))
    read.land(declared)
    assert ids(read, declared) == list(range(1, 15))


def test_parameters_that_change_begin_anew(api: Api, read: Reading) -> None:
    declared = behind(api)
    read.land(declared)
    other = replace(declared, origin=replace(declared.origin, parameters=(("state", "all"),)))
    read.land(other)
    assert "since" not in api.asked()[-1]
    assert ids(read, other) == list(range(1, 9))


def test_a_first_value_is_asked_for_at_first(api: Api, read: Reading) -> None:
    declared = behind(api)
    declared = replace(declared, origin=replace(declared.origin, cursor_start="2026-01-07"))
    read.land(declared)
    assert ids(read, declared) == [7, 8]


def test_an_api_without_records_is_an_empty_delivery_once(api: Api, read: Reading) -> None:
    api.rows = []
    declared = behind(api)
    assert read.land(declared) == 1
    assert read.land(declared) == 0
    api.rows = [row(1)]
    assert read.land(declared) == 1
    assert ids(read, declared) == [1]


def test_in_mode_merge_the_pages_keep_every_state(api: Api, read: Reading) -> None:
    declared = behind(api, key=("id",), mode="merge")
    read.land(declared)
    api.rows = [*api.rows[1:], {**row(1, day=9), "name": "new"}]
    read.land(declared)
    assert [one.repeats for one in read.deliveries] == ["", "", "", ""]
    assert read.land(declared) == 0


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row(1), {"id": 2}], "record 2 of page 1 of this reading has no `updated`"),
        (
            [row(1), {"id": 2, "updated": None}],
            "record 2 of page 1 of this reading has no `updated`",
        ),
        ([row(1), {"id": 2, "updated": 7}], "a number in one record and a text in another"),
        ([{"updated": "2026-01-01T00:00"}, row(1)], "a time zone in one record and none"),
        (
            [{"updated": [1]}],
            "record 1 of page 1 of this reading has a `updated` that is neither a number nor a text",
        ),
        ([1], "record 1 of page 1 of this reading is no object"),
    ],
)
def test_a_record_without_a_place_in_the_order_is_refused(
    api: Api, read: Reading, rows: list[Any], reason: str
) -> None:
    api.answer = lambda _: (200, {}, json.dumps(rows).encode())
    with pytest.raises(TaskFailed, match=reason) as caught:
        read.land(behind(api))
    assert caught.value.code == "SRC057"


@pytest.mark.parametrize("seed", range(12))
def test_readings_broken_off_anywhere_give_what_one_reading_gives(
    api: Api, read: Reading, seed: int
) -> None:
    chance = random.Random(seed)
    api.descending = chance.random() < 0.5
    api.rows = []
    lag_s = chance.choice([None, TWO_DAYS])
    paging, key = chance.choice(list(PAGINGS)), chance.choice([(), ("id",)])
    declared = behind(api, paging, key=key, lag_s=lag_s)
    is_equal = not declared.key
    for _ in range(10):
        for _ in range(chance.randrange(5)):
            number = len(api.rows) + 1
            day = max([int(r["updated"][8:10]) for r in api.rows], default=1)
            day = max(1, day + chance.randrange(-2 if lag_s else 0, 2))
            copies = chance.choice([1, 1, 2]) if is_equal else 1
            api.rows += [row(number, day=min(day, 28))] * copies
        read.land(declared, most=chance.choice([1, 2, 3, None]))
    read.land(declared)
    assert ids(read, declared) == sorted(found["id"] for found in api.rows)


@pytest.mark.parametrize("seed", range(8))
def test_merged_readings_broken_off_anywhere_end_with_the_state_of_the_origin(
    api: Api, read: Reading, seed: int
) -> None:
    chance = random.Random(100 + seed)
    api.descending = chance.random() < 0.5
    api.rows = []
    declared = behind(api, chance.choice(list(PAGINGS)), key=("id",), mode="merge")
    for day in range(1, 13):
        for _ in range(chance.randrange(6)):
            number = chance.randrange(1, 20)
            api.rows = [found for found in api.rows if found["id"] != number]
            api.rows.append({**row(number, day=day), "state": chance.randrange(99)})
        read.land(declared, most=chance.choice([1, 2, None]))
    read.land(declared)
    found = sorted(read.rows(declared), key=lambda one: int(one["id"]))
    assert found == sorted(api.rows, key=lambda one: int(one["id"]))
    assert read.land(declared) == 0
