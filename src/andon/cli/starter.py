"""The files of a new project: an example, or declarations for data that is already there."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

FORMATS = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
_IGNORED = ".andon/\nprod.duckdb\n__pycache__/\n"


def found_data(folder: Path) -> list[PurePosixPath]:
    """Data files directly in a folder or in its ``data/``, relative to it."""
    places = [folder, folder / "data"]
    return [
        PurePosixPath(path.relative_to(folder).as_posix())
        for place in places
        if place.is_dir()
        for path in sorted(place.iterdir())
        if path.is_file() and path.suffix.lower() in FORMATS and not path.name.startswith(".")
    ]


def example_files() -> dict[str, str]:
    """Text by path of the example that comes with Andon."""
    found: dict[str, str] = {}
    _collect(files("andon.cli").joinpath("template"), "", found)
    return found


def _collect(folder: Traversable, below: str, found: dict[str, str]) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            _collect(entry, f"{below}{entry.name}/", found)
        else:
            found[below + entry.name] = entry.read_text("utf-8")


def declarations_for(data: list[PurePosixPath]) -> dict[str, str]:
    """One source with a raw table per data file, and one asset on each."""
    tables: dict[str, PurePosixPath] = {}
    for path in data:
        name = _identifier(path.stem)
        while name in tables:
            name += "_2"
        tables[name] = path
    listed = "".join(f"  {name}:\n    path: {_quoted(path)}\n" for name, path in tables.items())
    found = {"sources/raw.yml": f"tables:\n{listed}"}
    for name in tables:
        found[f"assets/staging/{name}.sql"] = (
            f"/* andon\nchecks:\n  - row_count: {{min: 1}}\n*/\nselect *\nfrom raw.{name}\n"
        )
    return found


def common_files(name: str) -> dict[str, str]:
    """Files that every project begins with."""
    return {
        "andon.toml": f'[project]\nname = "{_identifier(name)}"\n',
        ".gitignore": _IGNORED,
    }


def _identifier(text: str) -> str:
    """A lower-case identifier as near to `text` as can be.

    >>> _identifier("2024 Sales-Report"), _identifier("Übersicht")
    ('_2024_sales_report', '_bersicht')
    """
    name = re.sub(r"[^a-z0-9_]+", "_", text.lower()) or "project"
    return f"_{name}" if name[0].isdigit() else name


def _quoted(path: PurePosixPath) -> str:
    return "'" + str(path).replace("'", "''") + "'"
