"""Functions in a process of their own, through whole runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import rows_of, write_project


def project_of(folder: Path, code: str, **files: str) -> Path:
    text = f"from andon import source\nimport os, time\n{code}"
    settings = '[project]\nname = "shop"\n[settings]\nthreads = 1\n'
    return write_project(folder, {"andon.toml": settings, "sources/s.py": text, **files})


COUNTS = """
@source(mode='append', cursor='n')
def f(cursor=None):
    start = -1 if cursor is None else cursor
    print('said by the function')
    yield [{'n': start + 1}]
    yield [{'n': start + 2}]
"""


def numbers(folder: Path) -> list[int]:
    return [row[0] for row in rows_of(folder, "select n from s.f")]


def test_a_run_asks_again_each_time(tmp_path: Path) -> None:
    folder = project_of(tmp_path, COUNTS)
    with andon.open(folder) as project:
        assert [project.run().status for _ in range(2)] == ["done", "done"]
    assert numbers(folder) == [0, 1, 2, 3]


def test_a_rollback_takes_the_cursor_back_and_what_is_asked_for_again_is_not_lost(
    tmp_path: Path,
) -> None:
    folder = project_of(tmp_path, COUNTS)
    with andon.open(folder) as project:
        project.run()
        project.run()
        project.rollback()
        assert numbers(folder) == [0, 1]
        project.run()  # gives the same again, which was taken back
        assert numbers(folder) == [0, 1]
        project.run()
    assert numbers(folder) == [0, 1, 2, 3, 4, 5]


def test_nothing_new_publishes_nothing(tmp_path: Path) -> None:
    folder = project_of(tmp_path, "@source\ndef f():\n    yield {'n': 1}\n")
    with andon.open(folder) as project:
        assert (project.run().publication is None, project.run().publication) == (False, None)


@pytest.mark.parametrize(
    ("body", "timeout", "code"),
    [
        ("os._exit(7)", "60s", "PYA004"),
        ("time.sleep(60)", "1s", "PYA002"),
        ("kept = [bytearray(4_000_000) for _ in iter(lambda: 0, 1)]", "60s", "PYA003"),
        ("raise KeyError('x')", "60s", "PYA001"),
    ],
)
def test_a_function_that_ends_badly_fails_one_table_and_keeps_what_it_gave(
    tmp_path: Path, body: str, timeout: str, code: str
) -> None:
    bad = (
        f"@source(mode='append', timeout='{timeout}', memory='300MB')\ndef bad():\n"
        f"    yield [{{'n': 1}}]\n    {body}\n"
        "@source\ndef good():\n    yield {'n': 2}\n"
    )
    folder = project_of(tmp_path, bad)
    with andon.open(folder) as project:
        report = project.run()
        found = {outcome.asset: outcome for outcome in report.outcomes}
        assert found["s.good"].word == "built"
        assert found["s.bad"].problems[0].code == code
    (folder / "sources/s.py").write_text(
        "from andon import source\n@source(mode='append')\ndef bad():\n    yield []\n"
    )
    with andon.open(folder) as project:
        project.run()
    assert len(rows_of(folder, "select n from s.bad")) == 1


def test_an_error_begins_at_the_line_of_the_user(tmp_path: Path) -> None:
    code = "@source\ndef f():\n    yield {'n': 1}\n    inner()\ndef inner():\n    raise KeyError('x')\n"
    with andon.open(project_of(tmp_path, code)) as project:
        (problem,) = project.run().outcomes[0].problems
    assert problem.where is not None
    assert (problem.where.path, problem.where.line) == ("sources/s.py", 8)
    assert problem.why.splitlines()[1].strip().startswith('File "sources/s.py", line 6, in f')


def test_a_source_is_tried_before_it_is_run(tmp_path: Path) -> None:
    code = "@source(mode='append')\ndef f():\n    for n in range(10**12):\n        yield {'n': n}\n"
    with andon.open(project_of(tmp_path, code)) as project:
        (trial,) = project.sources.test("s")
    assert [row[0] for row in trial.rows] == list(range(10))
