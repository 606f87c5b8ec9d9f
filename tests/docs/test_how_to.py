"""Every how-to page does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import ROOT, check, runs

PAGES = sorted((ROOT / "docs/how-to").glob("*.md"))


@pytest.mark.parametrize("page", [p for p in PAGES if runs(p)], ids=lambda page: page.stem)
def test_every_command_of_the_page_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    check(page, tmp_path)
