"""The file store: keeping, landing, verifying, locking and sweeping on a real disk."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from andon.catalog.records import DataFile
from andon.errors import DataCorrupt
from andon.stores.files import FileTableStore

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from andon.stores.files import FileTableStore
store = FileTableStore(Path(sys.argv[1]))
store.stage("run-1", "a.parquet").write_bytes(b"half")
with store.lock("key"):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> FileTableStore:
    return FileTableStore(tmp_path / ".andon")


def keep(store: FileTableStore, content: bytes = b"rows") -> DataFile:
    staged = store.stage("run-1", "a.parquet")
    staged.write_bytes(content)
    return store.keep(staged, asset="marts.a", name="s1", rows=4, label="x")


def hold(store: FileTableStore) -> subprocess.Popen[bytes]:
    """Another process that stages a file and holds the lock `key`."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(store.root)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def test_a_kept_file_has_its_name_size_hash_and_time(store: FileTableStore) -> None:
    file = keep(store)
    path = store.root / "data/marts.a/s1.parquet"
    assert store.path(file) == path
    assert path.read_bytes() == b"rows"
    assert file == DataFile(
        path="data/marts.a/s1.parquet",
        rows=4,
        bytes=4,
        sha256=sha256(b"rows").hexdigest(),
        label="x",
        modified_ns=path.stat().st_mtime_ns,
    )


def test_a_staged_file_is_gone_once_it_is_kept(store: FileTableStore) -> None:
    keep(store)
    assert not store.stage("run-1", "a.parquet").exists()


def test_an_untouched_file_verifies(store: FileTableStore) -> None:
    file = keep(store)
    store.verify(file)
    store.verify(file, deep=True)


def test_a_missing_file_is_named(store: FileTableStore) -> None:
    file = keep(store)
    store.remove(file.path)
    store.remove(file.path)
    with pytest.raises(DataCorrupt, match=r"data/marts\.a/s1\.parquet") as error:
        store.verify(file)
    assert error.value.code == "STO003"


@pytest.mark.parametrize("content", [b"row", b"rows!", b""])
def test_a_file_of_another_length_is_damaged(store: FileTableStore, content: bytes) -> None:
    file = keep(store)
    store.path(file).write_bytes(content)
    with pytest.raises(DataCorrupt):
        store.verify(file)


def test_a_changed_byte_is_found_by_its_later_time(store: FileTableStore) -> None:
    file = keep(store)
    store.path(file).write_bytes(b"rowz")
    os.utime(store.path(file), ns=(1, file.modified_ns + 1))
    with pytest.raises(DataCorrupt):
        store.verify(file)


def test_a_changed_byte_under_the_old_time_is_found_by_a_deep_look(store: FileTableStore) -> None:
    file = keep(store)
    store.path(file).write_bytes(b"rowz")
    os.utime(store.path(file), ns=(1, file.modified_ns))
    with pytest.raises(DataCorrupt, match="STO003"):
        store.verify(file, deep=True)


def test_a_file_that_was_only_copied_still_verifies(store: FileTableStore) -> None:
    file = keep(store)
    os.utime(store.path(file), ns=(1, 1))
    store.verify(file)
    store.verify(replace(file, modified_ns=0))


def test_landing_the_same_bytes_again_adds_nothing(store: FileTableStore) -> None:
    first = store.land(io.BytesIO(b"a,b\n1,2\n"))
    again = store.land(io.BytesIO(b"a,b\n1,2\n"))
    assert first == again == (sha256(b"a,b\n1,2\n").hexdigest(), 8)
    assert store.raw(first[0]).read_bytes() == b"a,b\n1,2\n"
    assert len([p for p in (store.root / "raw").rglob("*") if p.is_file()]) == 1


def test_landing_repairs_bytes_that_were_cut_short(store: FileTableStore) -> None:
    content, _ = store.land(io.BytesIO(b"0123456789"))
    store.raw(content).write_bytes(b"01")
    store.land(io.BytesIO(b"0123456789"))
    assert store.raw(content).read_bytes() == b"0123456789"


def test_an_empty_file_lands(store: FileTableStore) -> None:
    assert store.land(io.BytesIO(b"")) == (sha256(b"").hexdigest(), 0)


def test_a_lock_excludes_another_store_of_the_same_process(store: FileTableStore) -> None:
    other = FileTableStore(store.root)
    with store.lock("marts.a/key") as held, other.lock("marts.a/key", wait=False) as second:
        assert (held, second) == (True, False)
    with other.lock("marts.a/key", wait=False) as third:
        assert third


def test_locks_of_different_names_do_not_meet(store: FileTableStore) -> None:
    with store.lock("one"), store.lock("two", wait=False) as held:
        assert held


def test_threads_of_one_process_exclude_each_other(store: FileTableStore) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with store.lock("key"):
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inside, most) == (0, 1)


def test_a_lock_is_free_again_after_an_error(store: FileTableStore) -> None:
    with pytest.raises(KeyError), store.lock("key"):
        raise KeyError
    with store.lock("key", wait=False) as held:
        assert held


def test_a_lock_and_staging_die_with_their_process(store: FileTableStore) -> None:
    process = hold(store)
    with store.lock("key", wait=False) as held:
        assert not held
    assert store.sweep() == 0
    end(process)
    with store.lock("key", wait=False) as held:
        assert held
    assert store.sweep() == 1
    assert list((store.root / "staging").iterdir()) == []


def test_sweeping_leaves_what_this_process_stages(store: FileTableStore) -> None:
    staged = store.stage("run-1", "a.parquet")
    staged.write_bytes(b"half")
    assert store.sweep() == FileTableStore(store.root).sweep() == 0
    assert staged.exists()
    store.close()
    store.close()
    assert not staged.exists()


def test_a_child_does_not_keep_the_lock_of_its_dead_parent(store: FileTableStore) -> None:
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        with store.lock("key"):
            grandchild = os.fork()
            if grandchild == 0:
                os.close(write)
                threading.Event().wait(20)
                os._exit(0)
            os.write(write, f"{grandchild}\n".encode())
            os._exit(0)
    grandchild = int(os.read(read, 20))
    os.waitpid(parent, 0)
    with store.lock("key", wait=True) as held:
        assert held
    os.kill(grandchild, 9)
    os.close(read)
    os.close(write)
