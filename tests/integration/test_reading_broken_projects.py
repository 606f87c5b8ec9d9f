"""What is published stays readable while a declaration is being edited."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from tests.factories import SHOP, run_andon, write_files, write_project

BROKEN = {"assets/marts/value.sql": "selec c.customer_id from (\n"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    return write_files(tmp_path, BROKEN)


def test_published_data_is_read_with_a_warning(shop: Path) -> None:
    with andon.open(shop) as project:
        with pytest.warns(UserWarning, match="assets/marts/value.sql"):
            assert project.query("select count(*) from marts.value").rows == ((2,),)
        with pytest.warns(UserWarning, match="PRJ010"):
            assert project.table("marts.value").rows == 2
        with pytest.warns(UserWarning, match="PRJ010"):
            shown = project.show("marts.value")
    assert shown.snapshot is not None
    assert shown.snapshot.rows == 2


def test_the_commands_warn_on_stderr_and_succeed(shop: Path) -> None:
    for command, shown in (
        (("query", "from marts.value"), "Ann"),
        (("show", "marts.value"), "marts.value"),
    ):
        done = run_andon(shop, *command)
        assert done.returncode == 0, done.stderr
        assert "warning: the project does not load" in done.stderr
        assert shown in done.stdout


def test_a_broken_andon_toml_is_still_an_error(shop: Path) -> None:
    write_files(shop, {"andon.toml": "[project\n"})
    with andon.open(shop) as project, pytest.raises(andon.ProjectInvalid):
        project.query("select 1")


def test_a_run_still_needs_sound_declarations(shop: Path) -> None:
    with andon.open(shop) as project, pytest.raises(andon.ProjectInvalid):
        project.run()
