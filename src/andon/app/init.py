"""Init: a new project that runs as it is."""

from __future__ import annotations

from pathlib import Path

from andon.project.scaffold import scaffold


def initialise(folder: Path) -> tuple[str, ...]:
    """Write a first project into a folder; data files found there become its raw tables.

    Returns the paths written, relative to the folder.

    Raises:
        UsageError: (PRJ031) there is a project already.
    """
    return scaffold(folder, folder.resolve().name)
