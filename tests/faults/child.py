"""A process for fault tests: ``python -m tests.faults.child MODE FOLDER key=value ...``.

Modes: `run` once, and say how many steps it took and how long; `publish` generations in a row; `read`
through Andon; `export` through the file of views; `replay` a repaired file; `push` standard input into
`s.events`; `load` through the Python API until told to stop. Steps of the stores are counted, and at
the chosen one the process kills itself as a power cut would.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import andon
from andon.app.rejects.replay import Replay
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.sourcing.push import Kept, Push, pushable
from andon.app.wiring.wire import wire
from andon.errors import AndonError, Conflict
from andon.project.load import load
from andon.sources.remote import fetch
from andon.stores.steps import ignore
from tests.factories import write_files

SEEN_BY_ANDON = """
    select count(*), min(gen), max(gen), sum(failing) from (
        select gen, failing from t.a
        union all select gen, failing from t.b
        union all select gen, failing from t.c)
"""


def die() -> None:
    """End as a power cut would: no handler, no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_at(wanted: str, nth: int) -> Callable[[str], None]:
    """A hook that kills at the nth occurrence of a step; of any step, if none is named."""
    lock = threading.Lock()
    seen = 0

    def on_step(step: str) -> None:
        nonlocal seen
        if wanted not in ("", step):
            return
        with lock:
            seen += 1
            if seen == nth:
                die()

    return on_step


def dying_after(wait_s: float) -> Callable[[str], None]:
    """A hook that kills so long after the first step, wherever the work is then."""
    timer = threading.Timer(wait_s, die)
    timer.daemon = True

    def on_step(_: str) -> None:
        if timer.ident is None:
            timer.start()

    return on_step


def once(folder: Path, on_step: Callable[[str], None]) -> int:
    """One run; prints its word and returns its exit code."""
    moments: list[float] = []

    def on_counted_step(step: str) -> None:
        moments.append(time.monotonic())
        on_step(step)

    spec = load(folder)
    tools = wire(folder, spec, on_step=on_counted_step)
    try:
        report = run(tools.tools, spec, Order(environment="prod"))
    except AndonError as error:
        print(json.dumps({"error": error.code, "what": error.problems[0].what}))
        return error.exit_code
    finally:
        tools.close()
    took_s = time.monotonic() - moments[0] if moments else 0.0
    said = {"status": report.status, "rounds": report.rounds}
    for problem in (p for outcome in report.outcomes for p in outcome.problems):
        print(problem.code, problem.what, problem.why, file=sys.stderr)
    print(json.dumps({**said, "steps": len(moments), "took_s": took_s}))
    return report.exit_code


def generation(folder: Path, number: int, bad: str) -> None:
    """Deliver a generation; `bad` names the table whose check is to fail, if any."""
    flags = ",".join("1" if name == bad else "0" for name in "abc")
    rows = "".join(f"{row},{number},{flags}\n" for row in range(1, 4))
    write_files(folder, {"data/batch.csv": f"id,gen,bad_a,bad_b,bad_c\n{rows}"})


def publish(folder: Path, seed: int, first: int, last: int) -> None:
    """Publish generations; every fourth or so fails a check, every sixth or so is killed."""
    chance = random.Random(seed)
    for number in range(first, last + 1):
        bad = chance.choice("abc") if chance.random() < 0.25 else ""
        generation(folder, number, bad)
        on_step: Callable[[str], None] = ignore
        if chance.random() < 0.17:
            if chance.random() < 0.5:
                on_step = dying_at("", chance.randint(1, 90))
            else:
                threading.Timer(chance.random() * 0.12, die).start()
        once(folder, on_step)
        print(json.dumps({"generation": number, "failing": bool(bad)}), flush=True)


def read(folder: Path, stop: Path) -> None:
    """Poll three related tables in one query of Andon until the stop file appears."""
    with andon.open(folder) as project:
        poll(lambda: project.query(SEEN_BY_ANDON).rows[0], stop)


