"""Columns that change from one load to the next: told, recorded, usable at once."""

from __future__ import annotations

import json
from pathlib import Path

import andon
from andon.events import SchemaChanged
from andon.execution.outcome import RunReport
from andon.schema import FieldChange
from tests.factories import rows_of, run_andon, write_files, write_project

FEED = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": "owner: growth\ntables:\n  t:\n    path: data/*\n",
}
CSV = {**FEED, "data/a.csv": "id,zip\n" + "".join(f"{n},Z{n}\n" for n in range(30))}
JSON = {**FEED, "data/a.jsonl": '{"id": 1, "address": {"city": "Rome"}}\n'}


def run(folder: Path, files: dict[str, str] | None = None) -> RunReport:
    write_files(folder, files or {})
    with andon.open(folder) as project:
        return project.run()


def events(folder: Path) -> list[SchemaChanged]:
    with andon.open(folder) as project:
        found = project._session.wired(project.spec).tools.catalog.events(kinds=("SchemaChanged",))
    return [event for _, _, event in found if isinstance(event, SchemaChanged)]


def kinds(changes: tuple[FieldChange, ...]) -> list[tuple[str, str]]:
    return [(change.path, change.kind) for change in changes]


def test_add_nested_field_to_the_feed_then_the_next_load_is_queryable(tmp_path: Path) -> None:
    write_project(tmp_path, JSON)
    run(tmp_path)
    report = run(
        tmp_path, {"data/b.jsonl": '{"id": 2, "address": {"city": "Bern", "zip": 3000}}\n'}
    )
    assert rows_of(tmp_path, "select id, address.zip from raw.t") == [(1, None), (2, 3000)]
    (event,) = events(tmp_path)
    assert report.schema_changes == (event,)
    assert kinds(event.changes) == [("address.zip", "new")]
    assert (event.table, event.is_breaking) == ("raw.t", False)
    assert 0 < event.seconds < 60
    assert report.warnings == ()


def test_a_first_load_and_one_with_the_same_columns_change_nothing(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    reports = [run(tmp_path), run(tmp_path, {"data/b.csv": "id,zip\n99,Q\n"})]
    assert [report.schema_changes for report in reports] == [(), ()]
    assert events(tmp_path) == []


def test_a_column_that_newer_files_lack_has_vanished_once(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    report = run(tmp_path, {"data/b.csv": "id\n99\n"})
    assert kinds(report.schema_changes[0].changes) == [("zip", "vanished")]
    assert [(p.code, p.severity) for p in report.warnings] == [("SRC070", "warning")]
    assert run(tmp_path, {"data/c.csv": "id\n100\n"}).schema_changes == ()


def test_a_renamed_column_is_told_from_the_values_it_holds(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    body = "".join(f"{n},Z{n}\n" for n in range(10, 25))
    report = run(tmp_path, {"data/b.csv": f"id,post\n{body}"})
    (change,) = report.schema_changes[0].changes
    assert (change.was, change.path, change.kind) == ("zip", "post", "renamed")
    assert change.is_breaking
    assert change.sureness > 0.95
    assert "growth" in report.warnings[0].fix


def test_a_column_of_other_values_and_another_name_was_not_renamed(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    body = "".join(f"{n},W{n}\n" for n in range(10, 25))
    report = run(tmp_path, {"data/b.csv": f"id,post\n{body}"})
    assert set(kinds(report.schema_changes[0].changes)) == {("zip", "vanished"), ("post", "new")}


def test_a_replaced_file_with_a_renamed_column_is_told_from_its_values(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    report = run(tmp_path, {"data/a.csv": CSV["data/a.csv"].replace("zip", "post")})
    assert kinds(report.schema_changes[0].changes) == [("post", "renamed")]


def test_a_wider_type_is_told_and_breaks_nothing(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    report = run(tmp_path, {"data/b.csv": "id,zip\n1.5,Q\n"})
    assert kinds(report.schema_changes[0].changes) == [("id", "widened")]
    assert report.warnings == ()


def test_a_column_that_gets_its_first_value_breaks_nothing(tmp_path: Path) -> None:
    write_project(tmp_path, {**FEED, "data/a.csv": "id,rank\n1,\n"})
    run(tmp_path)
    report = run(tmp_path, {"data/b.csv": "id,rank\n2,7\n"})
    (change,) = report.schema_changes[0].changes
    assert (change.path, change.before, change.after) == ("rank", "VARCHAR", "BIGINT")
    assert not change.is_breaking


def test_one_document_without_a_field_is_no_proof(tmp_path: Path) -> None:
    write_project(tmp_path, JSON)
    run(tmp_path)
    report = run(tmp_path, {"data/b.jsonl": '{"id": 2}\n'})
    (change,) = report.schema_changes[0].changes
    assert (change.path, change.kind, change.is_breaking) == ("address", "vanished", False)
    assert 0.6 < change.sureness < 0.7


def test_what_is_held_is_told_at_once_and_recorded_when_it_is_published(tmp_path: Path) -> None:
    check = "    checks:\n      - expect: id < 50\n"
    write_project(tmp_path, {**CSV, "sources/raw.yml": FEED["sources/raw.yml"] + check})
    run(tmp_path)
    report = run(tmp_path, {"data/b.csv": "id,zip,note\n99,Q,x\n"})
    assert kinds(report.outcomes[0].changes) == [("note", "new")]
    assert (report.schema_changes, events(tmp_path)) == ((), [])
    report = run(tmp_path, {"sources/raw.yml": FEED["sources/raw.yml"]})
    assert [kinds(event.changes) for event in events(tmp_path)] == [[("note", "new")]]
    assert report.schema_changes[0].seconds > 0


def test_the_run_and_show_tell_each_change_in_a_line(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    write_files(tmp_path, {"data/b.csv": "id,note\n99,x\n"})
    told = run_andon(tmp_path, "run")
    assert told.returncode == 0
    assert "schema vanished `zip`; the table keeps it, null in new rows (breaking)" in told.stdout
    assert "schema new `note` VARCHAR\n" in told.stdout
    assert "warning[SRC070]" in told.stderr
    shown = run_andon(tmp_path, "show", "raw.t").stdout
    assert "last change of columns, usable" in shown
    assert "  new `note` VARCHAR\n" in shown


def test_a_field_that_was_seldom_there_is_not_gone_soon(tmp_path: Path) -> None:
    note = {"note": "x"}
    seldom, often, lacking = (
        "".join(json.dumps({"id": n, **(note if is_there(n) else {})}) + "\n" for n in range(count))
        for count, is_there in ((200, lambda n: n % 50 == 0), (200, bool), (20, lambda _: False))
    )
    for name, body, is_breaking in (("seldom", seldom, False), ("often", often, True)):
        folder = write_project(tmp_path / name, {**FEED, "data/a.jsonl": body})
        run(folder)
        (change,) = run(folder, {"data/b.jsonl": lacking}).schema_changes[0].changes
        assert (change.path, change.kind, change.is_breaking) == ("note", "vanished", is_breaking)


def test_what_a_person_declares_is_told_without_a_warning(tmp_path: Path) -> None:
    write_project(tmp_path, CSV)
    run(tmp_path)
    declared = FEED["sources/raw.yml"] + "    columns: {id: SMALLINT}\n"
    report = run(tmp_path, {"sources/raw.yml": declared})
    (change,) = report.schema_changes[0].changes
    assert (change.path, change.kind, change.is_breaking) == ("id", "narrowed", True)
    assert report.warnings == ()
