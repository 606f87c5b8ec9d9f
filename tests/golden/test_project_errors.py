"""Each folder below ``errors/`` is a small project with mistakes and the message it must give.

``make golden`` (or ``ANDON_GOLDEN=1``) rewrites the messages; the difference is reviewed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from andon.errors import ProjectInvalid, render_problem
from andon.project.load import load

CASES = sorted(path for path in (Path(__file__).parent / "errors").iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_mistake_in_a_project_gives_its_message(case: Path, tmp_path: Path) -> None:
    expected = case / "message.txt"
    project = shutil.copytree(
        case, tmp_path / "project", ignore=shutil.ignore_patterns("message.txt")
    )

    with pytest.raises(ProjectInvalid) as caught:
        load(project)

    message = "\n\n".join(render_problem(problem) for problem in caught.value.problems) + "\n"
    if os.environ.get("ANDON_GOLDEN"):
        expected.write_text(message, encoding="utf-8")
    assert message == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_a_case_shows_the_code_it_is_named_after(case: Path) -> None:
    message = (case / "message.txt").read_text(encoding="utf-8")
    code = case.name.split("_")[0]

    assert f"error[{code}]: " in message or code == "many"
