"""Names of a project's assets for completion: from file names alone, without loading it."""

from __future__ import annotations

import re
from pathlib import Path

_TABLE = re.compile(r"^(?P<indent> +)(?P<name>[a-z_][a-z0-9_]*):")


def asset_names(start: str) -> list[str]:
    """Names of SQL and Python assets by their path, and of raw tables by the keys of `tables`.

    A guess that is right for files as people write them; it reads no YAML and
    imports no asset, since it runs at every press of Tab. Unreadable files
    and missing projects give no names.
    """
    root = _root(Path(start).absolute())
    if root is None:
        return []
    assets = root / "assets"
    names = {
        ".".join(path.relative_to(assets).with_suffix("").parts)
        for path in assets.rglob("*")
        if path.suffix in (".sql", ".py") and not path.name.startswith(("_", "."))
    }
    for path in (root / "sources").rglob("*.y*ml"):
        names.update(f"{path.stem}.{table}" for table in _tables(path))
    return sorted(names)


def _root(start: Path) -> Path | None:
    return next((p for p in (start, *start.parents) if (p / "andon.toml").is_file()), None)


def _tables(path: Path) -> list[str]:
    """Keys one step below ``tables:``."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found: list[str] = []
    indent, inside = "", False
    for line in lines:
        if line and not line[0].isspace() and line[0] != "#":
            inside, indent = line.startswith("tables:"), ""
        elif inside and (match := _TABLE.match(line)):
            indent = indent or match["indent"]
            if match["indent"] == indent:
                found.append(match["name"])
    return found
