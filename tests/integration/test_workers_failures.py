"""A worker that hangs, grows, crashes or raises fails one task; the next one runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from andon.engines.duckdb.engine import DuckDBEngine
from andon.errors import AndonError, Cancelled, TaskFailed
from andon.execution.workers.runner import WorkerPool
from andon.ports.python_runner import PythonInputData, PythonTask
from andon.spec.asset import Form

CODE = """
import os, sys, time
from helper import VALUE
import helper

def good(x): return x
def value(x): return x.project(f"{VALUE} as v")
def state(x):
    helper.calls = getattr(helper, "calls", 0) + 1
    return x.project(f"{helper.calls} as v")
def raises(x):
    inner(x)
def inner(x):
    raise ValueError("wrong größe")
def chained(x):
    try:
        inner(x)
    except ValueError as error:
        raise RuntimeError("outer") from error
def leaves(x): sys.exit(3)
def dies(x): os._exit(7)
def crashes(x):
    import ctypes
    ctypes.string_at(0)
def sleeps(x): time.sleep(60)
def grows(x):
    kept = []
    while True:
        kept.append(bytearray(8_000_000))
        time.sleep(0.002)
def environment(x):
    names = ",".join(sorted(k for k in os.environ if "ANDON_TEST" in k))
    return x.project(f"'{names}' as v")
def reads_input(x):
    return x.project(f"{len(sys.stdin.read())} as v")
