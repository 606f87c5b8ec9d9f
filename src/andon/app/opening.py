"""Opening a project: the folder with its ``andon.toml``, found from anywhere below it."""

from __future__ import annotations

from pathlib import Path

from andon.app.project import Project
from andon.errors import Problem, UsageError

_WILDCARDS = frozenset("*?[]")


def open_project(
    path: str | Path = ".", environment: str | None = None, user: str | None = None
) -> Project:
    """Open the project that holds `path`.

    Args:
        path: a folder in the project; its parents are searched for ``andon.toml``.
        environment: what to act on; the project's own default if None.
        user: who reads and decides; if None, ``ANDON_USER`` or the name that is signed in.

    Raises:
        UsageError: (APP001) there is no ``andon.toml`` here or above; (APP008) its path holds
            characters that the engine takes for wildcards.
    """
    start = Path(path).resolve()
    for folder in (start, *start.parents):
        if (folder / "andon.toml").is_file():
            if set(str(folder)) & _WILDCARDS:
                raise _wild(folder)
            return Project(folder, environment, user)
    raise UsageError(
        Problem(
            code="APP001",
            what=f"there is no andon.toml in `{start.name}` or above it",
            why="a project is a folder with an andon.toml",
            fix="run `andon init`, or name the folder with `--project DIR`",
        )
    )


def _wild(folder: Path) -> UsageError:
    return UsageError(
        Problem(
            code="APP008",
            what=f"the path of the project `{folder.name}` holds one of `*`, `?`, `[`, `]`",
            why="the engine takes these for wildcards and would not find the project's own files",
            fix="rename the folder, or move the project to another one",
        )
    )
