"""Of files that are written to continuously each complete record is in the table once."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.app.project import Project as Opened
from andon.app.wiring.wire import wire
from andon.errors import ProjectInvalid, TaskFailed
from andon.names import AssetName
from andon.project.load import load
from andon.sources.local import growing
from andon.spec.origin import FilesOrigin
from andon.spec.source import CsvDialect, SourceTable
from tests.factories import rows_of, write_project
from tests.sourcing import NOON, Project, project


def table(*paths: str, **declared: Any) -> SourceTable:
    origin = FilesOrigin(paths=paths, grows=True)
    return SourceTable(name=AssetName("raw.t"), source="raw", origin=origin, **declared)


LINES = table("logs/*.jsonl*", format="jsonl")
CSV = table("logs/*.csv")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        (tmp_path / "logs").mkdir()
        yield made


def append(shop: Project, name: str, content: bytes) -> None:
    with (shop.root / "logs" / name).open("ab") as stream:
        stream.write(content)


def arrive(shop: Project, declared: SourceTable) -> list[str]:
    """Paths of the parts that were landed."""
    return [delivery.path for delivery in shop.arrive(declared)]


def values(shop: Project, declared: SourceTable) -> list[Any]:
    """First value of each row, sorted."""
    return sorted(row[0] for row in shop.rows(shop.build(declared)))


def kept(shop: Project, at: int = -1) -> bytes:
    content: bytes = shop.store.raw(shop.deliveries[at].content).read_bytes()
    return content


def test_what_was_appended_is_a_delivery_of_its_own(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n{"n": 2}\n')
    assert arrive(shop, LINES) == ["logs/a.jsonl@0-18"]
    append(shop, "a.jsonl", b'{"n": 3}\n')
    assert arrive(shop, LINES) == ["logs/a.jsonl@18-27"]
    assert arrive(shop, LINES) == []
    assert kept(shop) == b'{"n": 3}\n'
    assert values(shop, LINES) == [1, 2, 3]


def test_a_last_line_without_end_waits(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n{"n"')
    arrive(shop, LINES)
    assert kept(shop) == b'{"n": 1}\n'
    append(shop, "a.jsonl", b": 2}")
    assert arrive(shop, LINES) == []
    append(shop, "a.jsonl", b"\n")
    assert arrive(shop, LINES) == ["logs/a.jsonl@9-18"]
    assert values(shop, LINES) == [1, 2]


def test_equal_lines_are_as_many_as_were_written(shop: Project) -> None:
    for _ in range(3):
        append(shop, "a.jsonl", b'{"n": 1}\n')
        append(shop, "b.jsonl", b'{"n": 1}\n')
        arrive(shop, LINES)
    assert values(shop, LINES) == [1] * 6


def test_the_header_belongs_to_each_part(shop: Project) -> None:
    append(shop, "a.csv", b'n,"te\nxt"\n1,a\n')
    arrive(shop, CSV)
    append(shop, "a.csv", b"2,b\n")
    assert arrive(shop, CSV) == ["logs/a.csv@14-18"]
    assert kept(shop) == b'n,"te\nxt"\n2,b\n'
    assert [row[:2] for row in shop.rows(shop.build(CSV))] == [(1, "a"), (2, "b")]


def test_without_a_header_nothing_is_put_before_a_part(shop: Project) -> None:
    bare = table("logs/*.csv", dialect=CsvDialect(header=False))
    append(shop, "a.csv", b"1,a\n")
    arrive(shop, bare)
    append(shop, "a.csv", b"2,b\n")
    arrive(shop, bare)
    assert kept(shop) == b"2,b\n"
    assert len(shop.rows(shop.build(bare))) == 2


def test_a_line_end_within_quotes_ends_no_record(shop: Project) -> None:
    append(shop, "a.csv", b'n,t\n1,"x\ny')
    assert arrive(shop, CSV) == ["logs/a.csv@0-4"]
    append(shop, "a.csv", b'\nz"\n2,b\n')
    arrive(shop, CSV)
    assert [row[1] for row in shop.rows(shop.build(CSV))] == ["x\ny\nz", "b"]


def test_a_file_that_was_truncated_is_landed_as_new_and_told(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n{"n": 2}\n')
    arrive(shop, LINES)
    (shop.root / "logs/a.jsonl").write_bytes(b'{"n": 3}\n')
    found = shop.origin_of(LINES).look(LINES, shop.deliveries, None)
    assert (found.anew, [file.path for file in found.changed]) == (
        ("logs/a.jsonl",), ["logs/a.jsonl@2:0-9"],
    )  # fmt: skip
    arrive(shop, LINES)
    append(shop, "a.jsonl", b'{"n": 4}\n')
    assert arrive(shop, LINES) == ["logs/a.jsonl@2:9-18"]
    assert values(shop, LINES) == [1, 2, 3, 4]


def test_a_file_that_was_replaced_by_a_longer_one_is_landed_as_new(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n')
    arrive(shop, LINES)
    (shop.root / "logs/new").write_bytes(b'{"n": 5}\n{"n": 6}\n')
    (shop.root / "logs/new").rename(shop.root / "logs/a.jsonl")
    assert arrive(shop, LINES) == ["logs/a.jsonl@2:0-18"]
    assert values(shop, LINES) == [1, 5, 6]


@pytest.mark.parametrize("rotate", [os.rename, shutil.copyfile])
def test_a_rotated_file_is_not_read_twice_and_its_last_lines_are_not_lost(
    shop: Project, rotate: Callable[[Path, Path], object]
) -> None:
    lines = [b'{"n": %d, "t": "%s"}\n' % (n, b"x" * 80) for n in range(100)]
    append(shop, "a.jsonl", b"".join(lines[:60]))
    arrive(shop, LINES)
    append(shop, "a.jsonl", b"".join(lines[60:70]))  # written after the last look
    rotate(shop.root / "logs/a.jsonl", shop.root / "logs/a.jsonl.1")
    (shop.root / "logs/a.jsonl").write_bytes(b"".join(lines[70:90]))
    arrive(shop, LINES)
    append(shop, "a.jsonl", b"".join(lines[90:]))
    arrive(shop, LINES)
    assert values(shop, LINES) == list(range(100))


def test_a_file_that_vanished_keeps_its_rows(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n')
    arrive(shop, LINES)
    (shop.root / "logs/a.jsonl").unlink()
    assert arrive(shop, LINES) == []
    assert values(shop, LINES) == [1]


def test_a_large_range_is_landed_in_parts_of_whole_records(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "_MOST_BYTES", 1000)
    append(shop, "a.jsonl", b"".join(b'{"n": %d}\n' % n for n in range(500)))
    assert len(arrive(shop, LINES)) > 4
    assert values(shop, LINES) == list(range(500))


def test_a_file_that_shrinks_while_it_is_landed_waits(shop: Project) -> None:
    append(shop, "a.jsonl", b'{"n": 1}\n{"n": 2}\n')
    origin = shop.origin_of(LINES)

    def truncated(step: str) -> None:
        if step == "stage":
            (shop.root / "logs/a.jsonl").write_bytes(b'{"n": 1}\n')

    shop.store._step = truncated
    assert list(origin.land(LINES, origin.look(LINES, (), None), (), "r", NOON)) == []
    shop.store._step = lambda _: None
    arrive(shop, LINES)
    assert values(shop, LINES) == [1]


def test_lost_bytes_of_a_part_are_landed_again_from_the_file(shop: Project) -> None:
    append(shop, "a.csv", b"n\n1\n")
    arrive(shop, CSV)
    append(shop, "a.csv", b"2\n")
    arrive(shop, CSV)
    append(shop, "a.csv", b"3\n")
    shop.store.raw(shop.deliveries[-1].content).write_bytes(b"n\n9\n")
    origin = shop.origin_of(CSV)
    shop.reader.restore(shop.deliveries, lambda load: origin.restore(CSV, load))
    assert kept(shop) == b"n\n2\n"


def test_of_lines_above_the_header_only_the_header_belongs_to_each_part(shop: Project) -> None:
    append(shop, "a.csv", b"# Made by the shop\n\nid,word,ms\n1,a,5\n2,b,6\n3,c,7\n")
    arrive(shop, CSV)
    append(shop, "a.csv", b"4,d,8\n")
    arrive(shop, CSV)
    raw = shop.build(CSV)
    assert [column.name for column in raw.schema.columns[:3]] == ["id", "word", "ms"]
    assert [row[:3] for row in shop.rows(raw)][-1] == (4, "d", 8)
    assert raw.rows == 4


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08\x00 not lines\n", "a\n".encode("utf-16")])
def test_a_file_that_cannot_be_read_in_parts_is_refused(shop: Project, content: bytes) -> None:
    append(shop, "a.jsonl", content)
    with pytest.raises(TaskFailed) as caught:
        arrive(shop, LINES)
    assert caught.value.code == "SRC068"


@pytest.mark.parametrize("content", [None, b"", b'{"n'])
def test_without_a_complete_line_there_is_no_table(shop: Project, content: bytes | None) -> None:
    if content is not None:
        append(shop, "a.jsonl", content)
    with pytest.raises(TaskFailed) as caught:
        arrive(shop, LINES)
    assert caught.value.code == "SRC001"


@pytest.mark.parametrize("seed", range(4))
def test_any_way_of_writing_and_looking_gives_what_was_written(shop: Project, seed: int) -> None:
    chance = random.Random(seed)
    text, written = b"", 0
    for number in range(60):
        text += b'%d,"a ""%s\n"\n' % (number, b"\n" * chance.randint(0, 2))
    append(shop, "a.csv", b"n,t\n")
    while written < len(text):
        size = chance.randint(1, 60)
        append(shop, "a.csv", text[written : written + size])
        written += size
        if chance.random() < 0.3:
            arrive(shop, CSV)
    arrive(shop, CSV)
    raw = shop.build(CSV)
    assert sorted(row[0] for row in shop.rows(raw)) == list(range(60))
    assert raw.set_aside == 0


# Without `grows`.


def test_a_file_that_grows_while_it_is_landed_is_recorded_with_the_bytes_that_were_kept(
    shop: Project,
) -> None:
    whole = SourceTable(
        name=AssetName("raw.t"), source="raw", origin=FilesOrigin(paths=("logs/*.jsonl",))
    )
    append(shop, "a.jsonl", b'{"n": 1}\n')
    shop.store._step = lambda step: (
        append(shop, "a.jsonl", b'{"n": 2}\n') if step == "stage" else None
    )
    (landed,) = shop.arrive(whole)
    shop.store._step = lambda _: None
    assert (landed.bytes, kept(shop)) == (18, b'{"n": 1}\n{"n": 2}\n')
    later = NOON + timedelta(days=36500)
    assert shop.origin.look(whole, shop.deliveries, later).changed == ()
    append(shop, "a.jsonl", b'{"n": 3}\n')
    assert len(shop.origin.look(whole, shop.deliveries, later).changed) == 1


# Through a whole run.

YAML = "tables:\n  t: {path: logs/*.jsonl, grows: true}\n"


def numbers(folder: Path) -> list[int]:
    return [row[0] for row in rows_of(folder, "select n from raw.t")]


def test_a_run_tells_what_began_anew(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"sources/raw.yml": YAML, "logs/a.jsonl": '{"n": 1}\n'})
    with andon.open(folder) as opened:
        opened.run()
        (folder / "logs/a.jsonl").write_text('{"n": 2}\n')
        report = opened.run()
        assert [warning.code for warning in report.warnings] == ["SRC069"]
        assert opened.run().status == "nothing"
    assert numbers(folder) == [1, 2]


def test_what_grew_and_what_is_whole_is_never_both_in_a_table(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"sources/raw.yml": YAML, "logs/a.jsonl": '{"n": 1}\n'})

    def run(text: str) -> Opened:
        (folder / "sources/raw.yml").write_text(text)
        with andon.open(folder) as opened:
            opened.run()
        return opened

    for text in (YAML, YAML.replace(", grows: true", ""), YAML):
        run(text)
        assert numbers(folder) == [1]


def test_a_run_for_another_reason_lands_no_line_again(tmp_path: Path) -> None:
    files = {
        "sources/raw.yml": "tables:\n  t: {path: logs/*.jsonl, grows: true}\n  o: {path: o.csv}\n",
        "logs/a.jsonl": '{"n": 1}\n',
        "o.csv": "id\n1\n",
    }
    write_project(tmp_path, files)
    for number in (2, 3):
        with andon.open(tmp_path) as project:
            assert project.run().status == "done"
        with (tmp_path / "logs/a.jsonl").open("a") as stream:
            stream.write(f'{{"n": {number}}}\n')
    with andon.open(tmp_path) as project:
        project.run()
    write_project(tmp_path, {"o.csv": "id\n1\n2\n"})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    write_project(tmp_path, {"sources/raw.yml": files["sources/raw.yml"].replace(
        "grows: true}", "grows: true, columns: {n: INTEGER}}"
    )})  # fmt: skip
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, "select n, _file from raw.t") == [
        (1, "logs/a.jsonl@0-9"),
        (2, "logs/a.jsonl@9-18"),
        (3, "logs/a.jsonl@18-27"),
    ]


def test_a_rollback_leaves_the_lines_where_they_are(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"sources/raw.yml": YAML, "logs/a.jsonl": '{"n": 1}\n'})
    with andon.open(folder) as opened:
        opened.run()
        for number in (2, 3):
            with (folder / "logs/a.jsonl").open("a") as stream:
                stream.write(f'{{"n": {number}}}\n')
            opened.run()
            if number == 2:
                opened.rollback()
    assert numbers(folder) == [1, 2, 3]


def test_a_failed_disk_takes_no_line(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"sources/raw.yml": YAML, "logs/a.jsonl": '{"n": 1}\n'})
    from andon.app.running.order import Order
    from andon.app.running.run import run

    spec = load(folder)

    def on_step(step: str) -> None:
        if step == "fsync_file":
            raise OSError(5, "broken")

    wired = wire(folder, spec, on_step=on_step)
    assert run(wired.tools, spec, Order(environment="prod")).status == "failed"
    wired.close()
    with andon.open(folder) as opened:
        opened.run()
    assert numbers(folder) == [1]


@pytest.mark.parametrize(
    "keys",
    [
        "path: logs/*.parquet",
        "path: logs/*.json",
        "path: logs/*",
        "path: logs/*.csv, encoding: utf-16",
        "path: 's3://shop/logs/*.csv'",
    ],
)
def test_files_that_cannot_be_read_in_parts_are_refused(tmp_path: Path, keys: str) -> None:
    text = f"tables:\n  t: {{{keys}, grows: true}}\n"
    with pytest.raises(ProjectInvalid) as caught:
        load(write_project(tmp_path, {"sources/raw.yml": text}))
    assert [problem.code for problem in caught.value.problems] == ["PRJ044"]
