"""Rules of checks: what is judged, against what, and what a failure holds back."""

from __future__ import annotations

from pathlib import Path

import andon
from andon.app.project import Project
from andon.execution.outcome import RunReport
from tests.factories import rows_of, words, write_files, write_project

PAIR = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n  b: {path: data/b.csv}\n",
    "data/a.csv": "id,v\n1,10\n2,20\n3,30\n",
    "data/b.csv": "id\n1\n2\n3\n",
    "assets/m/a.sql": "select id, v from raw.a",
    "assets/m/b.sql": "select id from raw.b",
}
RELATED = "/* andon\nchecks:\n  - relationship: {id: m.b.id}\n*/\nselect id, v from raw.a"


def held(report: RunReport) -> set[str]:
    return {item.asset for item in report.held}


def checked(check: str, query: str, **header: str) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in header.items())
    return f"/* andon\n{lines}checks:\n  - {check}\n*/\n{query}"


def test_changed_checks_are_judged_again_without_rebuilding(tmp_path: Path) -> None:
    write_project(tmp_path, PAIR)
    with andon.open(tmp_path) as project:
        project.run()
        before = project.table("m.a").snapshot
        write_files(tmp_path, {"assets/m/a.sql": checked("unique: id", PAIR["assets/m/a.sql"])})
        report = project.run()

        assert words(report)["m.a"] == "audited"
        assert project.table("m.a").snapshot.id == before.id
        assert report.exit_code == 0


def test_a_tightened_check_that_fails_keeps_the_line_stopped_until_it_is_mended(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**PAIR, "assets/m/c.sql": "select id, v from m.a"})
    tightened = checked("range: {v: {max: 20}}", PAIR["assets/m/a.sql"])
    with andon.open(tmp_path) as project:
        project.run()
        write_files(
            tmp_path, {"assets/m/a.sql": tightened, "assets/m/c.sql": "select id, v + 1 v from m.a"}
        )
        for _ in range(3):
            report = project.run()
            assert report.exit_code == 1
            assert held(report) == {"m.a", "m.c"}
        assert project.query("select min(v) from m.c").rows == ((10,),)

        write_files(tmp_path, {"assets/m/a.sql": PAIR["assets/m/a.sql"]})
        assert project.run().exit_code == 0
        assert project.query("select min(v) from m.c").rows == ((11,),)


def test_a_new_relationship_on_an_unchanged_asset_is_judged_at_once(tmp_path: Path) -> None:
    write_project(tmp_path, {**PAIR, "data/b.csv": "id\n1\n2\n"})
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"assets/m/a.sql": RELATED})

        for _ in range(2):
            report = project.run()
            assert report.exit_code == 1
            assert held(report) == {"m.a"}

        write_files(tmp_path, {"data/b.csv": PAIR["data/b.csv"]})
        assert project.run().exit_code == 0
        assert project.run().status == "nothing"


def test_a_relationship_is_judged_against_the_set_about_to_be_published(tmp_path: Path) -> None:
    write_project(tmp_path, {**PAIR, "assets/m/a.sql": RELATED})
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,10\n9,90\n", "data/b.csv": "id\n1\n9\n"})
        report = project.run()

        assert report.exit_code == 0
        assert project.query("select max(id) from m.a").rows == ((9,),)


def test_a_candidate_that_is_held_is_no_support_for_a_relationship(tmp_path: Path) -> None:
    files = {**PAIR, "assets/m/a.sql": RELATED}
    files["assets/m/b.sql"] = checked("range: {id: {max: 8}}", "select id from raw.b")
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n9,90\n", "data/b.csv": "id\n1\n9\n"})
        report = project.run()

        assert {"m.a", "m.b"} <= held(report)
        assert project.query("select max(id) from m.a").rows == ((3,),)


def test_a_check_on_an_unchanged_asset_holds_the_asset_that_changed_under_it(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**PAIR, "assets/m/a.sql": RELATED})
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/b.csv": "id\n1\n2\n"})
        report = project.run()

        assert words(report)["m.a"] == "unchanged"
        assert held(report) == {"m.b"}
        assert project.query("select count(*) from m.b").rows == ((3,),)
        assert project.run().exit_code == 1


def test_three_bad_rows_of_a_thousand_are_set_aside_with_their_reason(tmp_path: Path) -> None:
    _thousand(tmp_path, bad=3)
    with andon.open(tmp_path) as project:
        report = project.run()
        snapshot = project.table("m.a").snapshot
        failing = project.failing("m.a")

        assert report.exit_code == 0
        assert (snapshot.rows, snapshot.set_aside) == (997, 3)
        assert project.query("select count(*), min(v) from m.a").rows == ((997, 4),)
        assert sum(len(found.rows) for found in failing) == 3
        assert any("range" in str(row) for found in failing for row in (found.check, *found.rows))


def test_rows_in_equal_rows_published_plus_rows_set_aside(tmp_path: Path) -> None:
    _thousand(tmp_path, bad=7)
    with andon.open(tmp_path) as project:
        project.run()
        raw, staged = project.table("raw.a").snapshot, project.table("m.a").snapshot

        assert raw.rows == staged.rows + staged.set_aside == 1000


def test_quarantine_beyond_its_limit_stops(tmp_path: Path) -> None:
    _thousand(tmp_path, bad=11)
    with andon.open(tmp_path) as project:
        report = project.run()

        assert report.exit_code == 1
        assert held(report) == {"m.a"}
        assert project.assets("m.a")[0].publication is None


