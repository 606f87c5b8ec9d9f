"""A first project: `andon init` writes it, and it works before anything is tuned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from msgspec import Struct

from andon.errors import Problem, UsageError

_DATA = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_IGNORED = ".andon/\n*.duckdb\n"


class _Table(Struct, frozen=True, kw_only=True):
    name: str
    path: str


def scaffold(folder: Path, name: str) -> tuple[str, ...]:
    """Write a project into a folder, which is made if it is not there.

    CSV, JSON and Parquet files in the folder or its ``data/`` become tables of the source ``raw``;
    without any, a small example is written. A file that exists is kept as it is.

    Returns:
        Paths of the files written, relative to the folder, in the order of reading.

    Raises:
        UsageError: (PRJ031) the folder holds a project already; nothing was written.
    """
    if (folder / "andon.toml").exists():
        raise _refusal(folder.name)
    tables = _tables_in(folder)
    wanted = _own(name, tables) if tables else _sample(name)
    return tuple(path for path, text in wanted.items() if _write_new(folder / path, text))


def _write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _refusal(folder: str) -> UsageError:
    return UsageError(
        Problem(
            code="PRJ031",
            what=f"there is a project in `{folder}` already",
            why="what somebody wrote is never overwritten, and this folder holds an andon.toml",
            fix="go on with it: `andon plan`; or name another folder",
        )
    )


def _sample(name: str) -> dict[str, str]:
    found = {"andon.toml": _toml(name)}
    _collect(files("andon.project").joinpath("template"), "", found)
    return {**found, ".gitignore": _IGNORED, "README.md": _readme(name, "marts.customer_value")}


def _collect(folder: Traversable, below: str, found: dict[str, str]) -> None:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            _collect(entry, f"{below}{entry.name}/", found)
        else:
            found[below + entry.name] = entry.read_text("utf-8")


def _own(name: str, tables: Sequence[_Table]) -> dict[str, str]:
    lines = ["description: Files of this folder.", "tables:"]
    for table in tables:
        lines += [f"  {table.name}:", f"    path: {_quoted(table.path)}"]
    found = {"andon.toml": _toml(name), "sources/raw.yml": "\n".join(lines) + "\n"}
    for table in tables:
        found[f"assets/staging/{table.name}.sql"] = _staging(table)
    found["assets/marts/overview.sql"] = _overview(tables)
    found[".gitignore"] = _IGNORED
    found["README.md"] = _readme(name, f"staging.{tables[0].name}")
    return found


def _staging(table: _Table) -> str:
    return (
        "/* andon\n"
        f"description: Rows of {table.path.replace('*/', '* /')}.\n"
        "checks:\n"
        "  - row_count: {min: 1}\n"
        "*/\n"
        f"select * exclude (_file, _row)\nfrom raw.{table.name}\n"
    )


def _overview(tables: Sequence[_Table]) -> str:
    rows = [
        f"select '{table.name}' as table_name, count(*) as row_count\nfrom staging.{table.name}"
        for table in tables
    ]
    header = "/* andon\ndescription: Number of rows per table.\nkey: table_name\nchecks:\n"
    return header + "  - unique: table_name\n*/\n" + "\nunion all\n".join(rows) + "\n"


def _tables_in(folder: Path) -> list[_Table]:
    """One table per data file, by path; names that would meet get a number."""
    found: dict[str, _Table] = {}
    for place in (folder, folder / "data"):
        paths = sorted(place.iterdir()) if place.is_dir() else []
        for path in paths:
            if path.suffix.lower() not in _DATA or path.name.startswith(".") or not path.is_file():
                continue
            name = _name_of(path.stem, found)
            found[name] = _Table(name=name, path=path.relative_to(folder).as_posix())
    return list(found.values())


def _name_of(stem: str, taken: dict[str, _Table]) -> str:
    base = _NOT_NAME.sub("_", stem.lower()).strip("_") or "table"
    base = f"t_{base}" if base[0].isdigit() else base
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    return name


def _quoted(text: str) -> str:
    escaped = text.replace("'", "''")
    # Characters that a glob gives a meaning are put in brackets, so that they stand for themselves.
    plain = re.sub(r"[*?\[]", lambda found: f"[{found[0]}]", escaped)
    return plain if re.fullmatch(r"[\w./-]+", plain, re.ASCII) else f"'{plain}'"


def _toml(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'[project]\nname = "{escaped}"\n'


def _readme(name: str, shown: str) -> str:
    return (
        f"# {name}\n\n"
        "Raw files are declared in `sources/`, each file in `assets/` is one table.\n"
        "Nothing is published before its checks pass.\n\n"
        "```sh\n"
        "andon plan           # what would happen, and why\n"
        "andon run            # build, check, publish\n"
        f"andon show {shown}\n"
        "andon history        # what was published when; `andon rollback` takes it back\n"
        "```\n"
    )
