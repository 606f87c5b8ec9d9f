"""What is pushed is kept byte for byte, and what was told to be kept is never lost."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.app.sourcing.push import LONGEST_LINE, Kept, Push, pushable
from andon.app.wiring.wire import wire
from andon.catalog.records import Delivery
from andon.errors import TaskFailed, Unavailable, UsageError
from andon.project.load import load
from tests.factories import andon_command, child_environment, rows_of, run_andon, write_project

FILES = {
    "sources/raw.yml": "connection: {kind: push}\ntables:\n  events: {limit: 50%}\n",
    "sources/other.yml": "tables: {orders: {path: orders.csv}}\n",
    "sources/two.yml": "connection: {kind: push}\ntables: {a: {}, b: {}}\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_project(tmp_path, FILES)


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Both ends of a pipe; who writes closes the second one."""
    ours, theirs = os.pipe()
    yield ours, theirs
    os.close(ours)


def push(project: Project, content: bytes, **options: int) -> list[Kept]:
    """Push bytes through a pipe; what was told after each chunk."""
    told: list[Kept] = []
    with pipe() as (ours, theirs):

        def write() -> None:
            with os.fdopen(theirs, "wb") as stream:
                stream.write(content)

        writer = threading.Thread(target=write)
        writer.start()
        project.sources.push("raw.events", ours, tell=told.append, **options)  # type: ignore[arg-type]  # whole numbers all
        writer.join()
    return told


def parts(folder: Path) -> list[Delivery]:
    """What is recorded, in order."""
    with andon.open(folder) as project:
        found = project._session.wired(project.spec).tools.catalog.deliveries("raw.events")
    return sorted(found, key=lambda delivery: delivery.number)


def kept_bytes(folder: Path) -> bytes:
    """What is recorded and durable, joined."""
    places = (folder / ".andon/raw" / p.content[:2] / p.content for p in parts(folder))
    return b"".join(place.read_bytes() for place in places)


LINES = b"".join(b'{"n": %d, "text": "%s"}\n' % (n, b"x" * (n % 90)) for n in range(5000))


def test_a_stream_is_kept_byte_for_byte_in_chunks_of_whole_lines(folder: Path) -> None:
    with andon.open(folder) as project:
        told = push(project, LINES, most_bytes=50_000)
    assert kept_bytes(folder) == LINES
    assert (told[-1].documents, told[-1].bytes) == (5000, len(LINES))
    assert len(told) == len(parts(folder)) > 3
    raw = folder / ".andon/raw"
    assert all(
        (raw / p.content[:2] / p.content).read_bytes().endswith(b"}\n") for p in parts(folder)
    )


def test_the_next_run_reads_what_was_pushed(folder: Path) -> None:
    with andon.open(folder) as project:
        push(project, b'{"n": 1}\n')
        project.run("raw.events")
        push(project, b'{"n": 2}\n{"n": 2}\n')
        project.run("raw.events")
    rows = rows_of(folder, "select n, _file, _row from raw.events")
    assert rows == [
        (1, "raw.events.jsonl#1", 1),
        (2, "raw.events.jsonl#2", 1),
        (2, "raw.events.jsonl#2", 2),
    ]


def test_equal_chunks_are_as_many_as_came(folder: Path) -> None:
    with andon.open(folder) as project:
        for _ in range(3):
            push(project, b'{"n": 1}\n')
        project.run("raw.events")
    assert rows_of(folder, "select n from raw.events") == [(1,), (1,), (1,)]


@pytest.mark.parametrize(
    ("content", "documents"),
    [
        (b"", 0),
        (b"\n \n", 0),
        (b'{"a":1}', 1),
        (b'\n{"a":1}\r\n\n{"a":2}', 2),
        (b"\xff\xfe broken\n", 1),
        (b'{"a":"' + b"x" * 3_000_000 + b'"}\n{"a":1}\n', 2),
    ],
)
def test_whatever_comes_is_kept_and_counted_by_line(
    folder: Path, content: bytes, documents: int
) -> None:
    with andon.open(folder) as project:
        told = push(project, content, most_bytes=1_000_000)
    assert kept_bytes(folder) == content
    assert (told[-1].documents if told else 0) == documents


@pytest.mark.parametrize(
    ("content", "broken"),
    [
        (b'{"a":1}\n [1, 2]\n7\n', 2),
        (b'"text"', 1),
        (b'\xef\xbb\xbf{"a":1}\n\t {"a":2}\r\n\n', 0),
        (b" " * 3_000_000 + b'{"a":1}\n' + b" " * 3_000_000 + b"[1]\n", 1),
    ],
)
def test_what_is_no_object_is_kept_and_told_at_once(
    folder: Path, content: bytes, broken: int
) -> None:
    with andon.open(folder) as project:
        told = push(project, content, most_bytes=1_000_000)
    assert kept_bytes(folder) == content
    assert told[-1].broken == broken


