"""A file that cannot be read is left out and told on every run; the others are read."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.execution.outcome import RunReport
from tests.factories import rows_of, run_andon, write_files, write_project

PROJECT = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": "tables:\n  t:\n    path: data/*\n    limit: 0\n",
    "assets/staging/t.sql": "select a from raw.t\n",
    "data/a.json": '[{"a": 1}]',
}
BROKEN = '[{"a": 2}, '


def run(folder: Path) -> RunReport:
    with andon.open(folder) as project:
        return project.run()


def told(report: RunReport) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity) for problem in report.warnings]


def values(folder: Path) -> list[object]:
    return [row[0] for row in rows_of(folder, "select a from staging.t order by a")]


def test_the_others_are_published_and_every_run_warns(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": BROKEN})
    reports = [run(tmp_path) for _ in range(3)]
    assert [report.status for report in reports] == ["done", "nothing", "nothing"]
    assert [report.exit_code for report in reports] == [0, 0, 0]
    assert [told(report) for report in reports] == [[("SRC003", "warning")]] * 3
    assert "`data/b.json`" in reports[2].warnings[0].what
    assert values(tmp_path) == [1]


def test_further_files_go_on_beside_one_that_cannot_be_read(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": BROKEN})
    run(tmp_path)
    write_files(tmp_path, {"data/c.json": '[{"a": 3}]'})
    assert told(run(tmp_path)) == [("SRC003", "warning")]
    assert values(tmp_path) == [1, 3]
    assert run(tmp_path).status == "nothing"


def test_setting_it_aside_ends_the_warning(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": BROKEN})
    run(tmp_path)
    assert run_andon(tmp_path, "check", "--set-aside", "data/b.json").returncode == 0
    assert told(run(tmp_path)) == []
    assert values(tmp_path) == [1]


def test_a_repaired_file_is_read(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": BROKEN})
    run(tmp_path)
    write_files(tmp_path, {"data/b.json": '[{"a": 2}]'})
    assert told(run(tmp_path)) == []
    assert values(tmp_path) == [1, 2]


def test_the_version_before_a_broken_one_is_read_in_its_place(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": '[{"a": 2}]'})
    run(tmp_path)
    for broken in (BROKEN, BROKEN + "["):
        write_files(tmp_path, {"data/b.json": broken})
        report = run(tmp_path)
        assert told(report) == [("SRC003", "warning")]
        assert "the version before it is read in its place" in report.warnings[0].why
        assert values(tmp_path) == [1, 2]
    assert run(tmp_path).status == "nothing"
    write_files(tmp_path, {"data/b.json": '[{"a": 5}]'})
    assert told(run(tmp_path)) == []
    assert values(tmp_path) == [1, 5]


def test_a_new_reading_tries_it_again(tmp_path: Path) -> None:
    lines = {"data/a.json": '{"a": 1}', "data/b.json": '{"a": 2}\n{"a": nothing}\n'}
    write_project(tmp_path, {**PROJECT, **lines})
    assert told(run(tmp_path)) == [("SRC003", "warning")]
    write_files(
        tmp_path,
        {"sources/raw.yml": "tables:\n  t:\n    path: data/*\n    format: jsonl\n    limit: 1\n"},
    )
    assert told(run(tmp_path)) == []
    assert values(tmp_path) == [1, 2]


def test_a_table_of_which_nothing_can_be_read_fails(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/a.json": BROKEN, "data/b.json": "[{"})
    for _ in range(2):
        report = run(tmp_path)
        assert report.exit_code == 1
        assert [p.code for p in report.outcomes[0].problems] == ["SRC003", "SRC003"]


def test_a_file_of_unknown_format_does_not_stop_the_others(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/notes.docx": "words"})
    assert told(run(tmp_path)) == [("SRC002", "warning")]
    assert values(tmp_path) == [1]


def test_malformed_rows_beyond_the_limit_still_fail_the_table(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/a.json": "", "data/a.csv": "a,b\n1,2\n3\n"})
    (tmp_path / "data/a.json").unlink()
    report = run(tmp_path)
    assert [p.code for p in report.outcomes[0].problems] == ["SRC007"]


def test_what_was_taken_back_is_not_published_again_beside_a_broken_file(tmp_path: Path) -> None:
    write_project(tmp_path, PROJECT)
    with andon.open(tmp_path) as project:
        project.run()
        write_files(tmp_path, {"data/b.json": BROKEN, "data/c.json": '[{"a": 3}]'})
        project.run()
        project.rollback(to=1, by="me")
        report = project.run()
    assert report.publication is None
    assert values(tmp_path) == [1]


def test_the_same_file_damaged_in_two_formats_of_names_is_told_with_its_own_reason(
    tmp_path: Path,
) -> None:
    good = {"data/a.csv": "a\n1\n", "data/a.json": ""}
    bad = {"data/b.csv": "1,2\n3,4\n", "data/c.csv.gz": "no gzip", "data/d.csv": "_file\nx\n"}
    write_project(tmp_path, {**PROJECT, **good, **bad})
    (tmp_path / "data/a.json").unlink()
    (tmp_path / "data/c.csv.gz").write_bytes(b"\x1f\x8b\x08\x00")
    codes = [code for code, _ in told(run(tmp_path))]
    assert codes == ["SRC006", "SRC003", "SRC005"]
    assert values(tmp_path) == [1]


def test_showing_the_table_tells_what_is_left_out(tmp_path: Path) -> None:
    write_project(tmp_path, {**PROJECT, "data/b.json": BROKEN})
    run(tmp_path)
    with andon.open(tmp_path) as project:
        view = project.show("raw.t")
    assert "`data/b.json` cannot be read" in dict(view.facts)["left out"]
    assert view.snapshot is not None
    assert "SRC003" in dict(view.snapshot.facts)["left out"]


def test_a_column_that_only_the_broken_file_has_is_no_mistake(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            **PROJECT,
            "data/b.json": '[{"z": 2}, ',
            "sources/raw.yml": "tables:\n  t: {path: data/*, columns: {z: BIGINT}}\n",
        },
    )
    assert run(tmp_path).exit_code == 0


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_the_order_of_arrival_does_not_matter(tmp_path: Path, order: tuple[str, str]) -> None:
    contents = {"a": '[{"a": 7}]', "b": BROKEN}
    write_project(tmp_path, {**PROJECT, "data/a.json": '[{"a": 1}]'})
    for name in order:
        write_files(tmp_path, {f"data/x{name}.json": contents[name]})
        assert run(tmp_path).exit_code == 0
    assert values(tmp_path) == [1, 7]
