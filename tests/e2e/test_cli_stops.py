"""Signals, and faults nobody expected."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.terminal import PROGRAM, andon, environment

ENDLESS = "select sum(hash(a.range * b.range)) as x from range(300000) a, range(300000) b"
SHORT = "select sum(hash(a.range * b.range)) as x from range(8000) a, range(20000) b"


def begin(*arguments: str, at: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=at,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_start(process: subprocess.Popen[str]) -> None:
    """Until the events of `run --jsonl` say that the asset is being built."""
    assert process.stdout is not None
    while '"started"' not in process.stdout.readline():
        assert process.poll() is None


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "assets" / "slow").mkdir(parents=True)
    (tmp_path / "andon.toml").write_text("[project]\n[settings]\nthreads = 1\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_lets_the_running_task_finish(
    project: Path, number: signal.Signals, code: int
) -> None:
    for name in "ab":
        (project / f"assets/slow/{name}.sql").write_text(SHORT, "utf-8")
    with begin("run", "--jsonl", at=project) as process:
        wait_for_start(process)
        process.send_signal(number)
        out, _ = process.communicate(timeout=120)
    assert process.returncode == code
    assert '"status": "cancelled"' in out
    assert '"outcome": "built"' in out
    assert '"outcome": "cancelled"' in out
    assert "reuse" in andon("plan", at=project).out


def test_the_second_ctrl_c_stops_at_once(project: Path) -> None:
    (project / "assets/slow/a.sql").write_text(ENDLESS, "utf-8")
    with begin("run", "--jsonl", at=project) as process:
        wait_for_start(process)
        process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.5)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_query_stops_at_the_first_signal(
    project: Path, number: signal.Signals, code: int
) -> None:
    with begin("query", ENDLESS, at=project) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.5)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert "error[CLI008]: cancelled" in err


def test_a_fault_is_saved_and_its_traceback_not_shown(project: Path) -> None:
    broken = "import andon.app.opening as p; p.open_project = lambda *_: 1 / 0\n"
    script = (
        f"{broken}from andon.cli.main import main; import sys; sys.argv = ['andon', 'ls']; main()"
    )
    done = subprocess.run(
        [PROGRAM[0], "-c", script],
        cwd=project,
        env=environment(TMPDIR=str(project)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (70, "")
    assert "error[CLI900]: unexpected ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    saved = re.search(r"the report is in (\S+)", done.stderr)
    assert saved is not None
    assert "ZeroDivisionError" in Path(saved[1]).read_text("utf-8")
