"""What a source file in Python declares, and what is refused before anything of it is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.errors import ProjectInvalid
from andon.project.load import load
from tests.factories import write_project


def problems(tmp_path: Path, code: str, **more: str) -> set[str]:
    files = {"sources/s.py": f"from andon import source, secret, not_null\n{code}", **more}
    with pytest.raises(ProjectInvalid) as caught:
        load(write_project(tmp_path, files))
    return {problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("declaration", "code"),
    [
        ("@source(mode='append', cursors='at')\ndef f(): ...", "PRJ004"),
        ("@source(mode='often')\ndef f(): ...", "PRJ005"),
        ("@source(cursor='at')\ndef f(cursor): ...", "PRJ044"),
        ("@source(mode='merge')\ndef f(): ...", "PRJ044"),
        ("@source(mode='append', ordered=True)\ndef f(): ...", "PRJ044"),
        ("@source\ndef f(cursor): ...", "PRJ023"),
        ("@source\ndef f(token): ...", "PRJ023"),
        ("@source\ndef f(*rest): ...", "PRJ023"),
        ("@source(settings={'a': 'b'})\ndef f(): ...", "PRJ023"),
        ("@source(settings={'token': 'written out'})\ndef f(token): ...", "PRJ037"),
        ("@source(settings={'a': secret(password='b')})\ndef f(a): ...", "PRJ005"),
        ("@source(key=[c for c in 'ab'])\ndef f(): ...", "PRJ021"),
        ("@source\nasync def f(): ...", "PRJ043"),
        ("def f(): ...", "PRJ043"),
        ("@source\ndef F(): ...", "PRJ007"),
        ("@source\ndef f(:", "PRJ025"),
    ],
)
def test_a_wrong_declaration_is_told(tmp_path: Path, declaration: str, code: str) -> None:
    assert code in problems(tmp_path, declaration + "\n")


def test_a_table_is_declared_once(tmp_path: Path) -> None:
    yaml = {"sources/s.yml": "tables: {f: {path: a.csv}}\n"}
    assert problems(tmp_path, "@source\ndef f(): ...\n", **yaml) == {"PRJ008"}


def test_nothing_is_run_while_a_project_is_loaded(tmp_path: Path) -> None:
    code = "from andon import source\nraise SystemExit(1)\n@source\ndef f(): ...\n"
    spec = load(write_project(tmp_path, {"sources/deep/s.py": code, "sources/_helper.py": "1/0"}))
    assert [table.name for table in spec.source_tables] == ["s.f"]