def test_the_command_tells_of_what_is_no_object(folder: Path) -> None:
    (folder / "in.jsonl").write_text("[1,2]\n")
    told = run_andon(folder, "source", "push", "raw.events", str(folder / "in.jsonl"))
    assert told.stdout == (
        "kept 1 document, 6 bytes; 1 is no JSON object, and a run sets such aside\n"
    )


def test_a_line_without_an_end_is_given_up_and_nothing_before_it_is_lost(folder: Path) -> None:
    with andon.open(folder) as project, pipe() as (ours, theirs):

        def write() -> None:
            with suppress(BrokenPipeError), os.fdopen(theirs, "wb") as stream:
                stream.write(b'{"a":1}\n{"a":2}\n' + b"x" * (LONGEST_LINE + (1 << 20)))

        writer = threading.Thread(target=write)
        writer.start()
        with pytest.raises(TaskFailed, match="no line end in 64 MB") as caught:
            project.sources.push("raw.events", ours, longest_s=600)
        while os.read(ours, 1 << 20):
            pass
        writer.join()
    assert caught.value.code == "SRC072"
    assert kept_bytes(folder) == b'{"a":1}\n{"a":2}\n'


def test_a_broken_line_stops_nothing_and_is_set_aside_by_the_run(folder: Path) -> None:
    with andon.open(folder) as project:
        push(project, b'{"n": 1}\n{broken\n{"n": 3}\n')
        assert project.run("raw.events").status == "done"
        (aside,) = project.failing("raw.events")
    assert rows_of(folder, "select n from raw.events") == [(1,), (3,)]
    assert "not valid JSON" in str(aside.rows)


def test_a_chunk_is_kept_when_it_is_old_while_the_stream_goes_on(folder: Path) -> None:
    told: list[Kept] = []
    with andon.open(folder) as project, pipe() as (ours, theirs):
        seen = threading.Event()

        def tell(kept: Kept) -> None:
            told.append(kept)
            seen.set()

        def write() -> None:
            os.write(theirs, b'{"n": 1}\n{"n"')
            assert seen.wait(30)
            os.write(theirs, b": 2}\n")
            os.close(theirs)

        writer = threading.Thread(target=write)
        writer.start()
        project.sources.push("raw.events", ours, longest_s=0.2, tell=tell)
        writer.join()
    assert [kept.documents for kept in told] == [1, 2]
    assert kept_bytes(folder) == b'{"n": 1}\n{"n": 2}\n'


def test_streams_at_once_into_one_table_lose_nothing(folder: Path) -> None:
    def pushing() -> None:
        with andon.open(folder) as project:
            push(project, LINES, most_bytes=40_000)

    threads = [threading.Thread(target=pushing) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = parts(folder)
    assert len({p.number for p in found}) == len(found)
    assert sorted(kept_bytes(folder).splitlines()) == sorted(LINES.splitlines() * 3)


def test_a_rollback_does_not_take_away_what_nobody_can_send_again(folder: Path) -> None:
    with andon.open(folder) as project:
        for number in (1, 2):
            push(project, b'{"n": %d}\n' % number)
            project.run("raw.events")
        project.rollback()
        push(project, b'{"n": 3}\n')
        project.run("raw.events")
    assert rows_of(folder, "select n from raw.events") == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("name", "code"),
    [("raw.evnts", "SRC060"), ("other.orders", "SRC066"), ("two", "SRC066")],
)
def test_a_stream_goes_into_one_table_that_is_declared_for_it(
    folder: Path, name: str, code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        pushable(load(folder), name)
    assert caught.value.code == code


# Before anything was pushed.


def test_a_table_with_declared_columns_is_empty_until_something_is_pushed(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "sources/raw.yml": "connection: {kind: push}\ntables:\n"
            "  events: {columns: {n: INTEGER, seen: TIMESTAMP}}\n",
            "assets/m/count.sql": "select count(n) as n, max(seen) as newest from raw.events\n",
        },
    )
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
        assert project.query("from raw.events").rows == ()
        assert project.query("from m.count").rows == ((0, None),)
        assert project.run().status == "nothing"
        push(project, b'{"n": 7, "seen": "2026-03-01T08:00:00"}\n')
        assert project.run().status == "done"
        assert project.query("select n, hour(seen) from raw.events").rows == ((7, 8),)
        assert project.query("select n from m.count").rows == ((1,),)


