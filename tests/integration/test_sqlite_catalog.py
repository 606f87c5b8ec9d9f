"""The SQLite catalog among processes, threads, forks, and where it may not write."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import pytest

from andon.catalog.use import Read
from andon.errors import DataCorrupt, Denied, Unavailable
from andon.stores.sqlite import migrate
from andon.stores.sqlite.catalog import SqliteCatalog
from andon.stores.sqlite.place import network_kind
from andon.stores.steps import CATALOG_STEPS
from tests.conformance.catalog_records import NOW, add, publish, snapshot
from tests.integration.catalog_worker import commit_of

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def start(path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.catalog_worker", str(path), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stderr=subprocess.PIPE,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "catalog.sqlite"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Be a user who may read the folder, not write it."""
    folder.chmod(0o555)
    if os.geteuid() == 0:
        os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        if os.getresuid()[2] == 0:
            os.setresuid(0, 0, 0)
        folder.chmod(0o755)


def test_eight_processes_commit_at_once_and_none_fails(path: Path) -> None:
    workers = [start(path, f"w{n}", "15") for n in range(8)]
    told = [worker.communicate(timeout=120)[1].decode() for worker in workers]
    assert [w.returncode for w in workers] == [0] * 8, told
    catalog = SqliteCatalog(path)
    numbers = [p.number for p in catalog.publications("prod", 1000)]
    assert numbers == list(range(120, 0, -1))
    times = [at for _, at, _ in catalog.events()]
    assert times == sorted(set(times))
    assert len(times) == 120
    catalog.close()


@pytest.mark.parametrize("step", CATALOG_STEPS)
def test_a_kill_at_any_step_of_a_commit_leaves_all_or_nothing(path: Path, step: str) -> None:
    worker = start(path, "w", "3", step)
    worker.communicate(timeout=60)
    assert worker.returncode == -9
    catalog = SqliteCatalog(path)
    landed = 3 if step == "commit_after" else 2
    assert len(catalog.publications("prod", 9)) == len(catalog.events()) == landed
    assert len(catalog.snapshots()) == 2 * landed
    assert catalog.state("prod").pointers["m.w_a"].snapshot_id == f"w-{landed - 1}-a"
    catalog.commit(commit_of("w", 9), datetime.now(UTC))
    assert catalog.state("prod").publication == landed + 1
    catalog.close()
    with sqlite3.connect(path) as raw:
        assert raw.execute("pragma integrity_check").fetchone() == ("ok",)
    raw.close()


