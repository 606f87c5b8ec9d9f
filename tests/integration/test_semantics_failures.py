"""Rules of failure: what is tried again, what goes on, and what settings have a say in."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import andon
from andon.app.project import Project
from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.execution.outcome import Notice, Retrying, RunReport
from tests.chain import CHAIN, STRICT
from tests.factories import words, write_files, write_project


def test_transient_failures_are_tried_again_and_terminal_ones_are_not(tmp_path: Path) -> None:
    write_project(tmp_path, CHAIN)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path,
            {
                "assets/m/a.sql": "select id, v + 1 as v from raw.a",
                "assets/m/broken.sql": "select error('never') as x from raw.a",
            },
        )
        report, heard = _run_on_a_disk_full_once(project, tmp_path)

    attempts = {o.asset: (o.word, o.attempts) for o in report.outcomes}
    assert attempts["m.a"] == ("built", 2)
    assert attempts["m.broken"] == ("failed", 1)
    assert [n.asset for n in heard if isinstance(n, Retrying)] == ["m.a"]


def test_the_project_says_how_often_its_assets_are_tried_again(tmp_path: Path) -> None:
    config = '[project]\nname = "shop"\n\n[settings]\nretries = 0\n'
    write_project(tmp_path, {**CHAIN, "andon.toml": config})
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/a.sql": "select id, v + 1 as v from raw.a"})
        report, _ = _run_on_a_disk_full_once(project, tmp_path)
    assert ("m.a", "failed", 1) in [(o.asset, o.word, o.attempts) for o in report.outcomes]


def _run_on_a_disk_full_once(project: Project, root: Path) -> tuple[RunReport, list[Notice]]:
    full = ["rename"]
    heard: list[Notice] = []

    def fill_disk_once(step: str) -> None:
        if step in full:
            full.remove(step)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    wired = wire(root, project.spec, on_step=fill_disk_once)
    try:
        order = Order(environment="prod", observer=heard.append, workers=1)
        return run(wired.tools, project.spec, order), heard
    finally:
        wired.close()


def test_keep_going_builds_what_a_failure_does_not_touch(tmp_path: Path) -> None:
    files = {**CHAIN, "assets/m/a.sql": STRICT, "data/a.csv": "id,v\n1,99\n"}
    files["assets/m/apart.sql"] = "select count(*) as n from raw.a"
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        report = project.run()

        assert words(report) == {
            "raw.a": "built",
            "m.a": "failed",
            "m.apart": "built",
            "m.b": "held",
            "m.c": "held",
        }
        assert project.query("select n from m.apart").rows == ((1,),)


def test_fail_fast_begins_nothing_after_the_first_failure(tmp_path: Path) -> None:
    files = {f"assets/z/n{i}.sql": "select * from m.last" for i in range(4)}
    files["assets/m/bad.sql"] = "select error('no') as x from raw.a"
    files["assets/m/last.sql"] = "select * from m.mid"
    files["assets/m/mid.sql"] = "select count(*) as n from range(20000000) t(i) where i % 7 = 1"
    toml = '[project]\nname = "p"\n[settings]\nthreads = 2\n'
    write_project(tmp_path, {**CHAIN, **files, "andon.toml": toml})
    with andon.open(tmp_path) as project:
        report = project.run(fail_fast=True)

    assert words(report)["m.bad"] == "failed"
    assert "cancelled" in set(words(report).values())


def test_memory_and_threads_of_the_settings_reach_the_engine(tmp_path: Path) -> None:
    toml = '[project]\nname = "p"\n[settings]\nthreads = 1\nmemory = "600MB"\n'
    write_project(tmp_path, {**CHAIN, "andon.toml": toml})
    with andon.open(tmp_path) as project:
        project.run()
        engine = project._session.wired(project.spec).tools.engine()
        ((limit, threads),) = engine.rows(
            "select current_setting('memory_limit'), current_setting('threads')", {}
        )

    assert threads == 1
    assert _megabytes(limit) <= 600


def _megabytes(text: str) -> float:
    number, unit = text.split()
    factor = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[unit]
    return float(number) * factor / 1e6
