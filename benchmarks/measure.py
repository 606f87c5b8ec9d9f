"""Measuring processes, and the table that compares them with what was promised."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]
ANDON = (sys.executable, "-m", "andon.cli.main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a process and the processes it waited for have cost.

    Attributes:
        cpu_s: user and system time of the whole tree.
        wall_s: elapsed time.
        peak_mb: largest resident memory of one process of the tree, in MB of 10^6 bytes.
    """

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise and what was measured.

    Attributes:
        what: the promise.
        bar: most that is allowed, in `unit`.
        measured: what it took.
        limit: the reference measured in the same run, if there is one.
        unit: ``CPU s``, ``MB``, ``ms`` or ``x limit``.
    """

    what: str
    bar: float
    measured: float
    unit: str
    limit: float | None = None
    wall_s: float | None = None
    peak_mb: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the measured figure, as it is shown, is within the bar."""
        return round(self.figure, 3) <= self.bar

    @property
    def figure(self) -> float:
        """What is compared with the bar."""
        if self.unit == "x limit":
            assert self.limit, "a ratio needs a limit"
            return self.measured / self.limit
        return self.measured


def run(command: Sequence[str | Path], cwd: Path, *, expect: int = 0) -> Cost:
    """Run a process to its end and say what it cost.

    Raises:
        SystemExit: another exit code than `expect`; what it printed is shown.
    """
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode
    with TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=environment, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != expect:
            output.seek(0)
            said = output.read().decode("utf-8", "replace")[-4000:]
            raise SystemExit(f"{command} ended with {process.returncode}, not {expect}:\n{said}")
    return Cost(
        cpu_s=used.ru_utime + used.ru_stime,
        wall_s=wall_s,
        peak_mb=used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6,
    )


def andon(*arguments: str, cwd: Path, expect: int = 0) -> Cost:
    """Run the command line of Andon in a project."""
    return run([*ANDON, *arguments], cwd, expect=expect)


def by_hand(*arguments: str | Path) -> Cost:
    """Run the limit."""
    return run([sys.executable, "-m", "benchmarks.by_hand", *arguments], ROOT)


def execute(*statements: str) -> None:
    """Run SQL in DuckDB in a process of its own.

    A child's peak memory counts from its parent's, so the process that measures stays small.
    """
    script = "import duckdb, sys\nfor text in sys.argv[1:]: duckdb.execute(text)"
    run([sys.executable, "-c", script, "set threads = 2", *statements], ROOT)


def forget(folder: Path) -> None:
    """Let a project be as it was before its first run.

    What it kept is put aside, not deleted: a file system that has just freed many files makes the
    next ones dear, which no first build on a real machine pays.
    """
    kept = folder / ".andon"
    if kept.exists():
        aside = folder.parent / "forgotten"
        aside.mkdir(exist_ok=True)
        kept.rename(aside / f"{folder.name}-{time.monotonic_ns()}")


def typical(job: Callable[[], Cost], repeats: int) -> Cost:
    """Median CPU and wall time and highest peak over some repeats of a job."""
    return _typical([job() for _ in range(repeats)])


def in_turn(one: Callable[[], Cost], other: Callable[[], Cost], repeats: int) -> tuple[Cost, Cost]:
    """`typical` of two jobs that are run in turn, so that a machine whose speed drifts treats both alike."""
    costs = [(one(), other()) for _ in range(repeats)]
    return _typical([first for first, _ in costs]), _typical([second for _, second in costs])


def _typical(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_s=median(cost.cpu_s for cost in costs),
        wall_s=median(cost.wall_s for cost in costs),
        peak_mb=max(cost.peak_mb for cost in costs),
    )


def table(rows: Sequence[Row]) -> str:
    """All rows as a table in Markdown."""
    lines = [
        "| promise | bar | measured | limit | ratio | wall s | peak MB | met |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        plain = row.unit.replace("x limit", "CPU s")
        ratio = f"{row.measured / row.limit:.2f}" if row.limit else ""
        cells = (
            row.what,
            f"{row.bar:g} {row.unit}",
            f"{row.measured:.3g} {plain}",
            f"{row.limit:.3g} {plain}" if row.limit else "",
            ratio,
            f"{row.wall_s:.2f}" if row.wall_s is not None else "",
            f"{row.peak_mb:.0f}" if row.peak_mb is not None else "",
            "yes" if row.is_met else "no",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
