"""A workload as data: the same assets and checks, written as an Andon project or as plain SQL.

Both sides of a comparison come from one value, so that they cannot drift apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["not_null", "unique", "accepted", "expect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check. `subject` is a column, comma-separated columns, or a condition on a row."""

    kind: Kind
    subject: str
    values: tuple[str, ...] = ()

    def declaration(self) -> str:
        """The line below ``checks:`` in the header of an asset."""
        match self.kind:
            case "accepted":
                return f"  - accepted: {{{self.subject}: {json.dumps(list(self.values))}}}"
            case "expect":
                return f"  - expect: {json.dumps(self.subject)}"
            case _:
                many = "," in self.subject
                return f"  - {self.kind}: {f'[{self.subject}]' if many else self.subject}"

    def failing(self) -> str:
        """SQL expression that counts the failing rows in a scan of the table."""
        match self.kind:
            case "not_null":
                return f"count(*) - count({self.subject})"
            case "unique":
                many = "," in self.subject
                key = f"({self.subject})" if many else self.subject
                return f"count({key}) - count(distinct {key})"
            case "accepted":
                words = ", ".join(f"'{value}'" for value in self.values)
                return f"count(*) filter (where {self.subject} not in ({words}))"
            case "expect":
                return f"count(*) filter (where not ({self.subject}))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset: dotted name, its select, its checks."""

    name: str
    sql: str
    checks: tuple[Check, ...]
    is_view: bool = False

    def header(self) -> str:
        """The comment block that declares it to Andon."""
        lines = [f"description: Generated asset {self.name}.", "owner: benchmark"]
        if self.is_view:
            lines.append("materialize: view")
        lines += ["checks:", *(check.declaration() for check in self.checks)]
        return "/* andon\n" + "\n".join(lines) + "\n*/\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Sources and assets in an order in which they can be built.

    Attributes:
        tables: raw tables of source ``raw`` as (name, file relative to the project or absolute).
        assets: each reads raw tables and earlier assets only.
        raw: whether plain SQL loads raw tables first (``table``) or reads the files in place.
    """

    tables: tuple[tuple[str, str], ...]
    assets: tuple[Asset, ...]
    raw: Literal["table", "view"] = "table"


def write_project(workload: Workload, folder: Path, settings: str = "threads = 2") -> None:
    """Write the Andon project into `folder`, which may exist. Safe to repeat."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    (folder / "andon.toml").write_text(
        f'[project]\nname = "benchmark"\n\n[settings]\n{settings}\n', "utf-8"
    )
    raw = "".join(f"  {name}: {{path: {path}}}\n" for name, path in workload.tables)
    (folder / "sources" / "raw.yml").write_text(f"tables:\n{raw}", "utf-8")
    for asset in workload.assets:
        place = asset_path(folder, asset.name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(asset.header() + asset.sql + "\n", "utf-8")


def asset_path(folder: Path, name: str) -> Path:
    """File of an asset in a project."""
    schema, table = name.split(".")
    return folder / "assets" / schema / f"{table}.sql"


def write_by_hand(workload: Workload, folder: Path) -> None:
    """Write ``by_hand.json``: what `benchmarks.by_hand` runs for the same tables and checks."""
    schemas = sorted({"raw", *(asset.name.split(".")[0] for asset in workload.assets)})
    setup = [f"create schema if not exists {schema}" for schema in schemas]
    for name, path in workload.tables:
        reader = "read_parquet" if path.endswith(".parquet") else "read_csv"
        place = Path(path) if Path(path).is_absolute() else folder / path
        setup.append(f"create {workload.raw} raw.{name} as select * from {reader}('{place}')")
    steps = [
        {"name": asset.name, "build": build_statement(asset), "check": check_statement(asset)}
        for asset in workload.assets
    ]
    text = json.dumps({"setup": setup, "steps": steps}, indent=1)
    (folder / "by_hand.json").write_text(text, "utf-8")


def build_statement(asset: Asset) -> str:
    """The select into a native table or a view."""
    kind = "view" if asset.is_view else "table"
    return f"create or replace {kind} {asset.name} as\n{asset.sql}"


def check_statement(asset: Asset) -> str:
    """All checks of an asset in one statement, planned by hand: one row of counts of failing rows.

    Unique keys are grouped on their own, since distinct counts do not share a scan with others.
    """
    shared = [check.failing() for check in asset.checks if check.kind != "unique"]
    alone = [
        f"(select count(*) from (select 1 from {asset.name} group by {check.subject} having count(*) > 1))"
        for check in asset.checks
        if check.kind == "unique"
    ]
    if not shared:
        return f"select {', '.join(alone)}"
    return f"select {', '.join([*shared, *alone])} from {asset.name}"