def test_columns_of_a_contract_make_an_empty_table_too(tmp_path: Path) -> None:
    contract = (
        "kind: DataContract\napiVersion: v3.1.0\nid: e\nname: e\nversion: 1.0.0\nstatus: active\n"
        "schema:\n  - name: events\n    properties:\n"
        "      - {name: n, logicalType: integer, physicalType: INTEGER}\n"
    )
    write_project(
        tmp_path,
        {
            "sources/raw.yml": "connection: {kind: push}\ntables:\n  events: {contract: c.yml}\n",
            "c.yml": contract,
        },
    )
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
        found = project.query("from raw.events")
    assert (found.rows, found.columns[0]) == ((), "n")


def test_a_table_without_columns_that_nobody_reads_waits_and_the_rest_is_published(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**FILES, "orders.csv": "id\n1\n"})
    with andon.open(tmp_path) as project:
        first = project.run()
        again = project.run()
    assert (first.status, first.exit_code, again.status) == ("done", 0, "nothing")
    assert [moved.asset for moved in first.publication.changes] == ["other.orders"]  # type: ignore[union-attr]  # there is one
    for report in (first, again):
        told = {p.what for p in report.warnings if p.code == "SRC065"}
        assert told == {
            f"nothing was pushed into `{t}` yet" for t in ("raw.events", "two.a", "two.b")
        }


def test_a_table_without_columns_that_somebody_reads_fails_with_its_readers_alone(
    tmp_path: Path,
) -> None:
    write_project(
        tmp_path,
        {**FILES, "orders.csv": "id\n1\n", "assets/m/a.sql": "select 1 as x from raw.events\n"},
    )
    with andon.open(tmp_path) as project:
        report = project.run()
    outcomes = {outcome.asset: outcome for outcome in report.outcomes}
    assert outcomes["raw.events"].problems[0].code == "SRC065"
    assert (outcomes["m.a"].word, outcomes["other.orders"].word) == ("held", "built")
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("number", "error"), [(errno.ENOSPC, Unavailable), (errno.EIO, TaskFailed)]
)
def test_a_disk_that_fails_takes_nothing_that_was_told(
    folder: Path, number: int, error: type[Exception]
) -> None:
    spec, steps, told = load(folder), 0, list[Kept]()

    def on_step(step: str) -> None:
        nonlocal steps
        steps += step == "fsync_file"
        if steps > 3:
            raise OSError(number, os.strerror(number))

    wired = wire(folder, spec, on_step=on_step)
    (folder / "in").write_bytes(LINES)
    stream = os.open(folder / "in", os.O_RDONLY)
    table = pushable(spec, "raw")
    one = Push(wired.tools, table, most_bytes=50_000, tell=told.append)
    with pytest.raises(error):
        one.read(stream)
    os.close(stream)
    wired.close()
    assert kept_bytes(folder) == LINES[: told[-1].bytes]
    assert len(told) == 3


# As a process.


def start(folder: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*andon_command(folder, "source", "push", "raw.events"), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
    )


def test_kill_9_takes_nothing_that_was_told(folder: Path) -> None:
    for round_ in range(2):
        child = start(folder, "--jsonl", "--seconds", "0.1")
        assert child.stdin is not None
        assert child.stdout is not None
        before, told = len(kept_bytes(folder)), 0
        lines = LINES.splitlines(keepends=True)
        for at in range(0, 300, 100):
            child.stdin.write(b"".join(lines[at : at + 100]))
            child.stdin.flush()
            told = json.loads(child.stdout.readline())["bytes"]
        child.stdin.write(b"".join(lines[300:400]))
        child.stdin.flush()
        time.sleep(random.Random(round_).random() * 0.2)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kept = kept_bytes(folder)[before:]
        assert len(kept) >= told > 0
        assert LINES.startswith(kept)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_keeps_what_was_read(folder: Path, number: int, code: int) -> None:
    child = start(folder, "--jsonl", "--seconds", "0.2")
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b'{"n": 1}\n')
    child.stdin.flush()
    child.stdout.readline()
    child.stdin.write(b'{"n": 2}\n{"n')
    child.stdin.flush()
    time.sleep(0.15)
    child.send_signal(number)
    child.wait(30)
    out = child.stdout.read()
    child.communicate()
    assert child.returncode == code
    assert kept_bytes(folder) == b'{"n": 1}\n{"n": 2}\n{"n'
    assert json.loads(out.splitlines()[-1])["documents"] == 3


def test_a_reader_of_the_answers_that_goes_away_stops_nothing(folder: Path) -> None:
    child = start(folder, "--seconds", "0.1")
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdout.close()
    for number in range(3):
        child.stdin.write(b'{"n": %d}\n' % number)
        child.stdin.flush()
        time.sleep(0.2)
    child.stdin.close()
    assert child.wait(30) == 0
    assert child.stderr is not None
    child.stderr.close()
    assert kept_bytes(folder) == b'{"n": 0}\n{"n": 1}\n{"n": 2}\n'
