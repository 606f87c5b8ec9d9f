"""A full disk or a project that cannot be written: a clear error, nothing half, and a way on."""

from __future__ import annotations

import ctypes
import gzip
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

import andon
from tests.factories import (
    SHOP,
    andon_command,
    child_environment,
    rows_of,
    run_andon,
    write_files,
    write_project,
)

NOBODY = 65534
DROP_FROM_BOUND = 24  # PR_CAPBSET_DROP
OVERRIDES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
BIG = "".join(f"{row},{100 + row % 2},{row}\n" for row in range(1000, 200_000))
TOTAL = "select count(*) from staging.orders"


def run_limited(folder: Path, before: Callable[[], None], *arguments: str) -> tuple[int, str]:
    """Run `andon` in a process that is limited first; exit code and what it said."""
    done = subprocess.run(
        andon_command(folder, *arguments),
        env={**child_environment(), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=before,
    )
    return done.returncode, done.stdout + done.stderr


def limited_to(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path / "shop", SHOP)
    with andon.open(tmp_path / "shop") as project:
        assert project.run().status == "done"
    return tmp_path / "shop"


@pytest.mark.parametrize("size", [40_000, 400_000, 1_000_000])
def test_files_that_may_not_grow_fail_the_run_and_a_later_run_finishes(
    shop: Path, size: int
) -> None:
    write_files(shop, {"data/orders_2.csv": f"order_id,customer_id,amount\n{BIG}"})
    code, said = run_limited(shop, limited_to(size), "run")
    assert code in (1, 75, 76), said
    assert "[" in said
    assert "Traceback" not in said
    assert rows_of(shop, TOTAL) == [(3,)]
    assert run_andon(shop, "run").returncode == 0
    assert rows_of(shop, TOTAL) == [(3 + 199_000,)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB; a plain folder where mounting is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = [shutil.which("mount") or "mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    yield place
    if is_mounted:
        subprocess.run([shutil.which("umount") or "umount", "-l", str(place)], check=True)


def fill(disk: Path, room: int) -> Path:
    """Use up a disk but for `room` bytes."""
    ballast = disk / "ballast"
    free = shutil.disk_usage(disk).free
    with ballast.open("wb", buffering=0) as file:
        while free > room:
            free -= file.write(bytes(min(1 << 16, free - room)))
    return ballast


@pytest.mark.parametrize("room", [0, 20_000, 120_000])
def test_a_full_disk_publishes_nothing_half_and_a_run_with_room_finishes(
    small_disk: Path, room: int
) -> None:
    folder = write_project(small_disk / "shop", SHOP)
    with andon.open(folder) as project:
        assert project.run().status == "done"
    rows = "".join(f"{row},100,{row * 7919 % 1_000_003}\n" for row in range(10, 20_000))
    write_files(folder, {"data/orders_2.csv": f"order_id,customer_id,amount\n{rows}"})
    if not os.path.ismount(small_disk):  # a limit on the size of files stands in
        code, said = run_limited(folder, limited_to(room), "run")
    else:
        ballast = fill(small_disk, room)
        code, said = run_limited(folder, lambda: None, "run")
        if room == 0:
            assert run_andon(folder, "ls").returncode == 0
            assert rows_of(folder, TOTAL) == [(3,)]
        ballast.unlink()
    assert code in (1, 75), said
    assert "Traceback" not in said
    assert rows_of(folder, TOTAL) == [(3,)]
    assert run_andon(folder, "run").returncode == 0
    assert rows_of(folder, TOTAL) == [(3 + 19_990,)]


ROWS = "select range as id, hash(range) as h, md5(range::varchar) as t from range(3_000_000)\n"


def test_a_query_that_fills_the_disk_says_so(small_disk: Path) -> None:
    if not os.path.ismount(small_disk):
        pytest.skip("mounting a small disk is not allowed here")
    folder = write_project(small_disk / "shop", {**SHOP, "assets/big/rows.sql": ROWS})
    done = run_andon(folder, "run")
    assert done.returncode == 1
    assert "error[ENG005]: the disk is full" in done.stderr
    assert "free space on the disk of the store" in done.stderr
    assert rows_of(folder, TOTAL) == [(3,)]


def test_a_query_whose_file_may_not_be_written_tells_what_the_system_said(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "shop", {**SHOP, "assets/big/rows.sql": ROWS})
    code, said = run_limited(folder, limited_to(1_000_000), "run")
    assert code == 1
    assert "error[ENG007]: a file of the store could not be read or written" in said
    assert "why: Could not write file …: File too large" in said
    assert str(folder) not in said
    assert rows_of(folder, TOTAL) == [(3,)]


def test_rows_that_may_not_be_written_out_fail_their_table_alone(tmp_path: Path) -> None:
    """A small file that becomes large, and is written out anew because a record of it is malformed."""
    folder = write_project(tmp_path / "shop", SHOP)
    rows = f"order_id,customer_id,amount\n1,2\n{BIG}".encode()
    (folder / "data/orders_2.csv.gz").write_bytes(gzip.compress(rows))
    write_files(folder, {"sources/raw.yml": SHOP["sources/raw.yml"].replace("*.csv", "*.csv*")})
    code, said = run_limited(folder, limited_to(1_000_000), "run")
    assert code == 1
    assert "error[RUN008]: the system refused what `raw.orders` needs: File too large" in said
    assert "look at disk space, rights and `andon doctor`" in said
    assert rows_of(folder, "select count(*) from staging.customers") == [(2,)]


def without_privilege() -> None:
    """From the next program on, permission bits bind even root: it cannot override them."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in OVERRIDES:
            if libc.prctl(DROP_FROM_BOUND, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")


def give_away(folder: Path) -> None:
    """Let a project belong to somebody else who allows reading only."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)


def take_back(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if os.geteuid() == 0:
            os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.fixture
def read_only(shop: Path) -> Iterator[Path]:
    """A project that may only be read, with a new file at its door."""
    write_files(shop, {"data/orders_2.csv": "order_id,customer_id,amount\n4,101,70\n"})
    give_away(shop)
    yield shop
    take_back(shop)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("ls",),
        ("show", "marts.value"),
        ("query", TOTAL),
        ("history",),
        ("doctor",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_project_that_may_only_be_read_can_be_looked_at(
    read_only: Path, arguments: tuple[str, ...]
) -> None:
    code, said = run_limited(read_only, without_privilege, *arguments)
    assert code == 0, said


@pytest.mark.parametrize(
    "arguments", [("run",), ("rollback",), ("check",)], ids=lambda arguments: arguments[0]
)
def test_a_project_that_may_only_be_read_refuses_every_change(
    read_only: Path, arguments: tuple[str, ...]
) -> None:
    code, said = run_limited(read_only, without_privilege, *arguments)
    assert code == 5, said
    assert "error[" in said
    assert "Traceback" not in said


def test_a_folder_of_the_store_that_may_not_be_written_is_told(shop: Path) -> None:
    write_files(shop, {"data/orders_2.csv": "order_id,customer_id,amount\n4,101,70\n"})
    give_away(shop / ".andon/data")
    code, said = run_limited(shop, without_privilege, "run")
    take_back(shop / ".andon/data")
    assert code == 1
    assert "error[STO004]: this process may not write `data/raw.orders/" in said
    assert "fix: run it as a user who may write the project's folder `.andon`" in said
    assert run_andon(shop, "run").returncode == 0


def test_a_file_of_views_that_cannot_be_written_is_told_and_follows_later(shop: Path) -> None:
    """The publication stands; only the way in for other tools lags behind."""
    write_files(shop, {"data/orders_2.csv": "order_id,customer_id,amount\n4,101,70\n"})
    blocker = shop / ".prod.duckdb.new"
    blocker.mkdir()
    done = run_andon(shop, "run")
    assert done.returncode == 75, done.stderr
    assert "APP007" in done.stderr
    assert rows_of(shop, TOTAL) == [(4,)]
    blocker.rmdir()
    assert run_andon(shop, "run").returncode == 0
    with duckdb.connect(str(shop / "prod.duckdb"), read_only=True) as connection:
        assert connection.sql(TOTAL).fetchall() == [(4,)]
    assert not list(shop.glob(".prod.duckdb*"))
