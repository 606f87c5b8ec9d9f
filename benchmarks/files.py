"""Promise: many text files are landed, counted, typed and read for little more than reading them costs.

``python -m benchmarks.files [--size small|full]``: 100 files of 20 MB in all, or 1,000 of 1 GB, as JSON
lines and as CSV. The limit reads the same files with plain DuckDB in one statement into a table of
its own; it keeps no copy, counts nothing by itself and looks for types in a sample.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure import Cost, Row, andon, execute, forget, in_turn, run, table

FILES = {"small": (100, 200_000), "full": (1000, 1_000_000)}
"""Number of files, and bytes of each, or a little more."""

FIRST_RATIO = 1.5
MORE_S = 0.3
PEAK_MB = 1000
NEW = 10
ROW_BYTES = {"jsonl": 235, "csv": 104}
READ = {
    "jsonl": "read_json({paths}, format = 'newline_delimited', filename = true)",
    "csv": "read_csv({paths}, filename = true)",
}
COPY = {"jsonl": "(format json)", "csv": "(header)"}
EVENTS = """
select i as id, timestamp '2026-01-01' + to_seconds(i) as at, 'ORD-' || lpad((i % 99991)::varchar, 8, '0') as code,
  (hash(i) % 100000)::decimal(12, 2) / 100 as amount, (hash(i + 1) % 1000) / 10.0 as score,
  hash(i + 2) % 50000 as customer, ['open', 'paid', 'sent'][1 + (i % 3)::integer] as state,
  'note ' || hash(i + 3) as note
"""
NESTED = """,
  {'country': ['DE', 'FR', 'IT'][1 + (i % 3)::integer], 'name': 'user ' || (i % 5000), 'is_new': i % 7 = 0} as buyer,
  ['a' || (i % 5), 'b' || (i % 3)] as tags
"""


def measure(size: str, folder: Path) -> list[Row]:
    """All rows, JSON lines first."""
    rows: list[Row] = []
    for form in READ:
        rows += _of_form(form, *FILES[size], folder / form)
    return rows


def _of_form(form: str, count: int, length: int, folder: Path) -> list[Row]:
    place = folder / "in"
    place.mkdir(parents=True)
    (folder / "andon.toml").write_text('[project]\nname = "files"\n[settings]\nthreads = 2\n')
    (folder / "sources").mkdir()
    (folder / "sources" / "raw.yml").write_text(f"tables:\n  events: {{path: in/*.{form}}}\n")
    rows = length // ROW_BYTES[form]
    _write(form, place, range(count), rows)
    what = (
        f"{count:,} files of {form}, {sum(f.stat().st_size for f in place.iterdir()) / 1e6:,.0f} MB"
    )
    limit, cost = in_turn(
        lambda: _by_hand(form, folder, f"'{place}/*.{form}'"), lambda: _first(folder), 1
    )
    again = andon("run", cwd=folder)
    _write(form, place, range(count, count + NEW), rows)
    new = [str(place / f"{number:05}.{form}") for number in range(count, count + NEW)]
    least = _by_hand(form, folder, str(new))
    more = andon("run", cwd=folder)
    return [
        Row(
            what=f"first load of {what}",
            bar=FIRST_RATIO,
            measured=cost.cpu_s,
            limit=limit.cpu_s,
            unit="x limit",
            wall_s=cost.wall_s,
            peak_mb=cost.peak_mb,
        ),
        Row(
            what=f"peak memory, {form}",
            bar=PEAK_MB,
            measured=cost.peak_mb,
            limit=limit.peak_mb,
            unit="MB",
        ),
        Row(
            what=f"nothing new, {form}",
            bar=0.4,
            measured=again.cpu_s,
            unit="CPU s",
            wall_s=again.wall_s,
        ),
        Row(
            what=f"{NEW} new files of {form}",
            bar=round(least.cpu_s + MORE_S, 2),
            measured=more.cpu_s,
            limit=least.cpu_s,
            unit="CPU s",
            wall_s=more.wall_s,
        ),
    ]


def _write(form: str, place: Path, numbers: range, rows: int) -> None:
    nested = NESTED if form == "jsonl" else ""
    execute(
        *(
            f"copy ({EVENTS}{nested} from range({n * rows}, {(n + 1) * rows}) r(i)) "
            f"to '{place}/{n:05}.{form}' {COPY[form]}"
            for n in numbers
        )
    )


def _by_hand(form: str, folder: Path, paths: str) -> Cost:
    database = folder / "by_hand.duckdb"
    database.unlink(missing_ok=True)
    read = READ[form].format(paths=paths)
    script = "import duckdb, sys\nc = duckdb.connect(sys.argv[1])\nfor text in sys.argv[2:]: c.execute(text)"
    statements = ("set threads = 2", f"create table events as select * from {read}")
    return run([sys.executable, "-c", script, str(database), *statements], folder)


def _first(folder: Path) -> Cost:
    forget(folder)
    return andon("run", cwd=folder)


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sorted(FILES), default="small")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        print(table(measure(given.size, Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
