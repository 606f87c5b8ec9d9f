"""More rejected rows than the limit allows: nothing is loaded, and all of them can be listed and repaired."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.errors import UsageError
from tests.factories import rows_of, write_files, write_project
from tests.replaying import ALL, Row

GOOD = "id,n\n" + "".join(f"{at},{at}\n" for at in range(1, 11))
MALFORMED = {
    "sources/raw.yml": "tables:\n  t:\n    path: data/*.csv\n    limit: 2\n",
    "data/a.csv": GOOD,
}
CHECKED = {
    "sources/raw.yml": "tables:\n  t:\n    path: data/*.csv\n    quarantine_limit: 2\n"
    "    checks:\n      - {expect: n > 0, on_fail: quarantine}\n",
    "data/a.csv": GOOD,
}
BAD = "id,n\n" + "".join(f"{at}\n" for at in range(11, 1511)) + "2000,2000\n"
NEGATIVE = "id,n\n" + "".join(f"{at},-{at}\n" for at in range(11, 1511))


def run(folder: Path) -> Any:
    with andon.open(folder) as project:
        return project.run()


def waiting(folder: Path) -> list[str]:
    with andon.open(folder) as project:
        found = project.quarantine("raw.t")
    return [f"{one.count} {one.by} {one.origin}: {one.reason}" for one in found]


def repaired(folder: Path, repair: Callable[[Row], str | None]) -> int:
    """Replay what `repair` makes of the rejected rows; how many were exported."""
    with andon.open(folder) as project:
        count = project.export_rejected("raw.t", folder / "r.jsonl")
        rows = [json.loads(line) for line in (folder / "r.jsonl").read_text("utf-8").splitlines()]
        told = [{**row, "_text": text} for row in rows if (text := repair(row))]
        (folder / "m.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in told))
        project.replay("raw.t", folder / "m.jsonl", by="ana")
    return count


def whole(row: Row) -> str:
    """A malformed line as it should have been."""
    return f"{row['_text']},{row['_text']}"


def positive(row: Row) -> str:
    """A row that failed the check as it should have been."""
    text = json.loads(row["_text"])
    return json.dumps({**text, "n": -text["n"]})


def test_all_malformed_rows_beyond_the_limit_are_listed_exported_and_replayed(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, MALFORMED)
    assert run(tmp_path).exit_code == 0
    write_files(tmp_path, {"data/b.csv": BAD})
    report = run(tmp_path)
    assert (report.exit_code, report.outcomes[0].problems[0].code) == (1, "SRC007")
    assert waiting(tmp_path) == ["1500 form data/b.csv: 1 fields, not 2"]
    assert len(rows_of(tmp_path, ALL)) == 10
    assert repaired(tmp_path, whole) == 1500
    assert run(tmp_path).exit_code == 0
    assert len(rows_of(tmp_path, ALL)) == 1511
    assert waiting(tmp_path) == []


def test_they_are_there_for_a_table_that_was_never_published(tmp_path: Path) -> None:
    write_project(tmp_path, {**MALFORMED, "data/a.csv": BAD})
    assert run(tmp_path).exit_code == 1
    with andon.open(tmp_path) as project:
        found = project.rejected("raw.t", 5)
    assert (found.total, len(found.rows)) == (1500, 5)
    assert found.rows[0][:3] == ("data/a.csv", 2, None)
    repaired(tmp_path, whole)
    assert run(tmp_path).exit_code == 0
    assert len(rows_of(tmp_path, ALL)) == 1501


def test_a_repair_of_some_of_them_is_enough_once_the_rest_is_within_the_limit(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, {**MALFORMED, "data/b.csv": "id,n\n11\n12\n13\n"})
    assert run(tmp_path).exit_code == 1
    repaired(tmp_path, lambda row: whole(row) if row["_text"] == "11" else None)
    assert run(tmp_path).exit_code == 0
    assert len(rows_of(tmp_path, ALL)) == 11
    assert waiting(tmp_path) == ["2 form data/b.csv: 1 fields, not 2"]


def test_a_run_that_fails_again_keeps_them_once_and_measures_nothing_anew(tmp_path: Path) -> None:
    write_project(tmp_path, {**MALFORMED, "data/b.csv": "id,n\n11\n12\n13\n"})
    for _ in range(3):
        assert run(tmp_path).exit_code == 1
        with andon.open(tmp_path) as project:
            tools = project._session.wired(project.spec).tools
            assert [one.status for one in tools.catalog.snapshots("raw.t")] == ["rejected"]
            assert all(one.facts for one in tools.catalog.deliveries("raw.t"))
        assert waiting(tmp_path) == ["3 form data/b.csv: 1 fields, not 2"]


def test_they_are_gone_once_the_file_is_set_aside_or_delivered_again(tmp_path: Path) -> None:
    write_project(tmp_path, {**MALFORMED, "data/b.csv": "id,n\n11\n12\n13\n"})
    assert run(tmp_path).exit_code == 1
    with andon.open(tmp_path) as project:
        project.set_aside("data/b.csv", "ana")
    assert waiting(tmp_path) == ["1 person data/b.csv: set aside by ana"]
    assert run(tmp_path).exit_code == 0
    write_files(tmp_path, {"data/b.csv": "id,n\n11,11\n12\n"})
    assert run(tmp_path).exit_code == 0
    assert waiting(tmp_path)[0] == "1 form data/b.csv: 1 fields, not 2"


def test_raising_the_limit_loads_what_was_held_back(tmp_path: Path) -> None:
    write_project(tmp_path, {**MALFORMED, "data/b.csv": "id,n\n11\n12\n13\n"})
    assert run(tmp_path).exit_code == 1
    text = MALFORMED["sources/raw.yml"].replace("limit: 2", "limit: 3")
    write_files(tmp_path, {"sources/raw.yml": text})
    assert run(tmp_path).exit_code == 0
    assert len(rows_of(tmp_path, ALL)) == 10
    assert waiting(tmp_path) == ["3 form data/b.csv: 1 fields, not 2"]


def test_all_rows_that_fail_a_check_beyond_the_limit_are_listed_exported_and_replayed(
    tmp_path: Path,
) -> None:
    write_project(tmp_path, CHECKED)
    assert run(tmp_path).exit_code == 0
    write_files(tmp_path, {"data/b.csv": NEGATIVE})
    assert run(tmp_path).exit_code == 1
    assert waiting(tmp_path) == ["1500 check data/b.csv: expect: n > 0"]
    with andon.open(tmp_path) as project:
        assert project.rejected("raw.t", 3).total == 1500
    assert len(rows_of(tmp_path, ALL)) == 10
    assert repaired(tmp_path, positive) == 1500
    assert run(tmp_path).exit_code == 0
    assert len(rows_of(tmp_path, ALL)) == 1510
    assert waiting(tmp_path) == []


def test_values_that_do_not_fit_their_type_beyond_the_limit_are_there_too(tmp_path: Path) -> None:
    rows = "".join(f'{{"id": {at}, "n": "x"}}\n' for at in range(1, 1201))
    source = "tables:\n  t:\n    path: data/*.jsonl\n    columns: {n: BIGINT}\n"
    write_project(tmp_path, {"sources/raw.yml": source, "data/a.jsonl": rows})
    assert run(tmp_path).exit_code == 1
    assert waiting(tmp_path) == ["1200 schema data/a.jsonl: `n` is no BIGINT"]
    assert repaired(tmp_path, lambda row: row["_text"].replace('"x"', "5")) == 1200
    assert run(tmp_path).exit_code == 0
    assert rows_of(tmp_path, "select count(*), sum(n) from raw.t") == [(1200, 6000)]


def test_whoever_asks_for_a_table_that_was_never_loaded_is_told_why(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {**MALFORMED, "data/b.csv": BAD})
    run(folder)
    with andon.open(folder) as project, pytest.raises(UsageError) as told:
        project.query("from raw.t")
    (problem,) = told.value.problems
    assert problem.code == "APP003"
    assert "more of its records were rejected than its limit allows" in problem.why
    assert "andon quarantine show raw.t" in problem.fix
