"""Calls that need no project: help, wrong calls, explanations, completion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import PROGRAM, andon, environment

HEAVY = ("duckdb", "sqlglot", "pyarrow", "rich", "yaml", "polars", "pandas", "numpy")


def test_help_names_every_command_on_stdout(tmp_path: Path) -> None:
    answer = andon("--help", at=tmp_path)
    assert answer.code == 0
    assert all(f"  {name} " in answer.out for name in ("init", "plan", "run", "rollback"))


def test_version_is_one_line(tmp_path: Path) -> None:
    answer = andon("--version", at=tmp_path)
    assert (answer.code, answer.out.split()[0]) == (0, "andon")


def test_an_unknown_command_is_answered_with_the_closest(tmp_path: Path) -> None:
    answer = andon("pln", at=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "error[CLI001]" in answer.err
    assert "`plan`" in answer.err


def test_an_unknown_option_is_answered_with_the_closest(tmp_path: Path) -> None:
    answer = andon("run", "--fail-fats", at=tmp_path)
    assert answer.code == 2
    assert "error[CLI002]" in answer.err
    assert "`--fail-fast`" in answer.err


def test_a_missing_argument_is_a_usage_error(tmp_path: Path) -> None:
    answer = andon("show", at=tmp_path)
    assert answer.code == 2
    assert "error[CLI003]" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("query", "  "), "CLI006"),
        (("query", "select 1", "-p", "a"), "CLI005"),
        (("rollback", "marts.a"), "CLI007"),
        (("rollback", "--to", "1", "--asset", "a.b"), "CLI007"),
        (("rollback", "--release", "--to", "1"), "CLI007"),
        (("plan",), "APP001"),
    ],
)
def test_a_wrong_call_has_a_code_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    answer = andon(*arguments, at=tmp_path)
    assert answer.code == 2
    assert f"error[{code}]" in answer.err


@pytest.mark.parametrize("where", ["before", "after"])
def test_an_error_with_json_is_one_document_on_stdout(tmp_path: Path, where: str) -> None:
    arguments = ("--json", "plan") if where == "before" else ("plan", "--json")
    answer = andon(*arguments, at=tmp_path)
    assert answer.err == ""
    assert answer.document["andon"] == 1
    error = answer.document["error"]
    assert error["exit_code"] == answer.code == 2
    assert set(error["problems"][0]) == {"code", "severity", "what", "why", "fix", "where"}


def test_a_wrong_option_with_json_is_a_document_too(tmp_path: Path) -> None:
    answer = andon("plan", "--nope", "--json", at=tmp_path)
    assert answer.document["error"]["problems"][0]["code"] == "CLI002"


def test_explain_prints_the_page_of_a_code_in_either_case(tmp_path: Path) -> None:
    answer = andon("explain", "cli001", at=tmp_path)
    assert answer.code == 0
    assert answer.out.startswith("# CLI001: ")


def test_explain_without_a_code_lists_all_with_titles(tmp_path: Path) -> None:
    answer = andon("explain", "--json", at=tmp_path)
    codes = {entry["code"]: entry["title"] for entry in answer.document["codes"]}
    assert codes["CLI001"] == "there is no such command"


def test_explain_names_the_closest_code(tmp_path: Path) -> None:
    answer = andon("explain", "CLI0001", at=tmp_path)
    assert answer.code == 2
    assert "error[CLI004]" in answer.err
    assert "`CLI00" in answer.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell: str) -> None:
    answer = andon("completion", shell, at=tmp_path)
    assert answer.code == 0
    assert f"_ANDON_COMPLETE={shell}_complete" in answer.out


def complete(at: Path, words: str) -> list[str]:
    extra = {
        "_ANDON_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run(
        PROGRAM, cwd=at, env=environment(**extra), capture_output=True, text=True, check=False
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_commands_and_asset_names_are_completed(tmp_path: Path) -> None:
    andon("init", at=tmp_path)
    assert complete(tmp_path, "andon ro") == ["rollback"]
    assert complete(tmp_path, "andon show raw.") == ["raw.customers", "raw.orders"]
    assert complete(tmp_path, "andon run +staging.o") == ["+staging.orders"]


def assert_imports_nothing(heavy: tuple[str, ...], *lines: str) -> None:
    """Run lines of Python in a process of their own, then see what is loaded there."""
    loaded = f"found = [name for name in {heavy!r} if name in sys.modules]"
    script = "\n".join(["import sys", *lines, loaded, "assert not found, found"])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["query", "--help"]])
def test_help_of_a_command_imports_nothing_heavy(arguments: list[str]) -> None:
    assert_imports_nothing(
        (*HEAVY, "andon.app"),
        "from andon.cli.main import invoke",
        f"assert invoke({arguments!r}) == 0",
    )


def test_completion_imports_nothing_heavy(tmp_path: Path) -> None:
    andon("init", at=tmp_path)
    assert_imports_nothing(
        HEAVY,
        "from andon.cli.candidates import asset_names",
        f"assert len(asset_names({str(tmp_path)!r})) == 5",
    )


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    script = f"set -o pipefail; {' '.join(PROGRAM)} explain -q | head -n 1"
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_init_declares_the_data_it_finds(tmp_path: Path) -> None:
    (tmp_path / "Sales 2024.csv").write_text("a,b\n1,2\n", "utf-8")
    answer = andon("init", at=tmp_path)
    assert answer.code == 0
    assert "path: 'Sales 2024.csv'" in (tmp_path / "sources/raw.yml").read_text("utf-8")
    assert andon("run", at=tmp_path).code == 0
    assert andon(
        "query", "select b from staging.sales_2024", "--format", "csv", at=tmp_path
    ).out == ("b\n2\n")


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n", "utf-8")
    andon("init", at=tmp_path)
    assert (tmp_path / ".gitignore").read_text("utf-8") == "mine\n"
    again = andon("init", at=tmp_path)
    assert again.code == 2
    assert "error[PRJ031]" in again.err
