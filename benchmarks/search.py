"""Promise: a dataset among 1,000 is found in the time of a glance.

``python -m benchmarks.search [--size small|full]``: `andon search` as a process of its own in a project
of 1,000 published datasets. The limit is `andon ls` there, which reads the same declarations and the
same state and looks for nothing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from andon.app.wiring.wire import wire
from andon.project.load import load
from benchmarks.measure import Row, andon, in_turn, table
from tests.searching.catalogue import DATASETS, write_catalogue
from tests.searching.standing import publish

FOUND_S = 0.3
REPEATS = {"small": 5, "full": 15}
WORDS = ("abandoned", "baskets", "of", "clients", "by", "reigon")
"""Words of names and texts, a synonym, a slip."""


def measure(size: str, folder: Path) -> list[Row]:
    """One row."""
    project = write_catalogue(folder / "catalogue")
    spec = load(project)
    wired = wire(project, spec)
    publish(wired.tools)
    wired.close()
    listed, found = in_turn(
        lambda: andon("ls", cwd=project),
        lambda: andon("search", *WORDS, cwd=project),
        REPEATS[size],
    )
    return [
        Row(
            what=f"search among {DATASETS:,} datasets",
            bar=FOUND_S,
            measured=found.cpu_s,
            limit=listed.cpu_s,
            unit="CPU s",
            wall_s=found.wall_s,
            peak_mb=found.peak_mb,
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 if every bar is met, else 1."""
    parser = argparse.ArgumentParser(prog="benchmarks.search")
    parser.add_argument("--size", choices=tuple(REPEATS), default="small")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(given.size, Path(folder))
    print(table(rows))
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
