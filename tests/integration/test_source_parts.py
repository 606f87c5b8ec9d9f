"""A raw table keeps stored parts where it can, and is the same whatever way its files came."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs
from msgspec.structs import replace

from andon.reading.stored.digest import hash_file
from tests.sourcing import NOON, Project, project, table, types

ALL = table("in/**/*.csv")
DAYS = {
    "in/d1.csv": b"id,at,amount\n1,2026-01-01,NA\n2,2026-01-01,5\n",
    "in/d2.csv": b"id,amount,note\n3,2.5,00501\n",
    "in/d3.csv": b"note,id\nx,4\n\n",
    "in/d4.csv": b"id,at,amount\n5,2026-01-04 10:00:00,7\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


def expected(folder: Path) -> tuple[dict[str, str], list[tuple[object, ...]]]:
    """Types and rows when all files come at once."""
    with project(folder) as other:
        for path, content in DAYS.items():
            other.put(path, content)
        other.arrive(ALL)
        raw = other.build(ALL)
        return types(raw), other.rows(raw)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_gives_the_same_table(shop: Project, seed: int) -> None:
    order = random.Random(seed).sample(sorted(DAYS), len(DAYS))
    prior, rows, found = None, [], {}
    for number, path in enumerate(order):
        shop.put(path, DAYS[path])
        shop.arrive(ALL, NOON + timedelta(days=number))
        raw = shop.build(ALL, prior)
        rows, found = shop.rows(raw), types(raw)
        prior = shop.keep(raw)
    assert (found, rows) == expected(shop.root / "other")
    assert found == {
        "id": "BIGINT", "at": "TIMESTAMP", "amount": "DOUBLE", "note": "VARCHAR",
    }  # fmt: skip


def test_a_day_loaded_twice_under_another_name_counts_once(shop: Project) -> None:
    shop.put("in/again/d1-copy.csv", DAYS["in/d1.csv"])
    shop.arrive(ALL)
    for path, content in DAYS.items():
        shop.put(path, content)
    shop.arrive(ALL, NOON + timedelta(days=1))
    raw = shop.build(ALL)
    assert len(shop.deliveries) == 5
    assert (types(raw), shop.rows(raw)) == expected(shop.root / "other")


def test_a_further_file_of_the_same_types_leaves_stored_parts_alone(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL))
    shop.put("in/2.csv", b"a\n2\n")
    shop.arrive(ALL)
    raw = shop.build(ALL, prior)
    assert raw.kept == prior.files
    assert [part.rows for part in raw.parts] == [1]
    assert raw.rows == 2


def test_a_wider_type_reads_all_files_again(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL))
    shop.put("in/2.csv", b"a\n2.5\n")
    shop.arrive(ALL)
    raw = shop.build(ALL, prior)
    assert raw.kept == ()
    assert [row[0] for row in shop.rows(raw)] == [1.0, 2.5]


def test_a_changed_file_replaces_its_rows_only(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    first = shop.keep(shop.build(ALL))
    shop.put("in/2.csv", b"a\n2\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL, first))
    shop.put("in/2.csv", b"a\n3\n4\n")
    shop.arrive(ALL, NOON + timedelta(days=1))
    raw = shop.build(ALL, prior)
    assert raw.kept == first.files
    assert [row[0] for row in shop.rows(raw)] == [1, 3, 4]


def test_a_part_from_which_a_check_moved_rows_is_read_again(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n2\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL))
    split = replace(prior, files=(structs.replace(prior.files[0], rows=1),))
    raw = shop.build(ALL, split)
    assert raw.kept == ()
    assert raw.rows == 2


def test_malformed_rows_stay_with_their_part(shop: Project) -> None:
    shop.put("in/1.csv", b"a,b\n" + b"1,1\n" * 200 + b"2\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL))
    raw = shop.build(ALL, prior)
    assert raw.parts == ()
    assert {file.role for file in raw.kept} == {"data", "aside"}
    assert (raw.rows, raw.set_aside) == (200, 1)


def test_parts_made_by_another_reading_are_not_kept(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    prior = shop.keep(shop.build(ALL))
    other = structs.replace(
        ALL, dialect=structs.replace(ALL.dialect, nulls=("1",)), columns=(("a", "BIGINT"),)
    )
    raw = shop.build(other, prior)
    assert raw.kept == ()
    assert [row[0] for row in shop.rows(raw)] == [None]


def test_what_a_person_set_aside_is_left_out(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.put("in/2.csv", b"a\nx\n")
    shop.arrive(ALL)
    shop.deliveries = [
        replace(d, state="set_aside") if d.path == "in/2.csv" else d for d in shop.deliveries
    ]
    assert [row[0] for row in shop.rows(shop.build(ALL))] == [1]


def test_known_facts_spare_reading_the_bytes_again(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    first = shop.build(ALL)
    again = shop.build(ALL)
    assert [identity for identity, _ in first.facts] == [shop.deliveries[0].id]
    assert again.facts == ()
    assert shop.rows(again) == [(1, "in/1.csv", 1)]


def test_hidden_files_and_broken_links_are_not_seen(shop: Project) -> None:
    shop.put("in/.hidden.csv", b"a\n9\n")
    shop.put("in/.git/x.csv", b"a\n9\n")
    shop.put("in/deep/er/1.csv", b"a\n1\n")
    (shop.root / "in" / "gone.csv").symlink_to("nowhere.csv")
    (shop.root / "in" / "loop").symlink_to(shop.root / "in", target_is_directory=True)
    found = shop.origin.look(ALL, (), None)
    assert [file.path for file in found.new] == ["in/deep/er/1.csv"]


def test_a_written_file_is_seen_by_time_or_size_and_a_quiet_one_is_not_read(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.put("in/2.csv", b"a\n2\n")
    shop.arrive(ALL)
    shop.put("in/2.csv", b"a\n22\n")
    (shop.root / "in" / "3.csv").write_bytes(b"a\n1\n")
    far = NOON.replace(year=2100)
    seen = shop.origin.look(ALL, shop.deliveries, far)
    assert (seen.new, [file.path for file in seen.changed]) == ((), ["in/2.csv"])
    assert [(file.path, same) for file, same in seen.repeated] == [("in/3.csv", "in/1.csv")]


def test_files_seen_for_the_first_time_are_hashed_where_they_may_repeat_one_another(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counted(path: Path) -> str:
        hashed.append(path.name)
        return hash_file(path)

    monkeypatch.setattr("andon.sources.local.files.hash_file", counted)
    same = b"a\n" + b"1\n" * 5000
    for name, content in {
        "copy.csv": same,
        "first.csv": same,
        "late.csv": same[:-2] + b"2\n",
        "other.csv": b"b" + same[1:],
        "short.csv": same[:-2],
    }.items():
        shop.put(f"in/{name}", content)
    found = shop.origin.look(ALL, (), None)
    assert hashed == ["copy.csv", "first.csv", "late.csv"]
    assert [file.path for file in found.new] == [
        f"in/{name}.csv" for name in ("copy", "late", "other", "short")
    ]
    assert [(file.path, same) for file, same in found.repeated] == [("in/first.csv", "in/copy.csv")]
    assert len(shop.arrive(ALL)) == 5


def test_a_change_that_keeps_time_and_size_is_found_while_the_file_is_young(shop: Project) -> None:
    shop.put("in/1.csv", b"a\n1\n")
    shop.arrive(ALL)
    stat = (shop.root / "in/1.csv").stat()
    shop.put("in/1.csv", b"a\n2\n")
    os.utime(shop.root / "in/1.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    moment = datetime.fromtimestamp(stat.st_mtime_ns / 1e9, UTC)
    young = shop.origin.look(ALL, shop.deliveries, moment + timedelta(seconds=1))
    old = shop.origin.look(ALL, shop.deliveries, moment + timedelta(seconds=3))
    assert ([f.path for f in young.changed], old.changed) == (["in/1.csv"], ())