"""
MISSING = 'import sys\nsys.modules["{name}"] = None\ndef f(x): return x\n'


class Bench:
    def __init__(self, root: Path) -> None:
        self.root, self.store = root, root / ".andon"
        self.store.mkdir()
        (root / "helper.py").write_text("VALUE = 1\n")
        (root / "code_.py").write_text(CODE, encoding="utf-8")
        self.engine = DuckDBEngine(self.store, threads=1)
        self.pool = WorkerPool(size=2, spill_dir=self.store / "spill", talk=lambda *_: None)
        query = "select 1 as v"
        schema = self.engine.describe(query, {})
        self.engine.write(query, {}, schema, self.store / "in.parquet")
        self.scan = self.engine.scan(schema, [self.store / "in.parquet"])

    def run(
        self,
        function: str,
        *,
        form: Form = "duckdb",
        path: str = "code_.py",
        timeout_s: float = 60,
        memory_bytes: int | None = None,
    ) -> object:
        """The one value of what the function gave."""
        output = self.store / f"{function}-{threading.get_ident()}.parquet"
        task = PythonTask(
            asset="marts.code",
            root=self.root,
            store_root=self.store,
            path=path,
            function=function,
            inputs=(PythonInputData(argument="x", scan=self.scan, form=form),),
            parameters={},
            columns=(),
            output=output,
            logical_time=datetime(2026, 1, 1, tzinfo=UTC),
            memory_bytes=memory_bytes,
            timeout_s=timeout_s,
        )
        result = self.pool.run(task)
        return self.engine.rows(f"from {self.engine.scan(result.schema, [output])}")[0][0]

    def fail(self, function: str, **options: object) -> AndonError:
        with pytest.raises(AndonError) as raised:
            self.run(function, **options)  # type: ignore[arg-type]  # the options of `run`
        return raised.value


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.pool.close()
    made.engine.close()


def test_an_exception_names_the_users_line_and_trims_the_traceback(bench: Bench) -> None:
    problem = bench.fail("raises").problems[0]
    assert problem.code == "PYA001"
    assert "ValueError at code_.py:14" in problem.what
    assert problem.why.startswith('Traceback (most recent call last):\n  File "code_.py", line 12')
    assert problem.why.endswith("ValueError: wrong größe")
    assert "user_code" not in problem.why


def test_a_chained_exception_shows_its_cause_without_inner_frames(bench: Bench) -> None:
    problem = bench.fail("chained").problems[0]
    assert "RuntimeError" in problem.what
    assert "ValueError: wrong größe" in problem.why
    assert "app/" not in problem.why


def test_a_syntax_error_is_placed(bench: Bench) -> None:
    (bench.root / "broken.py").write_text("def f(x:\n    return x\n")
    where = bench.fail("f", path="broken.py").problems[0].where
    assert where is not None
    assert (where.path, where.line) == ("broken.py", 1)


def test_leaving_the_process_politely_is_an_exception(bench: Bench) -> None:
    assert bench.fail("leaves").code == "PYA001"


def test_a_task_beyond_its_time_is_killed(bench: Bench) -> None:
    started = time.monotonic()
    assert bench.fail("sleeps", timeout_s=0.6).code == "PYA002"
    assert time.monotonic() - started < 10


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is watched on Linux")
def test_a_task_beyond_its_memory_is_killed(bench: Bench) -> None:
    assert bench.fail("grows", memory_bytes=250 << 20).code == "PYA003"


@pytest.mark.parametrize(("function", "told"), [("dies", "exit code 7"), ("crashes", "SIGSEGV")])
def test_a_dead_process_fails_one_task_only(bench: Bench, function: str, told: str) -> None:
    error = bench.fail(function)
    assert isinstance(error, TaskFailed)
    assert error.code == "PYA004"
    assert told in error.problems[0].what
    assert bench.run("good") == 1


def test_an_idle_worker_that_died_is_replaced(bench: Bench) -> None:
    assert bench.run("good") == 1
    os.kill(bench.pool._idle[0]._process.pid, signal.SIGKILL)
    time.sleep(0.2)
    assert bench.run("good") == 1


def test_an_interrupt_stops_what_runs(bench: Bench) -> None:
    timer = threading.Timer(0.8, bench.pool.interrupt)
    timer.start()
    assert isinstance(bench.fail("sleeps"), Cancelled)
    assert bench.run("good") == 1


def test_a_worker_is_used_again(bench: Bench) -> None:
    bench.run("good")
    first = bench.pool._idle[0]
    bench.run("value")
    assert bench.pool._idle == [first]


def test_changed_code_is_loaded_again(bench: Bench) -> None:
    assert bench.run("value") == 1
    (bench.root / "helper.py").write_text("VALUE = 2\n")
    assert bench.run("value") == 2
    (bench.root / "code_.py").write_text("def value(x): return x.project('3 as v')\n")
    assert bench.run("value") == 3


def test_no_state_is_left_for_the_next_task(bench: Bench) -> None:
    assert [bench.run("state"), bench.run("state")] == [1, 1]


def test_the_environment_is_clean(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDON_TEST_SECRET", "1")
    assert bench.run("environment") == ""


def test_the_pipes_are_out_of_reach(bench: Bench) -> None:
    assert bench.run("reads_input") == 0


@pytest.mark.parametrize(
    ("form", "name"),
    [("polars", "polars"), ("pandas", "pandas"), ("arrow", "pyarrow"), ("polars", "pyarrow")],
)
def test_a_missing_library_is_named_with_its_extra(bench: Bench, form: Form, name: str) -> None:
    (bench.root / "hide.py").write_text(MISSING.format(name=name))
    bench.pool.close()
    bench.run("f", path="hide.py")
    problem = bench.fail("f", path="hide.py", form=form).problems[0]
    assert problem.code == "ENG013"
    assert name in problem.what
    assert "pip install 'andon[" in problem.fix


def test_relations_need_no_optional_library(bench: Bench) -> None:
    hidden = "".join(
        f"sys.modules[{n!r}] = None\n" for n in ("numpy", "pandas", "polars", "pyarrow")
    )
    (bench.root / "hide.py").write_text(f"import sys\n{hidden}def f(x): return x.filter('v > 0')\n")
    assert [bench.run("f", path="hide.py"), bench.run("f", path="hide.py")] == [1, 1]


def test_tasks_run_at_once(bench: Bench) -> None:
    (bench.root / "wait.py").write_text(
        "import time, pathlib\n"
        "def f(x):\n"
        f"    here = pathlib.Path({str(bench.root)!r})\n"
        "    (here / f'{id(x)}-{time.time_ns()}.mark').touch()\n"
        "    end = time.time() + 20\n"
        "    while len(list(here.glob('*.mark'))) < 2 and time.time() < end: time.sleep(0.02)\n"
        "    return x.project(f\"{len(list(here.glob('*.mark')))} as v\")\n"
    )
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(bench.run("f", path="wait.py")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2, 2]


def test_the_worker_ends_when_its_parent_dies(bench: Bench) -> None:
    script = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from andon.execution.workers.process import WorkerProcess\n"
        "from andon.execution.workers.protocol import WorkerSettings\n"
        "settings = WorkerSettings(threads=1, memory_bytes=None, spill_bytes=None, spill_dir='x')\n"
        "worker = WorkerProcess(settings, lambda *_: None)\n"
        "print(worker._process.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    deadline = time.monotonic() + 10
    while Path(f"/proc/{done.stdout.strip()}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{done.stdout.strip()}").exists()
    assert bench.run("good") == 1


def test_a_worker_that_cannot_be_started_is_no_fault_of_the_function(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(bench.root / "gone"))  # as after an upgrade
    error = bench.fail("good")
    assert error.is_transient
    assert error.code == "PYA007"
    assert error.problems[0].what == "a worker process could not be started"
    assert error.problems[0].why == "the system refused it: No such file or directory"
    assert error.problems[0].fix == "free processes or memory on the machine, then run again"
