"""Signals to a whole run, workers that crash or hang, memory that runs out."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import andon
from andon.cli.signals import stoppable
from andon.execution.outcome import RunReport
from tests.factories import (
    SHOP,
    andon_command,
    child_environment,
    rows_of,
    run_andon,
    write_files,
    write_project,
)

SLOW = """
import time
import polars as pl
from andon import asset

@asset(inputs={"orders": "staging.orders"})
def slow(orders: pl.DataFrame) -> pl.DataFrame:
    open(%r, "w").close()
    time.sleep(%s)
    return orders
"""


def begin(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        andon_command(folder, "run"),
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until the slow asset has begun."""
    until = time.monotonic() + 30
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def with_slow_asset(folder: Path, seconds: float) -> Path:
    """The shop with a slow Python asset and one below it; returns the file it makes when it runs."""
    mark = folder / "mark"
    files = {
        "assets/slow/slow.py": SLOW % (str(mark), seconds),
        "assets/slow/after.sql": "select count(*) as n from slow.slow\n",
    }
    write_project(folder, {**SHOP, **files})
    return mark


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_finishes_and_keeps_what_runs_and_the_next_run_goes_on(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    mark = with_slow_asset(tmp_path, 1.0)
    process = begin(tmp_path)
    wait_for(mark, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, out + err
    mark.unlink()
    with andon.open(tmp_path) as project:
        assert project.history() == ()
        report = project.run()
        words = {o.asset: o.word for o in report.outcomes}
        assert report.status == "done"
    assert words["slow.slow"] == "reused"
    assert words["slow.after"] == "built"
    assert not mark.exists()


def test_two_signals_stop_at_once_and_the_next_run_goes_on(tmp_path: Path) -> None:
    mark = with_slow_asset(tmp_path, 50)
    process = begin(tmp_path)
    wait_for(mark, process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, out + err
    with_slow_asset(tmp_path, 0)
    with andon.open(tmp_path) as project:
        words = {o.asset: o.word for o in project.run().outcomes}
    assert words["staging.orders"] == "reused"
    assert words["slow.after"] == "built"


ENDLESS = (
    "select count(*) as n from range(1_000_000) a, range(1_000_000) b where a.range * b.range = 7"
)
PYTHON = """
import time
import polars as pl
from andon import asset

@asset()
def python() -> pl.DataFrame:
    open(%r, "w").close()
    time.sleep(50)
"""


def test_what_is_stopped_says_so_and_what_to_do(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    files = {"assets/long/query.sql": ENDLESS, "assets/long/python.py": PYTHON % str(mark)}
    write_project(tmp_path, {"andon.toml": "[project]\n[settings]\nthreads = 2\n", **files})
    reports: list[RunReport] = []
    with andon.open(tmp_path) as project:
        running = threading.Thread(target=lambda: reports.append(project.run()))
        running.start()
        while running.is_alive():
            if mark.exists():
                project.interrupt()
            running.join(0.1)
    (report,) = reports
    told = {one.asset: one.problems[0] for one in report.outcomes if one.word == "cancelled"}
    query, python = told["long.query"], told["long.python"]
    assert (query.code, query.what) == ("ENG001", "the query was stopped")
    assert (python.code, python.what) == ("PYA005", "`python` was stopped")
    assert query.fix.startswith("run again")
    assert python.fix.startswith("run again")


class Stubborn:
    """Work that goes on after the first interrupts, as between two queries."""

    def __init__(self) -> None:
        self.interrupts = 0

    def interrupt(self) -> None:
        self.interrupts += 1


def test_the_second_signal_interrupts_until_the_work_ends() -> None:
    work, said = Stubborn(), list[str]()
    with stoppable(work, said.append):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        until = time.monotonic() + 20
        while work.interrupts < 3 and time.monotonic() < until:
            time.sleep(0.05)
    assert work.interrupts >= 3
    assert len(said) == 2


def test_a_killed_run_leaves_no_worker_process_behind(tmp_path: Path) -> None:
    mark = with_slow_asset(tmp_path, 50)
    process = begin(tmp_path)
    wait_for(mark, process)
    process.kill()
    process.communicate(timeout=20)
    until = time.monotonic() + 10
    while workers_of(tmp_path) and time.monotonic() < until:
        time.sleep(0.1)
    assert workers_of(tmp_path) == []


def workers_of(folder: Path) -> list[int]:
    """Worker processes that name this project's folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().decode()
            except (OSError, UnicodeDecodeError):
                continue
            if "andon.app.workers.worker" in line and str(folder) in line:
                found.append(int(entry.name))
    return found


CRASHES = {
    "crash": "    import os\n    os.abort()\n",
    "hang": "    import time\n    time.sleep(60)\n",
    "eat": '    kept = [b"x" * 10_000_000 for _ in range(1_000)]\n    return orders if kept else orders\n',
    "leave": "    import os\n    os._exit(3)\n",
}


@pytest.mark.parametrize("kind", sorted(CRASHES))
def test_a_worker_that_breaks_fails_its_task_alone(tmp_path: Path, kind: str) -> None:
    header = (
        "import polars as pl\nfrom andon import asset\n\n"
        '@asset(inputs={"orders": "staging.orders"}, timeout="2s", memory="600MB")\n'
        "def bad(orders: pl.DataFrame) -> pl.DataFrame:\n"
    )
    files = {
        "assets/x/bad.py": header + CRASHES[kind],
        "assets/x/below.sql": "select * from x.bad\n",
    }
    write_project(tmp_path, {**SHOP, **files})
    with andon.open(tmp_path) as project:
        report = project.run()
    words = {o.asset: o.word for o in report.outcomes}
    assert report.exit_code == 1
    assert words["x.bad"] == "failed"
    assert words["x.below"] == "held"
    assert rows_of(tmp_path, "select count(*) from marts.value") == [(2,)]
    (problem,) = next(o.problems for o in report.outcomes if o.asset == "x.bad")
    assert problem.code.startswith("PYA")


def test_fail_fast_begins_nothing_more_and_keep_going_does(tmp_path: Path) -> None:
    files = {
        "andon.toml": "[project]\n[settings]\nthreads = 1\n",
        "assets/x/a.sql": "select error('no') as n\n",
        **{f"assets/x/z{n}.sql": f"select {n} as n from x.a2\n" for n in range(4)},
        "assets/x/a2.sql": "select 1 as n\n",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        quick = project.run(fail_fast=True)
        assert quick.exit_code == 1
        slow = project.run()
        assert slow.exit_code == 1
    assert "cancelled" in {o.word for o in quick.outcomes}
    assert {o.word for o in slow.outcomes} <= {"failed", "built", "reused", "unchanged"}
    assert rows_of(tmp_path, "select n from x.z3") == [(3,)]


BIG = "select range as id, hash(range) as h, md5(range::varchar) as t from range(3_000_000)"


def test_a_build_larger_than_its_memory_spills_and_finishes(tmp_path: Path) -> None:
    files = {
        "andon.toml": '[project]\n[settings]\nthreads = 2\nmemory = "96MB"\n',
        "assets/big/rows.sql": f"{BIG}\n",
        "assets/big/sorted.sql": "select * from big.rows order by t\n",
    }
    write_project(tmp_path, files)
    done = run_andon(tmp_path, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows_of(tmp_path, "select count(*) from big.sorted") == [(3_000_000,)]
    assert left_behind(tmp_path) == []


def left_behind(folder: Path) -> list[Path]:
    """Spilled and staged files that no process uses any more."""
    places = (folder / ".andon" / "spill", folder / ".andon" / "staging")
    return [path for place in places for path in place.rglob("*") if path.is_file()]


def test_spilled_data_of_a_killed_run_is_removed_by_the_next(tmp_path: Path) -> None:
    files = {
        "andon.toml": '[project]\n[settings]\nthreads = 2\nmemory = "96MB"\n',
        "assets/big/sorted.sql": f"select * from ({BIG.replace('3_', '30_')}) order by t\n",
        "assets/big/small.sql": "select 1 as n\n",
    }
    write_project(tmp_path, files)
    process = begin(tmp_path)
    until = time.monotonic() + 40
    while not any(path.suffix != ".lock" for path in left_behind(tmp_path)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert left_behind(tmp_path)
    write_files(tmp_path, {"assets/big/sorted.sql": "select 2 as n\n"})
    assert run_andon(tmp_path, "run").returncode == 0
    assert left_behind(tmp_path) == []
