"""Every error code has a page, and every page explains a code that exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "andon"
PAGES = SOURCE / "pages"
CODE = re.compile(r"[A-Z]{3}\d{3}")
USED = re.compile(r"""["']([A-Z]{3}\d{3})["']""")
HEAVY = ("duckdb", "sqlglot", "pyarrow", "rich", "yaml", "polars", "pandas", "numpy")
CODES = sorted(
    {code for file in SOURCE.rglob("*.py") for code in USED.findall(file.read_text("utf-8"))}
)
NAMES = sorted(page.stem for page in PAGES.glob("*.md") if CODE.fullmatch(page.stem))


@pytest.mark.parametrize("code", CODES)
def test_an_error_code_has_a_page(code: str) -> None:
    assert (PAGES / f"{code}.md").is_file(), f"write src/andon/pages/{code}.md"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_explains_a_code_that_is_used(name: str) -> None:
    assert name in CODES, f"no error has code {name}; remove its page"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_title_reason_and_fix(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text("utf-8")
    assert text.startswith(f"# {name}: ")
    assert "\n## What happened\n" in text
    assert re.search(r"\n## Why( Andon refuses)?\n", text)
    assert "\n## How to fix\n" in text


def test_the_pages_hold_nothing_else() -> None:
    assert {page.stem for page in PAGES.iterdir()} == set(NAMES)


def test_help_imports_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "from andon.cli.main import main\n"
        "sys.argv = ['andon', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        f"heavy = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
