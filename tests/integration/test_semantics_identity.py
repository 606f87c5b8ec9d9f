"""Rules of identity: what makes an asset due, what does not, and when readers need no rebuild."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import andon
from andon.app.preparing.selection import EVERYTHING
from andon.app.project import Project
from andon.spec.asset import SqlBody
from tests.factories import words, write_files, write_project

BASE = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
    "data/a.csv": "id,v\n1,10\n2,20\n3,30\n",
}


def test_readers_are_not_rebuilt_when_the_content_of_an_input_stays_the_same(
    tmp_path: Path,
) -> None:
    files = {
        **BASE,
        "assets/m/a.sql": "select id, v from raw.a",
        "assets/m/b.sql": "select sum(v) as total from m.a",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        served = project.table("m.a").snapshot.id
        write_files(tmp_path, {"assets/m/a.sql": "select id, v from raw.a where id > 0"})
        plan = project.plan()
        report = project.run()

        assert {a.asset: a.verb for a in plan.work} == {"m.a": "build", "m.b": "maybe"}
        assert words(report) == {"raw.a": "unchanged", "m.a": "same", "m.b": "unchanged"}
        assert project.table("m.a").snapshot.id == served
        assert not project.plan().has_work


def test_going_back_to_former_code_reuses_what_was_built(tmp_path: Path) -> None:
    write_project(tmp_path, {**BASE, "assets/m/a.sql": "select id, v from raw.a"})
    with andon.open(tmp_path) as project:
        project.run()
        first = project.table("m.a").snapshot.id
        write_files(tmp_path, {"assets/m/a.sql": "select id from raw.a"})
        project.run()
        write_files(tmp_path, {"assets/m/a.sql": "select id, v from raw.a"})

        assert words(project.run())["m.a"] == "reused"
        assert project.table("m.a").snapshot.id == first


def test_only_assets_that_read_a_parameter_are_due_when_it_changes(tmp_path: Path) -> None:
    toml = '[project]\nname = "p"\n[parameters]\nleast = {}\nother = {}\n'
    files = {
        **BASE,
        "andon.toml": toml.format(15, 1),
        "assets/m/a.sql": "select id, v from raw.a where v > $least",
        "assets/m/b.sql": "select id from raw.a",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"andon.toml": toml.format(15, 2)})
        assert not project.plan().has_work

        write_files(tmp_path, {"andon.toml": toml.format(25, 2)})
        assert words(project.run()) == {"raw.a": "unchanged", "m.a": "built", "m.b": "unchanged"}
        assert project.query("select id from m.a").rows == ((3,),)


def test_a_changed_macro_makes_those_due_that_reach_it(tmp_path: Path) -> None:
    files = {
        **BASE,
        "macros/m.sql": "create macro inner_(x) as x + 1;\ncreate macro outer_(x) as inner_(x) * 2;",
        "assets/m/a.sql": "select outer_(v) as v from raw.a",
        "assets/m/b.sql": "select v from raw.a",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"macros/m.sql": files["macros/m.sql"].replace("x + 1", "x + 2")})
        report = project.run()

        assert words(report) == {"raw.a": "unchanged", "m.a": "built", "m.b": "unchanged"}
        assert project.query("select min(v) from m.a").rows == ((24,),)


def test_comments_and_layout_anywhere_rebuild_nothing(tmp_path: Path) -> None:
    python = (
        "import polars as pl\n\nfrom andon import asset\n\n\n"
        '@asset(inputs={{"a": "m.a"}})\ndef p(a: pl.DataFrame) -> pl.DataFrame:\n'
        '    """{doc}"""\n    return a.head(2)\n'
    )
    files = {
        **BASE,
        "assets/m/a.sql": "select id, v from raw.a",
        "assets/m/p.py": python.format(doc="One."),
        "macros/m.sql": "create macro f(x) as x + 1;",
        "assets/m/b.sql": "select f(v) as v from m.p",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path,
            {
                "assets/m/a.sql": "/* andon\ndescription: x\nowner: y\ntags: [z]\n*/\n"
                "-- said\nSELECT  id,\n  v\nFROM raw.a  -- end\n",
                "assets/m/p.py": "# said\n" + python.format(doc="Two."),
                "macros/m.sql": "-- said\ncreate macro f(x) as x  +  1;",
                "sources/raw.yml": "# said\n" + BASE["sources/raw.yml"],
            },
        )
        report = project.run()

        assert report.status == "nothing"
        assert set(words(report).values()) == {"unchanged"}


def test_clock_functions_return_the_logical_time_of_the_run(tmp_path: Path) -> None:
    write_project(tmp_path, {**BASE, "assets/m/a.sql": "select now() as t, current_date as d"})
    with andon.open(tmp_path) as project:
        project.run()
        ((moment, day),) = project.query("select t, d from m.a").rows
        runs = project._session.wired(project.spec).tools.catalog.runs(1)

        assert moment == runs[0].logical_time
        assert day == moment.date()


def test_a_reader_of_the_clock_is_due_again_only_as_often_as_it_declares(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            **BASE,
            "assets/m/hourly.sql": "/* andon\nevery: 1 hour\n*/\nselect now() as t",
            "assets/m/once.sql": "select now() as t",
        },
    )
    with andon.open(tmp_path) as project:
        project.run()
        at = datetime.now(UTC)
        start = at.replace(minute=0, second=0, microsecond=0)

        assert _due(project, at) == set()
        assert _due(project, start + timedelta(hours=1, minutes=1)) == {"m.hourly"}


def test_sql_that_only_the_engine_understands_still_runs_and_follows_its_inputs(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**BASE, "assets/m/a.sql": "select sum(v) as v, x'ab' as b from raw.a"})
    with andon.open(tmp_path) as project:
        body = project.spec.assets[0].body
        assert isinstance(body, SqlBody)
        assert body.is_opaque
        assert project.run().exit_code == 0
        assert project.query("select v, b from m.a").rows == ((60, b"\xab"),)

        write_files(tmp_path, {"data/a.csv": "id,v\n1,10\n2,21\n3,30\n"})
        assert words(project.run())["m.a"] == "built"


def test_a_view_is_bound_to_exact_snapshots(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            **BASE,
            "assets/m/v.sql": "/* andon\nmaterialize: view\n*/\nselect sum(v) as total from raw.a",
            "assets/m/w.sql": "/* andon\nmaterialize: view\n*/\nselect total * 2 as twice from m.v",
        },
    )
    with andon.open(tmp_path) as project:
        project.run()
        first = project.history()[0].number
        write_files(tmp_path, {"data/a.csv": "id,v\n1,100\n"})
        project.run()
        assert project.query("select total, twice from m.v, m.w").rows == ((100, 200),)
        assert project.query("select twice from m.w", as_of=first).rows == ((120,),)

        project.rollback(to=first)
        assert project.query("select total, twice from m.v, m.w").rows == ((60, 120),)


@pytest.mark.parametrize("deleted", ["x", "y", "z"])
def test_views_over_one_source_do_not_feel_that_another_is_deleted_and_rebuilt(
    tmp_path: Path, deleted: str
) -> None:
    views = {
        f"assets/m/{name}.sql": f"/* andon\nmaterialize: view\n*/\nselect id, v * {n} v from raw.a"
        for n, name in enumerate("xyz", 1)
    }
    write_project(tmp_path, {**BASE, **views})
    with andon.open(tmp_path) as project:
        project.run()
        before = _digests(project)
        path = f"assets/m/{deleted}.sql"
        (tmp_path / path).unlink()
        report = project.run()
        others = {k: v for k, v in before.items() if k != f"m.{deleted}"}
        assert _digests(project) == others
        assert {w for n, w in words(report).items()} == {"unchanged"}

        write_files(tmp_path, {path: views[path]})
        project.run()
        assert _digests(project) == before


def test_a_mixed_graph_of_fifty_steps_is_built_in_order(tmp_path: Path) -> None:
    dice = random.Random(4)
    files = {**BASE, "andon.toml": '[project]\nname = "fifty"\n[settings]\nthreads = 2\n'}
    known = ["raw.a"]
    expected = {"raw.a": 60}
    for number in range(50):
        reads = dice.sample(known[-8:], k=min(len(known), dice.randint(1, 3)))
        name = f"n{number:02}"
        expected[f"m.{name}"] = (sum(expected[r] for r in reads) + number) % 1000
        if number % 5 == 4:
            arguments = ", ".join(f"a{i}: pl.DataFrame" for i in range(len(reads)))
            inputs = ", ".join(f'"a{i}": "{read}"' for i, read in enumerate(reads))
            total = " + ".join(f'a{i}["v"].sum()' for i in range(len(reads)))
            files[f"assets/m/{name}.py"] = (
                "import polars as pl\n\nfrom andon import asset\n\n\n"
                f"@asset(inputs={{{inputs}}})\ndef {name}({arguments}) -> pl.DataFrame:\n"
                f'    return pl.DataFrame({{"v": [({total} + {number}) % 1000]}})\n'
            )
        else:
            total = " + ".join(f"(select sum(v) from {read})" for read in reads)
            files[f"assets/m/{name}.sql"] = f"select (({total}) + {number}) % 1000 as v"
        known.append(f"m.{name}")
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        report = project.run()

        assert report.exit_code == 0
        union = " union all ".join(f"select '{n}', sum(v)::bigint from {n}" for n in expected)
        assert dict(project.query(union).rows) == expected


def _due(project: Project, moment: datetime) -> set[str]:
    from andon.app.preparing.prepare import prepare

    spec = project.spec
    tools = project._session.wired(spec).tools
    prepared = prepare(tools, spec, "prod", EVERYTHING, logical_time=moment)
    return {action.asset for action in prepared.plan.work}


def _digests(project: Project) -> dict[str, str]:
    return {
        line.name: project.table(line.name).snapshot.digest.value
        for line in project.assets()
        if line.publication is not None
    }