def test_set_checks_are_judged_on_what_is_left_after_quarantine(tmp_path: Path) -> None:
    query = "select id, v from raw.a"
    text = checked(
        "range: {v: {min: 0}}\n    on_fail: quarantine\n  - row_count: {max: 997}", query
    )
    _thousand(tmp_path, bad=3, asset=text)
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0


def test_a_first_build_that_fails_publishes_nothing_and_readers_learn_why(tmp_path: Path) -> None:
    text = checked("range: {v: {max: 20}}", PAIR["assets/m/a.sql"])
    write_project(tmp_path, {**PAIR, "assets/m/a.sql": text})
    with andon.open(tmp_path) as project:
        report = project.run()

        assert report.exit_code == 1
        problem = _refused(project, "select * from m.a")
        assert problem[0] == "APP003"
        assert "range" in problem[1]


def test_together_groups_switch_with_everything_below_their_members(tmp_path: Path) -> None:
    files = {
        **PAIR,
        "assets/m/a.sql": checked("range: {v: {max: 50}}", "select id, v from raw.a", together="g"),
        "assets/m/b.sql": "/* andon\ntogether: g\n*/\nselect id from raw.b",
        "assets/m/below.sql": "select max(id) as top from m.b",
        "assets/m/apart.sql": "select count(*) as n from raw.b",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,99\n", "data/b.csv": "id\n1\n2\n3\n4\n"})
        report = project.run()

        assert held(report) == {"m.a", "m.b", "m.below"}
        assert project.query("select top from m.below").rows == ((3,),)
        assert project.query("select n from m.apart").rows == ((4,),)


def test_a_partial_publication_names_the_siblings_on_newer_inputs(tmp_path: Path) -> None:
    files = {
        **PAIR,
        "assets/m/strict.sql": checked("range: {v: {max: 50}}", "select id, v from m.a"),
        "assets/m/free.sql": "select max(v) as top from m.a",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/a.csv": "id,v\n1,99\n"})
        report = project.run()

        assert report.exit_code == 1
        assert report.publication is not None
        assert report.publication.is_partial
        (item,) = report.publication.held
        assert (item.asset, item.newer) == ("m.strict", ("m.free",))


def test_a_check_that_warns_never_holds(tmp_path: Path) -> None:
    text = checked("range: {v: {max: 20}}\n    on_fail: warn", PAIR["assets/m/a.sql"])
    write_project(tmp_path, {**PAIR, "assets/m/a.sql": text})

    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
        assert project.run().status == "nothing"


def test_a_check_may_read_an_asset_further_down(tmp_path: Path) -> None:
    files = {
        **PAIR,
        "assets/m/a.sql": checked("sql: checks/lost.sql", PAIR["assets/m/a.sql"]),
        "assets/m/low.sql": "select id from m.a where id < 3",
        "checks/lost.sql": "select id from m.a where id not in (select id from m.low)",
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        report = project.run()
        assert held(report) == {"m.a", "m.low"}

        write_files(tmp_path, {"assets/m/low.sql": "select id from m.a"})
        assert project.run().exit_code == 0
    assert rows_of(tmp_path, "select id from m.low") == [(1,), (2,), (3,)]


def test_quarantine_against_another_asset_makes_it_an_input(tmp_path: Path) -> None:
    files = dict(PAIR)
    files["assets/m/a.sql"] = checked(
        "relationship: {id: m.b.id}\n    on_fail: quarantine",
        "select id, v from raw.a",
        limit="50%",
    )
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/b.csv": "id\n1\n2\n"})
        report = project.run()

        assert words(report)["m.a"] == "built"
        snapshot = project.table("m.a").snapshot
        assert (snapshot.rows, snapshot.set_aside) == (2, 1)


def test_a_check_is_judged_again_when_a_parameter_or_macro_it_uses_changes(tmp_path: Path) -> None:
    toml = '[project]\nname = "p"\n[parameters]\nmost = {}\n'
    macro = "create macro shifted(x) as x + {};"
    files = {
        **PAIR,
        "andon.toml": toml.format(50),
        "macros/m.sql": macro.format(0),
        "checks/most.sql": "select * from m.a where v > $most",
        "assets/m/a.sql": checked(
            "sql: checks/most.sql\n  - expect: shifted(v) < 2 * $most", PAIR["assets/m/a.sql"]
        ),
    }
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
        write_files(tmp_path, {"andon.toml": toml.format(20)})
        assert held(project.run()) == {"m.a"}
        write_files(tmp_path, {"andon.toml": toml.format(50)})
        assert project.run().exit_code == 0
        write_files(tmp_path, {"macros/m.sql": macro.format(80)})
        assert held(project.run()) == {"m.a"}


def _thousand(folder: Path, bad: int, asset: str = "") -> None:
    rows = "".join(f"{i},{-1 if i <= bad else i}\n" for i in range(1, 1001))
    text = asset or checked(
        "range: {v: {min: 0}}\n    on_fail: quarantine", "select id, v from raw.a"
    )
    write_project(
        folder,
        {
            "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
            "data/a.csv": "id,v\n" + rows,
            "assets/m/a.sql": text,
        },
    )


def _refused(project: Project, sql: str) -> tuple[str, str]:
    try:
        project.query(sql)
    except andon.AndonError as error:
        problem = error.problems[0]
        return problem.code, f"{problem.what} {problem.why} {problem.fix}"
    raise AssertionError("the query was answered")