def export(folder: Path, stop: Path) -> None:
    """Poll the file of views as any other tool would, opened afresh each time."""
    import duckdb

    def ask() -> tuple[int, int, int, int]:
        with duckdb.connect(str(folder / "prod.duckdb"), read_only=True) as connection:
            found: tuple[int, int, int, int] = connection.sql(SEEN_BY_ANDON).fetchall()[0]
            return found

    poll(ask, stop)


def poll(ask: Callable[[], tuple[int, int, int, int]], stop: Path) -> None:
    """Ask until told to stop; prints what was seen as JSON."""
    polls, newest = 0, -1
    wrong: list[str] = []
    while not stop.exists():
        try:
            rows, low, high, failing = ask()
        except Exception as error:  # noqa: BLE001 every error of a reader is a finding
            wrong.append(f"{type(error).__name__}: {error}"[:600])
        else:
            if low != high or rows != 9:
                wrong.append(f"mixed: {rows} rows of generations {low} to {high}")
            if failing:
                wrong.append(f"{failing} unaudited rows of generation {high}")
            if high < newest:
                wrong.append(f"went back from generation {newest} to {high}")
            newest = max(newest, high)
        polls += 1
        time.sleep(0.04)
    print(json.dumps({"polls": polls, "newest": newest, "wrong": wrong[:20]}))


def repeat(folder: Path, rounds: int) -> None:
    """Plan, run, query and collect again and again; prints errors a user would have seen."""
    wrong: list[str] = []
    for _ in range(rounds):
        with andon.open(folder) as project:
            for work in (
                project.plan,
                project.run,
                lambda: project.query(SEEN_BY_ANDON),
                project.gc,
            ):
                try:
                    work()
                except Conflict as error:
                    if error.code != "RUN006":
                        wrong.append(str(error))
                except AndonError as error:
                    wrong.append(str(error))
    print(json.dumps({"wrong": wrong}))


def replay(folder: Path, file: Path, on_step: Callable[[str], None]) -> None:
    """Land a repaired file into `raw.t`, without a run."""
    spec = load(folder)
    tools = wire(folder, spec, on_step=on_step)
    try:
        Replay(tools.tools, spec, "prod", "raw.t", "ana").file(file)
    finally:
        tools.close()


def push(folder: Path, most_bytes: int, on_step: Callable[[str], None]) -> None:
    """Keep standard input; prints what is kept after each chunk, as a producer is told."""
    spec = load(folder)
    tools = wire(folder, spec, on_step=on_step)

    def tell(kept: Kept) -> None:
        print(json.dumps({"bytes": kept.bytes}), flush=True)

    try:
        table = pushable(spec, "s.events")
        Push(tools.tools, table, most_bytes=most_bytes, tell=tell).read(sys.stdin.fileno())
    finally:
        tools.close()


def main() -> int:
    """Take mode, folder and settings from the command line."""
    mode, folder = sys.argv[1], Path(sys.argv[2])
    given = dict(item.split("=", 1) for item in sys.argv[3:])
    match mode:
        case "run":
            # Else a small load of remote files is recorded in one step.
            fetch.BATCH_FILES = int(given.get("batch_files", fetch.BATCH_FILES))
            if "after_s" in given:
                return once(folder, dying_after(float(given["after_s"])))
            return once(folder, dying_at(given.get("step", ""), int(given.get("nth", "0"))))
        case "publish":
            publish(folder, int(given["seed"]), int(given["first"]), int(given["last"]))
        case "read":
            read(folder, Path(given["stop"]))
        case "export":
            export(folder, Path(given["stop"]))
        case "replay":
            step, nth = given.get("step", ""), int(given.get("nth", "0"))
            replay(folder, Path(given["file"]), dying_at(step, nth))
        case "push":
            on_step = dying_at(given.get("step", ""), int(given.get("nth", "0")))
            push(folder, int(given["most_bytes"]), on_step)
        case "repeat":
            repeat(folder, int(given["rounds"]))
        case _:
            raise ValueError(mode)
    return 0


if __name__ == "__main__":
    sys.exit(main())
