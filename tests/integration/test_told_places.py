"""Errors of runs and calls name the place, and every one of them at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import andon
from andon.errors import Problem, TaskFailed, UsageError
from tests.factories import write_files, write_project

ONE = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
    "data/a.csv": "id,v\n1,10\n2,20\n",
    "assets/m/a.sql": "select id, v from raw.a",
}


def first_problem(folder: Path) -> Problem:
    with andon.open(folder) as project:
        outcome = next(o for o in project.run().outcomes if o.asset == "m.a")
    return outcome.problems[0]


def test_an_unknown_column_is_shown_where_it_is_written(tmp_path: Path) -> None:
    write_project(tmp_path, {**ONE, "assets/m/a.sql": "select id,\n  x.vv\nfrom raw.a as x\n"})

    where = first_problem(tmp_path).where
    assert where is not None
    assert (str(where), where.text, where.length) == ("assets/m/a.sql:2:5", "  x.vv", 2)


def test_an_unknown_column_of_a_check_is_shown_in_the_header(tmp_path: Path) -> None:
    header = "/* andon\nchecks:\n  - expect: vv > 0\n*/\n"
    write_project(tmp_path, {**ONE, "assets/m/a.sql": header + "select id, v from raw.a"})

    assert str(first_problem(tmp_path).where) == "assets/m/a.sql:3:13"


@pytest.mark.parametrize(
    ("query", "fix"),
    [
        ("select idd from raw.a", 'write one of these: "id"'),
        ("select substrin(v, 1) as i from raw.a", 'perhaps write "substring'),
    ],
)
def test_what_the_engine_suggests_is_told_as_a_fix(tmp_path: Path, query: str, fix: str) -> None:
    write_project(tmp_path, {**ONE, "assets/m/a.sql": query})

    assert first_problem(tmp_path).fix.startswith(fix)


def test_a_failure_without_a_line_names_the_file_of_its_asset(tmp_path: Path) -> None:
    write_project(tmp_path, {**ONE, "assets/m/a.sql": "select 1 as a, 2 as a"})

    assert str(first_problem(tmp_path).where) == "assets/m/a.sql"


def test_every_raw_table_without_a_file_is_told_at_once(tmp_path: Path) -> None:
    tables = "tables:\n  a: {path: data/x.csv}\n  b: {path: data/y.csv}\n"
    write_project(tmp_path, {"sources/raw.yml": tables})
    with andon.open(tmp_path) as project:
        planned = project.plan()
        report = project.run()

    assert [problem.code for problem in planned.warnings] == ["SRC001", "SRC001"]
    assert [o.problems[0].code for o in report.outcomes] == ["SRC001", "SRC001"]
    assert str(report.outcomes[0].problems[0].where) == "sources/raw.yml"


@pytest.mark.parametrize("call", ["rollback", "release", "history"])
def test_an_asset_that_nobody_knows_is_told_with_the_closest_name(
    tmp_path: Path, call: str
) -> None:
    write_project(tmp_path, ONE)
    with andon.open(tmp_path) as project:
        project.run()
        calls: dict[str, Callable[[], object]] = {
            "rollback": lambda: project.rollback(asset="m.aa"),
            "release": lambda: project.release(["m.aa"]),
            "history": lambda: project.history("m.aa"),
        }
        with pytest.raises(UsageError) as raised:
            calls[call]()

    assert raised.value.code == "APP002"
    assert "`m.a`" in raised.value.problems[0].fix


def test_a_time_before_the_first_publication_is_told_as_such(tmp_path: Path) -> None:
    write_project(tmp_path, ONE)
    with andon.open(tmp_path) as project:
        project.run()
        with pytest.raises(UsageError, match="nothing was published in `prod` by 2020-01-01"):
            project.table("m.a", as_of="2020-01-01")


def test_a_query_without_its_parameter_says_how_to_give_it(tmp_path: Path) -> None:
    write_project(tmp_path, ONE)
    with andon.open(tmp_path) as project:
        project.run()
        with pytest.raises(TaskFailed) as raised:
            project.query("select $x")

    assert "-p NAME=VALUE" in raised.value.problems[0].fix


def test_an_error_in_a_notebook_says_what_why_and_how_to_fix_it() -> None:
    error = UsageError(Problem(code="APP002", what="no `x`", why="nobody wrote it", fix="write it"))

    assert str(error).splitlines()[:3] == [
        "error[APP002]: no `x`",
        "  why: nobody wrote it",
        "  fix: write it",
    ]


@pytest.mark.parametrize(
    ("macro", "told", "ask"),
    [
        ("create macro twice(a) as (a + );", "macro `twice`: ", lambda p: p.query("select 1")),
        ("create macro twice( as 1;", "no macro", lambda p: p.plan()),
    ],
)
def test_a_broken_macro_is_named_with_its_file(
    tmp_path: Path, macro: str, told: str, ask: Callable[[andon.Project], object]
) -> None:
    write_project(tmp_path, {**ONE, "macros/math.sql": f"create macro one() as 1;\n{macro}\n"})
    with andon.open(tmp_path) as project, pytest.raises(andon.AndonError) as raised:
        ask(project)

    (problem,) = raised.value.problems
    assert told in problem.what
    assert problem.where is not None
    assert problem.where.path == "macros/math.sql"


def test_gc_tells_the_oldest_publication_of_the_environment_it_is_asked_of(tmp_path: Path) -> None:
    write_project(tmp_path, ONE)
    for environment in ("prod", "dev"):
        with andon.open(tmp_path, environment) as project:
            project.run()
    with andon.open(tmp_path) as project:
        assert project.gc(dry_run=True).horizon == 1


def test_reports_and_plans_show_themselves_in_a_few_lines(tmp_path: Path) -> None:
    write_project(tmp_path, ONE)
    with andon.open(tmp_path) as project:
        planned = repr(project.plan())
        done = repr(project.run())
        write_files(
            tmp_path,
            {
                "assets/m/a.sql": "/* andon\nchecks: [unique: w]\n*/\nselect 1 as w union all select 1"
            },
        )
        failed = repr(project.run())

    assert planned == "<plan for prod on publication 0: 2 of 2 assets\n  build raw.a\n  build m.a>"
    assert done == "<run in prod: done, publication 1 (2 built)>"
    assert failed.splitlines()[1].startswith("  held m.a: check `unique: w` of `m.a` failed")
