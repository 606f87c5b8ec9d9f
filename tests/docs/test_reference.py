"""Everything that exists is documented, and what is made from the code is up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import andon
from andon.cli.main import COMMANDS
from andon.events import Event
from andon.graph.select import METHODS
from andon.project.access import ROOT_KEYS as POLICY_KEYS
from andon.project.access import RULE_KEYS
from andon.project.asset_keys import COMMON, SQL_ONLY
from andon.project.check_entries import READERS, SIBLINGS
from andon.project.glossary import ROOT_KEYS, TERM_KEYS
from andon.project.origins.known import KINDS, kind_of
from andon.project.python_assets import KEYS
from andon.project.settings import PROJECT_KEYS, SECTIONS, SETTING_KEYS
from andon.project.source_files import DIALECT_KEYS, SOURCE_KEYS, TABLE_KEYS
from andon.spec.project import Settings
from tests.docs.pages import ROOT, blocks_of
from tools.docs import FOLDER, pages


def keys_in(page: str) -> set[str]:
    """Words in code style in the first cells of a page's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", (FOLDER / page).read_text("utf-8"), re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`([a-z_A-Z0-9:]+)[^`]*`", cell)}


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_every_setting_is_documented() -> None:
    assert keys_in("settings.md") >= {*PROJECT_KEYS, *SETTING_KEYS}
    text = (FOLDER / "settings.md").read_text("utf-8")
    assert all(f"## [{section}]" in text for section in SECTIONS)


def test_every_key_of_a_source_file_is_documented() -> None:
    kinds = [kind for word in KINDS if (kind := kind_of(word)) is not None]
    of_kinds = {key for kind in kinds for key in (*kind.connection_keys, *kind.table_keys)}
    known = {*SOURCE_KEYS, *TABLE_KEYS, *DIALECT_KEYS, *of_kinds}
    assert keys_in("source-files.md") - {"kind"} == known


def test_every_key_of_a_header_and_of_the_decorator_is_documented() -> None:
    assert keys_in("asset-header.md") == {*COMMON, *SQL_ONLY, *KEYS}


def test_every_key_of_the_glossary_file_is_documented() -> None:
    assert keys_in("glossary-file.md") == {*ROOT_KEYS, *TERM_KEYS}


def test_every_key_of_a_policy_file_is_documented() -> None:
    assert keys_in("policy-files.md") == {*POLICY_KEYS, *RULE_KEYS}


def test_every_kind_of_check_and_what_may_stand_beside_it_is_documented() -> None:
    assert keys_in("checks.md") == {*READERS, *SIBLINGS}


def test_every_method_of_the_selector_language_is_documented() -> None:
    assert {f"{method}" for method in METHODS} <= {
        word.partition(":")[0] for word in keys_in("selectors.md")
    }


@pytest.mark.parametrize("event", get_args(Event))
def test_every_event_is_documented(event: type) -> None:
    assert f"\n## {event.__name__}\n" in (FOLDER / "events.md").read_text("utf-8")


@pytest.mark.parametrize(
    "page", sorted((ROOT / "src/andon/pages").glob("*.md")), ids=lambda p: p.stem
)
def test_every_error_code_is_listed(page: object) -> None:
    assert f"/{getattr(page, 'name', '')})" in (FOLDER / "errors/index.md").read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"\n## {command}\n" in (FOLDER / "commands.md").read_text("utf-8")


@pytest.mark.parametrize("name", [n for n in andon.__all__ if n not in ("__version__", "Project")])
def test_every_public_name_is_documented(name: str) -> None:
    assert f"\n### andon.{name}\n" in (FOLDER / "python-api.md").read_text("utf-8")


def test_every_how_to_page_is_listed() -> None:
    folder = ROOT / "docs/how-to"
    index = (folder / "index.md").read_text("utf-8")
    assert all(f"({p.name})" in index for p in folder.glob("*.md") if p.name != "index.md")


@pytest.mark.parametrize(
    "name", ["settings.md", "source-files.md", "glossary-file.md", "policy-files.md"]
)
def test_the_example_of_the_page_is_understood(name: str, tmp_path: Path) -> None:
    (tmp_path / "andon.toml").write_text('[project]\nname = "shop"\n')
    for block in blocks_of((FOLDER / name).read_text("utf-8")):
        if block.path:
            (tmp_path / block.path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.path).write_text(block.body)
    with andon.open(tmp_path) as project:
        assert project.spec.name == "shop"


def test_settings_are_documented_with_their_defaults() -> None:
    text = (FOLDER / "settings.md").read_text("utf-8")
    default = Settings()
    assert f"| `keep_days` | `{default.keep_days}` |" in text
    assert f"| `keep_last` | `{default.keep_last}` |" in text
    assert f"| `retries` | `{default.retries}` |" in text
    assert f'| `environment` | `"{default.environment}"` |' in text
    assert '| `timeout` | `"1 hour"` |' in text
    assert '| `grace` | `"1 hour"` |' in text
    assert default.timeout_s == default.grace_s == 3600
