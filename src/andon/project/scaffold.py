"""A first project: `andon init` writes it, and it works before anything is tuned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from andon.errors import Problem, ProjectInvalid, Where

_DATA = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_SAMPLE = """\
order_id,customer_id,ordered_on,amount,status
1,100,2024-03-01,25.00,paid
2,101,2024-03-01,14.50,paid
3,100,2024-03-02,8.25,returned
4,102,2024-03-03,99.90,paid
5,101,2024-03-04,42.00,open
"""
_SAMPLE_SOURCE = """\
description: Orders as the shop exports them.
tables:
  orders:
    path: data/orders*.csv
    columns:
      amount: DECIMAL(18,2)
"""
_SAMPLE_STAGING = """\
/* andon
description: One row per order.
key: order_id
checks:
  - not_null: [order_id, customer_id]
  - unique: order_id
  - accepted: {status: [open, paid, returned]}
  - expect: amount >= 0
    on_fail: quarantine
*/
select order_id, customer_id, ordered_on, amount, status
from raw.orders
"""
_SAMPLE_MART = """\
/* andon
description: What each customer has paid.
key: customer_id
checks:
  - unique: customer_id
  - row_count: {min: 1}
*/
select customer_id, count(*) as orders, sum(amount) as amount
from staging.orders
where status = 'paid'
group by customer_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    name: str
    path: str


def scaffold(folder: Path, name: str) -> tuple[Path, ...]:
    """Write a project into a folder, which is made if it is not there.

    CSV, JSON and Parquet files in the folder or its ``data/`` become tables of the source ``raw``;
    without any, a small sample is written. Nothing that exists is touched.

    Returns:
        The files written, in the order of reading.

    Raises:
        ProjectInvalid: (PRJ031) a file to be written exists; nothing has been written then.
    """
    tables = _tables_in(folder)
    files = _own(name, tables) if tables else _sample(name)
    taken = [path for path in files if (folder / path).exists()]
    if taken:
        raise ProjectInvalid(*(_refusal(path) for path in taken))
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tuple(folder / path for path in files)


def _refusal(path: str) -> Problem:
    return Problem(
        code="PRJ031",
        what=f"{path} is already there",
        why="what somebody wrote is never overwritten",
        fix="choose an empty folder, or move that file away",
        where=Where(path=path),
    )


def _sample(name: str) -> dict[str, str]:
    return {
        "andon.toml": _toml(name),
        "data/orders.csv": _SAMPLE,
        "sources/raw.yml": _SAMPLE_SOURCE,
        "assets/staging/orders.sql": _SAMPLE_STAGING,
        "assets/marts/customers.sql": _SAMPLE_MART,
        ".gitignore": ".andon/\n",
        "README.md": _readme(name, "marts.customers"),
    }


def _own(name: str, tables: Sequence[_Table]) -> dict[str, str]:
    lines = ["description: Files of this folder.", "tables:"]
    for table in tables:
        lines += [f"  {table.name}:", f"    path: {_quoted(table.path)}"]
    files = {"andon.toml": _toml(name), "sources/raw.yml": "\n".join(lines) + "\n"}
    for table in tables:
        files[f"assets/staging/{table.name}.sql"] = _staging(table)
    files["assets/marts/overview.sql"] = _overview(tables)
    files[".gitignore"] = ".andon/\n"
    files["README.md"] = _readme(name, f"staging.{tables[0].name}")
    return files


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
