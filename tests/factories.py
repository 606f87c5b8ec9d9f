"""Small projects and ways to run them, shared by tests of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import andon
from andon.catalog.records import Change, Digest, InputRef, Publication, Snapshot
from andon.execution.outcome import RunReport
from andon.schema import Schema

ROOT = Path(__file__).resolve().parents[1]

SHOP: Mapping[str, str] = {
    "andon.toml": '[project]\nname = "shop"\n\n[settings]\nthreads = 2\n',
    "sources/raw.yml": (
        "tables:\n  orders:\n    path: data/orders*.csv\n  customers:\n    path: data/customers.csv\n"
    ),
    "data/orders.csv": "order_id,customer_id,amount\n1,100,25\n2,101,14\n3,100,8\n",
    "data/customers.csv": "customer_id,name\n100,Ann\n101,Bo\n",
    "assets/staging/orders.sql": (
        "/* andon\nkey: order_id\nchecks:\n  - unique: order_id\n  - expect: amount >= 0\n*/\n"
        "select order_id, customer_id, amount from raw.orders\n"
    ),
    "assets/staging/customers.sql": "select customer_id, name from raw.customers\n",
    "assets/marts/value.sql": (
        "select c.customer_id, c.name, sum(o.amount) as amount\n"
        "from staging.customers c join staging.orders o using (customer_id)\ngroup by all\n"
    ),
}
"""Two raw tables of files, two staged tables, one mart. A negative amount stops the line."""

GENERATIONS: Mapping[str, str] = {
    "andon.toml": '[project]\nname = "generations"\n\n[settings]\nthreads = 2\n',
    "sources/raw.yml": "tables:\n  batch:\n    path: data/batch.csv\n",
    "data/batch.csv": "id,gen,bad_a,bad_b,bad_c\n1,0,0,0,0\n2,0,0,0,0\n3,0,0,0,0\n",
    **{
        f"assets/t/{name}.sql": (
            f"/* andon\ntogether: [trio]\nchecks:\n  - expect: bad_{name} = 0\n{extra}*/\n"
            f"select id, gen, bad_{name}, greatest(bad_a, bad_b, bad_c) as failing from raw.batch\n"
        )
        for name, extra in (("a", ""), ("b", ""), ("c", "materialize: view\n"))
    },
}
"""Three tables that switch together; each row says its generation and whether any check fails."""


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """Write texts by relative path, each replaced in one step; returns the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = path.with_name(f".{path.name}.{os.getpid()}.new")
        staged.write_text(text)
        staged.replace(path)
    return folder


def write_project(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a project; an ``andon.toml`` is added if the files have none."""
    default = {"andon.toml": f'[project]\nname = "{folder.name.lower()}"\n'}
    return write_files(folder, {**default, **files})


def snapshot_of(key: str, *, reads: tuple[str, ...] = (), **changes: Any) -> Snapshot:
    """A finished snapshot without rows; a view if it reads other snapshots."""
    plain = Snapshot(
        id=key,
        asset="m.a",
        kind="view" if reads else "table",
        build_key=key,
        split="",
        fingerprint="f",
        schema=Schema(()),
        rows=0,
        digest=Digest(algorithm="a", value="0"),
        run_id="r",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        inputs=tuple(InputRef(asset="x", snapshot_id=id_, digest="d") for id_ in reads),
    )
    return replace(plain, **changes)


def publication_of(number: int, *moves: Change, **changes: Any) -> Publication:
    """A publication that sets these pointers."""
    plain = Publication(
        id=f"p{number}",
        number=number,
        environment="prod",
        kind="publish",
        run_id="r",
        at=datetime(2026, 1, 1, tzinfo=UTC),
        changes=moves,
    )
    return replace(plain, **changes)


def rows_of(folder: Path, sql: str, as_of: str | int | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query over what is published, sorted."""
    with andon.open(folder) as project:
        return sorted(project.query(sql, as_of=as_of).rows, key=repr)


def words(report: RunReport) -> dict[str, str]:
    """What became of each asset, in a word."""
    return {outcome.asset: outcome.word for outcome in report.outcomes}


def andon_command(folder: Path, *arguments: str) -> list[str]:
    """The command line of `andon` on a project, for a process of its own."""
    return [sys.executable, "-m", "andon.cli.main", "--project", str(folder), *arguments]


def child_environment() -> dict[str, str]:
    """Environment in which a child process finds the sources and the tests."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else every process compiles all modules anew
    return environment


def run_andon(
    folder: Path, *arguments: str, timeout_s: float = 60, user: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `andon` as a process to its end, as a user; its exit code is for the test to judge."""
    named = {"ANDON_USER": user} if user else {}
    return subprocess.run(
        andon_command(folder, *arguments),
        env={**child_environment(), **named},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
