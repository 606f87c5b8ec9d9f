"""A failure or a kill at every named step of the stores."""

from __future__ import annotations

import errno
import io
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from andon.catalog.commit import AddSnapshot, Commit
from andon.catalog.records import DataFile
from andon.errors import AndonError, OutcomeUnknown, TaskFailed, Unavailable
from andon.stores.files import FileTableStore
from andon.stores.sqlite.catalog import SqliteCatalog
from andon.stores.steps import CATALOG_STEPS, STEPS, TABLE_STEPS
from tests.conformance.catalog_records import NOW, add, snapshot

KEEP_STEPS = tuple(step for step in TABLE_STEPS if step != "remove")
BYTES = b"columns and rows" * 1000


def failing_at(fatal: str, number: int) -> Callable[[str], None]:
    def on_step(step: str) -> None:
        if step == fatal:
            raise OSError(number, os.strerror(number))

    return on_step


def dying_at(fatal: str) -> Callable[[str], None]:
    def on_step(step: str) -> None:
        if step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    return on_step


def keep_one(store: FileTableStore, name: str = "s1") -> DataFile:
    staged = store.stage("run", f"{name}.parquet")
    staged.write_bytes(BYTES)
    return store.keep(staged, asset="marts.a", name=name, rows=1)


def build(root: Path, on_step: Callable[[str], None]) -> None:
    """What a task does: keep a file, then tell the catalog."""
    file = keep_one(FileTableStore(root, on_step=on_step))
    catalog = SqliteCatalog(root / "catalog.sqlite", on_step=on_step)
    held = AddSnapshot(snapshot=replace(snapshot("s1"), files=(file,)))
    catalog.commit(Commit(updates=(held,)), datetime.now(UTC))


def files_below(root: Path) -> list[str]:
    return sorted(p.name for p in root.rglob("*") if p.is_file() and p.suffix == ".parquet")


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """A real limit of the system on the size of written files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("step", KEEP_STEPS)
def test_a_failing_disk_leaves_no_file_and_the_next_try_works(tmp_path: Path, step: str) -> None:
    broken = FileTableStore(tmp_path, on_step=failing_at(step, errno.EIO))
    with pytest.raises(TaskFailed) as error:
        keep_one(broken)
    assert error.value.code == ("STO001" if "fsync" in step else "STO005")
    assert files_below(tmp_path) == []
    sound = FileTableStore(tmp_path)
    sound.verify(keep_one(sound), deep=True)


@pytest.mark.parametrize("step", KEEP_STEPS)
def test_a_full_disk_is_transient_and_leaves_no_file(tmp_path: Path, step: str) -> None:
    broken = FileTableStore(tmp_path, on_step=failing_at(step, errno.ENOSPC))
    with pytest.raises(Unavailable) as error:
        keep_one(broken)
    assert error.value.code == "STO002"
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("step", [s for s in TABLE_STEPS if s not in ("hash", "remove")])
def test_landing_that_fails_leaves_no_bytes(tmp_path: Path, step: str) -> None:
    broken = FileTableStore(tmp_path, on_step=failing_at(step, errno.EIO))
    with pytest.raises(TaskFailed):
        broken.land(io.BytesIO(BYTES))
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix != ".lock"]
    content, length = FileTableStore(tmp_path).land(io.BytesIO(BYTES))
    assert FileTableStore(tmp_path).raw(content).read_bytes() == BYTES
    assert length == len(BYTES)


def test_landing_more_than_the_system_allows_leaves_nothing(tmp_path: Path) -> None:
    store = FileTableStore(tmp_path)
    with files_limited_to(4096), pytest.raises(Unavailable, match="STO002"):
        store.land(io.BytesIO(BYTES))
    assert not list((tmp_path / "staging").glob("land-*/*"))
    assert not (tmp_path / "raw").exists()


def test_a_catalog_that_cannot_grow_keeps_what_it_had(tmp_path: Path) -> None:
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    catalog.commit(add(snapshot("s1")), NOW)
    many = add(*(snapshot(f"n{n}") for n in range(300)))
    with files_limited_to(200_000), pytest.raises((Unavailable, OutcomeUnknown)):
        catalog.commit(many, NOW)
    assert [s.id for s in catalog.snapshots()] == ["s1"]
    catalog.commit(many, NOW)
    assert len(catalog.snapshots()) == 301
    catalog.close()


@pytest.mark.parametrize("step", [s for s in CATALOG_STEPS if s != "commit_after"])
def test_a_failure_before_the_commit_changes_nothing(tmp_path: Path, step: str) -> None:
    path = tmp_path / "catalog.sqlite"
    broken = SqliteCatalog(path, on_step=failing_at(step, errno.EIO))
    with pytest.raises(Unavailable) as error:
        broken.commit(add(snapshot("s1")), NOW)
    assert error.value.code == "CAT002"
    sound = SqliteCatalog(path)
    assert not sound.snapshots()
    sound.commit(add(snapshot("s1")), NOW)
    broken.close()
    sound.close()


def test_a_lost_answer_to_a_commit_is_a_third_result(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    broken = SqliteCatalog(path, on_step=failing_at("commit_after", errno.EIO))
    with pytest.raises(OutcomeUnknown) as error:
        broken.commit(add(snapshot("s1")), NOW)
    assert error.value.code == "CAT003"
    assert [s.id for s in broken.snapshots(ids=["s1"])] == ["s1"]
    broken.close()


@pytest.mark.parametrize("step", [s for s in STEPS if s != "remove"])
def test_a_kill_at_any_step_never_leaves_a_row_without_its_file(tmp_path: Path, step: str) -> None:
    child = os.fork()
    if child == 0:
        try:
            build(tmp_path, dying_at(step))
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9
    store = FileTableStore(tmp_path)
    catalog = SqliteCatalog(tmp_path / "catalog.sqlite")
    for found in catalog.snapshots():
        for file in found.files:
            store.verify(file, deep=True)
    assert bool(catalog.snapshots()) == (step == "commit_after")
    store.sweep()
    assert not list(tmp_path.glob("staging/*"))
    build(tmp_path, lambda _: None)
    assert len(catalog.snapshots()) == 1
    catalog.close()


def test_a_row_is_committed_only_after_its_file_is_durable(tmp_path: Path) -> None:
    seen: list[str] = []
    build(tmp_path, seen.append)
    order = [
        "fsync_file",
        "fsync_file_after",
        "rename",
        "rename_after",
        "fsync_dir_after",
        "begin",
        "commit_before",
        "commit_after",
    ]
    last = [max(i for i, s in enumerate(seen) if s == step) for step in order]
    assert last == sorted(last)
    assert set(seen) <= set(STEPS)


def test_every_failure_of_a_store_says_how_to_go_on(tmp_path: Path) -> None:
    for number in (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EMFILE):
        with pytest.raises(AndonError) as error:
            keep_one(FileTableStore(tmp_path, on_step=failing_at("rename", number)))
        assert error.value.problems[0].fix
