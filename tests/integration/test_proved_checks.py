"""Checks that the query proves are not asked of the rows; everything else is."""

from __future__ import annotations

from pathlib import Path

import andon
from andon.app.project import Project
from tests.factories import write_files, write_project

FILES = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
    "data/a.csv": "k,v\n" + "".join(f"{n}.2,{n}\n{n}.2,7\n{n}.4,{n}\n" for n in range(1500)),
}
GROUPED = "select k, count(*) as n from raw.a group by k"


def asset(query: str, *checks: str, header: str = "") -> str:
    lines = "".join(f"  - {check}\n" for check in checks)
    return f"/* andon\n{header}checks:\n{lines}*/\n{query}\n"


def seen(project: Project) -> dict[str, tuple[str, str]]:
    audit = project.run().outcomes[-1].audit
    assert audit is not None
    return {one.label: (one.verdict, one.observed) for one in audit.results}


def test_a_check_that_the_query_proves_passes_and_says_why(tmp_path: Path) -> None:
    write_project(tmp_path, {**FILES, "assets/m/a.sql": asset(GROUPED, "unique: k", "not_null: n")})
    with andon.open(tmp_path) as project:
        assert seen(project) == {
            "unique: k": ("pass", "proved by the query: grouped by k"),
            "not_null: n": ("pass", "proved by the query: a count is never null"),
        }


def test_views_and_quarantine_are_proved_too(tmp_path: Path) -> None:
    aside = asset(GROUPED, "unique: k\n    on_fail: quarantine")
    view = asset("select distinct n from m.a", "unique: n", header="materialize: view\n")
    write_project(tmp_path, {**FILES, "assets/m/a.sql": aside, "assets/m/b.sql": view})
    with andon.open(tmp_path) as project:
        found = {one.asset: one.audit for one in project.run().outcomes}
        observed = [
            one.observed
            for audit in map(found.get, ("m.a", "m.b"))
            if audit
            for one in audit.results
        ]
        assert observed == [
            "proved by the query: grouped by k",
            "proved by the query: its rows are distinct",
        ]


def test_a_declared_type_that_makes_keys_equal_is_found_out(tmp_path: Path) -> None:
    wrong = asset(GROUPED, "unique: k", header="columns: {k: integer}\n")
    write_project(tmp_path, {**FILES, "assets/m/a.sql": wrong})
    with andon.open(tmp_path) as project:
        assert seen(project) == {"unique: k": ("fail", "3,000 of 3,000 rows")}


def test_a_macro_that_looks_like_a_function_proves_nothing(tmp_path: Path) -> None:
    query = "select nvl(null, 0) as n from raw.a"
    macro = "create macro nvl(a, b) as a;\n"
    files = {"assets/m/a.sql": asset(query, "not_null: n"), "macros/m.sql": macro}
    write_project(tmp_path, {**FILES, **files})
    with andon.open(tmp_path) as project:
        assert seen(project) == {"not_null: n": ("fail", "4,500 of 4,500 rows")}


def test_what_is_judged_again_is_asked_of_the_rows(tmp_path: Path) -> None:
    write_project(tmp_path, {**FILES, "assets/m/a.sql": asset(GROUPED, "unique: k")})
    with andon.open(tmp_path) as project:
        project.run()
        (outcome,) = project.check("m.a")
        assert outcome.audit is not None
        assert [one.observed for one in outcome.audit.results] == ["0 of 3,000 rows"]
        write_files(tmp_path, {"assets/m/a.sql": asset(GROUPED, "unique: [k, n]")})
        assert seen(project) == {"unique: k, n": ("pass", "0 of 3,000 rows")}


def test_few_rows_are_asked_since_that_costs_less(tmp_path: Path) -> None:
    few = {"data/a.csv": "k,v\n1,2\n3,4\n"}
    write_project(tmp_path, {**FILES, **few, "assets/m/a.sql": asset(GROUPED, "unique: k")})
    with andon.open(tmp_path) as project:
        assert seen(project) == {"unique: k": ("pass", "0 of 2 rows")}