def test_threads_of_one_process_share_a_catalog(path: Path) -> None:
    catalog = SqliteCatalog(path)
    threads = [
        threading.Thread(target=catalog.commit, args=(commit_of(f"t{n}", 0), NOW)) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalog.state("prod").publication == 8
    catalog.close()


def test_no_connection_crosses_a_fork(path: Path) -> None:
    catalog = SqliteCatalog(path)
    catalog.commit(commit_of("parent", 0), NOW)
    child = os.fork()
    if child == 0:
        inherited = len(catalog._connections._idle)
        try:
            catalog.commit(commit_of("child", 0), NOW)
        finally:
            os._exit(inherited)
    catalog.commit(commit_of("parent", 1), NOW)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert catalog.state("prod").publication == 3
    catalog.close()


def test_recorded_time_goes_on_when_the_clock_jumps_back(path: Path) -> None:
    catalog = SqliteCatalog(path)
    for turn, jump in enumerate((0, -3600, -7200)):
        catalog.commit(commit_of("w", turn), NOW + timedelta(seconds=jump))
    times = [p.at for p in catalog.publications("prod", 9)]
    assert times == [NOW + timedelta(microseconds=2), NOW + timedelta(microseconds=1), NOW]
    assert catalog.publication_at("prod", NOW) == 1
    catalog.close()


def test_waiting_for_another_writer_ends_with_a_transient_error(path: Path) -> None:
    catalog = SqliteCatalog(path, busy_s=0.3)
    catalog.commit(add(snapshot("s1")), NOW)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(Unavailable, match="busy") as error:
        catalog.commit(add(snapshot("s2")), NOW)
    assert error.value.code == "CAT002"
    assert [s.id for s in catalog.snapshots()] == ["s1"]
    other.close()
    catalog.commit(add(snapshot("s2")), NOW)
    catalog.close()


def test_a_catalog_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteCatalog(path).commit(add(snapshot("s1")), NOW)
    raw = sqlite3.connect(path)
    raw.execute("pragma user_version = 99")
    raw.close()
    catalog = SqliteCatalog(path)
    with pytest.raises(Denied, match="version 99; this Andon knows up to 3") as error:
        catalog.state("prod")
    assert error.value.code == "CAT006"
    catalog.close()


@pytest.mark.parametrize("content", [b"no database, just text" * 99, b""])
def test_a_file_that_is_no_catalog_is_damaged_and_an_empty_one_is_new(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    catalog = SqliteCatalog(path)
    if content:
        with pytest.raises(DataCorrupt, match="CAT008"):
            catalog.commit(add(snapshot("s1")), NOW)
    else:
        catalog.commit(add(snapshot("s1")), NOW)
        assert len(catalog.snapshots()) == 1
    catalog.close()


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    path.parent.mkdir()
    raw = sqlite3.connect(path)
    raw.executescript("create table mine (a); pragma user_version = 1;")
    raw.close()
    with pytest.raises(DataCorrupt, match="CAT008"):
        SqliteCatalog(path).state("prod")


def test_the_known_version_is_the_newest_migration() -> None:
    numbers = [number for number, _ in migrate.migrations()]
    assert numbers == list(range(1, migrate.KNOWN_VERSION + 1))


@pytest.mark.parametrize("version", range(1, migrate.KNOWN_VERSION))
def test_an_older_catalog_is_brought_up_to_date_and_loses_nothing(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        known = migrate.migrations()[:version]
        older.setattr(migrate, "KNOWN_VERSION", version)
        older.setattr(migrate, "migrations", lambda: known)
        catalog = SqliteCatalog(path)
        catalog.commit(commit_of("w", 0), NOW)
        before = (catalog.state("prod"), catalog.snapshots(), catalog.events())
        catalog.close()
    catalog = SqliteCatalog(path)
    assert (catalog.state("prod"), catalog.snapshots(), catalog.events()) == before
    assert catalog.slices("w-0-a") == ()
    since = catalog.counting_since()
    assert since is not None
    assert since >= datetime(2026, 3, 1, tzinfo=UTC)
    note_a_read(catalog)
    assert [one.count for one in catalog.reads(NOW.date())] == [1]
    catalog.close()


def test_a_year_of_reads_takes_a_row_for_each_day_and_reader(path: Path) -> None:
    catalog = SqliteCatalog(path)
    for _ in range(50):
        note_a_read(catalog)
    note_a_read(catalog, NOW + timedelta(days=1))
    with catalog._connections.lend() as connection:
        found = connection.execute("select asset, reader, reads from reads").fetchall()
    assert found == [("marts.a", "ana", 50), ("marts.a", "ana", 1)]
    catalog.close()


def test_a_read_goes_uncounted_where_another_writer_is_in_the_way(path: Path) -> None:
    catalog = SqliteCatalog(path, busy_s=600)
    catalog.commit(add(snapshot("s1")), NOW)
    other = sqlite3.connect(path, isolation_level=None)
    with catalog.pin(["s1"], "a reader") as noted:
        noted.append(Read(asset="marts.a", reader="ana", at=NOW))
        other.execute("begin immediate")
    other.close()
    assert list(catalog.reads(NOW.date())) == []
    assert catalog.pinned() == frozenset()
    catalog.close()


def test_a_read_goes_uncounted_where_the_right_to_write_is_taken_meanwhile(path: Path) -> None:
    catalog = SqliteCatalog(path)
    with catalog.pin(["s1"], "a reader") as noted:
        noted.append(Read(asset="marts.a", reader="ana", at=NOW))
        catalog._connections.read_only = True
    assert list(catalog.reads(NOW.date())) == []
    catalog.close()


def test_who_may_not_write_reads_uncounted(path: Path) -> None:
    SqliteCatalog(path).commit(add(snapshot("s1")), NOW)
    reader = SqliteCatalog(path, read_only=True)
    note_a_read(reader)
    assert list(reader.reads(NOW.date())) == []
    reader.close()


def note_a_read(catalog: SqliteCatalog, at: datetime = NOW) -> None:
    with catalog.pin(["s1"], "a reader") as noted:
        noted.append(Read(asset="marts.a", reader="ana", at=at))


def test_reading_creates_nothing(path: Path) -> None:
    for read_only in (True, False):
        catalog = SqliteCatalog(path, read_only=read_only)
        assert catalog.state("prod").publication == 0
        assert catalog.pinned() == frozenset()
        catalog.close()
    assert not path.parent.exists()


def test_a_catalog_opened_for_reading_denies_writes_and_sees_those_of_others(path: Path) -> None:
    reader, writer = SqliteCatalog(path, read_only=True), SqliteCatalog(path)
    writer.commit(commit_of("w", 0), NOW)
    assert reader.state("prod").publication == 1
    writer.commit(commit_of("w", 1), NOW)
    assert reader.state("prod").publication == 2
    with pytest.raises(Denied) as error:
        reader.commit(add(snapshot("s1")), NOW)
    assert error.value.code == "CAT004"
    with reader.pin(["s1"], "a reader without rights"):
        assert writer.pinned() == frozenset()
    reader.close()
    writer.close()


def test_a_read_only_folder_is_readable_and_denies_writes(open_folder: Path) -> None:
    path = open_folder / "catalog.sqlite"
    writer = SqliteCatalog(path)
    writer.commit(commit_of("w", 0), NOW)
    writer.close()
    with without_rights(open_folder):
        catalog = SqliteCatalog(path)
        assert catalog.state("prod").publication == 1
        with pytest.raises(Denied, match="CAT004"):
            catalog.commit(add(snapshot("s1")), NOW)
        with catalog.pin(["w-0-a"], "a reader"):
            assert catalog.pinned() == frozenset()
        catalog.close()


def test_a_read_only_folder_shows_what_a_live_writer_adds(open_folder: Path) -> None:
    path = open_folder / "catalog.sqlite"
    worker = SqliteCatalog(path)
    worker.commit(commit_of("w", 0), NOW)
    with without_rights(open_folder):
        reader = SqliteCatalog(path)
        assert reader.state("prod").publication == 1
    worker.commit(commit_of("w", 1), NOW)
    with without_rights(open_folder):
        assert reader.state("prod").publication == 2
        reader.close()
    worker.close()


def test_a_folder_that_may_not_be_entered_is_denied(open_folder: Path) -> None:
    path = open_folder / "state" / "catalog.sqlite"
    SqliteCatalog(path).commit(add(snapshot("s1")), NOW)
    path.parent.chmod(0)
    with without_rights(open_folder), pytest.raises(Denied, match="CAT004"):
        SqliteCatalog(path).state("prod")
    path.parent.chmod(0o755)


def test_a_journal_that_may_not_be_replayed_is_an_error_not_an_old_state(
    open_folder: Path,
) -> None:
    path = open_folder / "catalog.sqlite"
    start(path, "w", "2", "commit_after").communicate(timeout=60)
    path.with_name("catalog.sqlite-shm").unlink()
    with without_rights(open_folder):
        catalog = SqliteCatalog(path)
        with pytest.raises(Denied, match="CAT009"):
            catalog.state("prod")
    assert catalog.state("prod").publication == 2
    catalog.close()


def test_a_full_disk_changes_nothing_and_may_be_repeated(path: Path) -> None:
    catalog = SqliteCatalog(path)
    catalog.commit(commit_of("w", 0), NOW)
    with catalog._connections.lend() as connection:
        (pages,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {pages}")
    large = tuple(snapshot(f"s{n}") for n in range(200))
    with pytest.raises(Unavailable, match="full") as error:
        catalog.commit(add(*large), NOW)
    assert error.value.code == "CAT002"
    assert len(catalog.snapshots()) == 2
    catalog.close()
    catalog.commit(add(*large), NOW)
    assert len(catalog.snapshots()) == 202
    catalog.close()


def test_a_network_file_system_is_refused_with_the_other_way_named(path: Path) -> None:
    mounts = path.parents[1] / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/home {path.parents[1]} nfs4 rw 0 0\n")
    catalog = SqliteCatalog(path, mounts=mounts)
    with pytest.raises(Denied) as error:
        catalog.commit(add(snapshot("s1")), NOW)
    assert error.value.code == "CAT007"
    assert "PostgreSQL" in error.value.problems[0].fix
    assert not path.exists()


def test_the_deepest_mount_decides() -> None:
    mounts = "h:/a /home nfs rw 0 0\n/dev/b /home/me\\040too ext4 rw 0 0\n"
    assert network_kind(PurePosixPath("/home/you"), mounts) == "nfs"
    assert network_kind(PurePosixPath("/home/me too/x"), mounts) is None


def test_a_pin_dies_with_its_process(path: Path) -> None:
    catalog = SqliteCatalog(path)
    catalog.commit(add(snapshot("s1")), NOW)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with catalog.pin(["s1"], "child"):
            os.write(write, b"x")
            threading.Event().wait()
        os._exit(0)
    os.read(read, 1)
    assert catalog.pinned() == {"s1"}
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert catalog.pinned() == frozenset()
    assert not list((path.parent / "pins").iterdir())
    catalog.commit(publish("p", ("marts.a", None, "s1")), NOW)
    catalog.close()
    os.close(read)
    os.close(write)
