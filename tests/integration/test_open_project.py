"""Opening a project: where it is found, and where it may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon


def test_a_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / "andon.toml").write_text('[project]\nname = "shop"\n')
    (tmp_path / "assets" / "marts").mkdir(parents=True)

    with andon.open(tmp_path / "assets" / "marts") as project:
        assert project.root == tmp_path


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(andon.UsageError, match="APP001"):
        andon.open(tmp_path)


def test_a_path_with_wildcards_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "shop [old]"
    folder.mkdir()
    (folder / "andon.toml").write_text('[project]\nname = "shop"\n')

    with pytest.raises(andon.UsageError, match="APP008"):
        andon.open(folder)
