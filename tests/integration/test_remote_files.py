"""Files of remote places: found by pattern, landed whole, told apart by what the place says of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project
from tests.remotes import Remote, source
from tests.sourcing import Project, project, table, types

LATER = datetime.now(UTC) + timedelta(hours=1)
"""A last run long after every file was written, so that its time is no reason to read it again."""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path / "shop") as made:
        yield made


def test_files_are_found_by_pattern_and_read_with_their_addresses(
    shop: Project, remote: Remote
) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    remote.put("in/b.csv", b"id\n2\n")
    remote.put("in/deep/c.csv", b"id\n3\n")
    remote.put("in/note.txt", b"no table")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    assert shop.read(declared) == [
        (1, remote.address("in/a.csv"), 1),
        (2, remote.address("in/b.csv"), 1),
    ]


def test_patterns_mean_what_they_mean_in_a_local_folder(shop: Project, remote: Remote) -> None:
    names = ["a1.csv", "b2.csv", ".h.csv", "x/a1.csv", "x/y/a1.csv", ".z/a1.csv", "x/a 1.csv"]
    for number, name in enumerate(names):
        remote.put(f"in/{name}", b"id\n%d\n" % number)
        shop.put(f"in/{name}", b"id\n%d\n" % number)
    for pattern in ("in/*.csv", "in/**/*.csv", "in/**/[ab]?.csv", "in/*/a1.csv", "in/.*.csv",
                    "in/?1.csv", "in/**/x/*.csv", "*/a1.csv", "in/x/a 1.csv", "in/.z/*.csv"):  # fmt: skip
        far = table(remote.address(pattern), settings=remote.settings)
        found = shop.origin_of(far).look(far, (), None)
        near = shop.origin.look(table(pattern), (), None)
        assert [file.path for file in found.new] == [
            remote.address(file.path) for file in near.new
        ], pattern


def test_a_look_reads_no_bytes_and_says_that_only_landing_tells(
    shop: Project, remote: Remote
) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    found = shop.origin_of(declared).look(declared, (), None)
    assert (found.is_open, [file.content for file in found.new]) == (True, [None])
    assert found.new[0].bytes == 5


def test_an_unchanged_file_is_not_asked_for_again(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    shop.arrive(declared)
    again = shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert (again.new, again.changed, again.is_open) == ((), (), False)


def test_a_changed_file_replaces_its_older_version(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    shop.arrive(declared)
    remote.put("in/a.csv", b"id\n1\n2\n")
    again = shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert [file.path for file in again.changed] == [remote.address("in/a.csv")]
    assert [row[0] for row in shop.read(declared)] == [1, 2]


def test_a_file_that_vanished_is_told_and_keeps_its_rows(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    remote.put("in/b.csv", b"id\n2\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    shop.arrive(declared)
    remote.remove("in/b.csv")
    again = shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert again.vanished == (remote.address("in/b.csv"),)
    assert len(shop.rows(shop.build(declared))) == 2


def test_nothing_at_all_is_told_as_for_local_files(shop: Project, remote: Remote) -> None:
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    with pytest.raises(andon.AndonError, match="nothing matches") as caught:
        shop.origin_of(declared).look(declared, (), None)
    assert caught.value.code == "SRC001"


def test_a_single_file_needs_no_listing(shop: Project, remote: Remote) -> None:
    remote.put("in/ä b+c%.csv", b"id\n1\n")
    declared = table(remote.address("in/ä b+c%.csv"), settings=remote.settings)
    assert shop.read(declared) == [(1, remote.address("in/ä b+c%.csv"), 1)]


def test_an_empty_and_a_large_file_come_whole(shop: Project, remote: Remote) -> None:
    lines = b"".join(b"%d,%s\n" % (n, b"x" * 90) for n in range(120_000))
    remote.put("in/large.csv", b"id,text\n" + lines)
    remote.put("in/empty.csv", b"id,text\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    landed = {Path(d.path).name: d.bytes for d in shop.arrive(declared)}
    assert landed == {"empty.csv": 8, "large.csv": len(lines) + 8}


def test_types_are_found_over_all_files_wherever_they_lie(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id,amount\n1,NA\n")
    remote.put("in/b.csv", b"amount,id,at\n2.5,2,2026-01-01\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    shop.arrive(declared)
    assert types(shop.build(declared)) == {"id": "BIGINT", "amount": "DOUBLE", "at": "DATE"}


def test_lost_bytes_are_landed_anew_while_the_file_is_there(shop: Project, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    declared = table(remote.address("in/*.csv"), settings=remote.settings)
    (landed,) = shop.arrive(declared)
    raw = shop.store.raw(landed.content)
    raw.write_bytes(b"id\n9\n")
    origin = shop.origin_of(declared)
    shop.reader.restore([landed], lambda load: origin.restore(declared, load))
    assert raw.read_bytes() == b"id\n1\n"


def test_a_run_asks_lands_and_then_has_nothing_to_do(tmp_path: Path, remote: Remote) -> None:
    remote.put("in/a.csv", b"id\n1\n")
    remote.put("in/b.csv", b"id\n2\n")
    write_project(tmp_path, {"sources/raw.yml": source(remote, "in/*.csv")})
    with andon.open(tmp_path) as made:
        assert made.plan().actions[0].verb == "build"
        assert made.run().status == "done"
    assert rows_of(tmp_path, "select id from raw.t order by id") == [(1,), (2,)]
    remote.put("in/c.csv", b"id\n3\n")
    with andon.open(tmp_path) as made:
        action = made.plan().actions[0]
        assert (action.verb, action.reasons[0]) == ("ask", "1 new file")
        assert made.run().status == "done"
    assert rows_of(tmp_path, "select count(*) from raw.t") == [(3,)]
