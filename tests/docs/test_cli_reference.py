"""The reference pages of the command line are those that the commands make."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.cli.main import COMMANDS
from andon.cli.reference import pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["commands.md", "exit-codes.md"])
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run `make docs`"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_json_of_a_command_is_documented(command: str) -> None:
    assert f"| `{command}` |" in (FOLDER / "json.md").read_text("utf-8")
