"""The limit: what plain DuckDB costs for the same tables and checks, with nothing around it.

``python -m benchmarks.by_hand FOLDER`` builds everything anew into FOLDER/by_hand.duckdb;
``--only NAME`` rebuilds one asset in it; ``--look`` only reads the project's files, which is
the least that finding out that nothing changed can cost.
"""

from __future__ import annotations

import argparse
import json
from hashlib import blake2b
from pathlib import Path


def main() -> None:
    """Run one of the three jobs; a failing check ends with an error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--look", action="store_true")
    parser.add_argument("--memory", default="")
    given = parser.parse_args()
    if given.look:
        look(given.folder)
    else:
        build(given.folder, given.only, given.memory)


def look(folder: Path) -> None:
    """Hash every file of the project and ask for the state of every data file."""
    for file in sorted((folder / "assets").rglob("*.sql")):
        blake2b(file.read_bytes())
    for file in (folder / "data").glob("*"):
        file.stat()


def build(folder: Path, only: str | None, memory: str) -> None:
    """Create the tables and run the checks."""
    import duckdb

    job = json.loads((folder / "by_hand.json").read_text("utf-8"))
    database = folder / "by_hand.duckdb"
    if only is None:
        database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set threads = 2")
        if memory:
            connection.execute(f"set memory_limit = '{memory}'")
        if only is None:
            for statement in job["setup"]:
                connection.execute(statement)
        for step in job["steps"]:
            if only in (None, step["name"]):
                connection.execute(step["build"])
                failing = connection.execute(step["check"]).fetchone()
                if failing is None or any(failing):
                    raise SystemExit(f"{step['name']}: failing rows {failing}")


if __name__ == "__main__":
    main()
