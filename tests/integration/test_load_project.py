"""Loading of whole projects from disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from andon.errors import ProjectInvalid, UsageError
from andon.project.load import load
from andon.project.scaffold import scaffold
from andon.spec.asset import AssetSpec, PythonBody
from andon.spec.check import (
    Accepted,
    Expect,
    Freshness,
    NotNull,
    Pattern,
    Range,
    Relationship,
    RowCount,
    SqlCheck,
    Tolerance,
    Unique,
)
from andon.spec.project import ProjectSpec

BASE = {
    "andon.toml": '[project]\nname = "shop"\n[parameters]\nday = "2024-01-01"\n',
    "sources/raw.yml": "tables:\n  orders: {path: data/orders.csv}\n",
}
CHECKS_YAML = """/* andon
checks:
  - not_null: [id, day]
  - unique: {columns: [id, day], keep: first by ts desc}
    on_fail: quarantine
  - accepted: {tier: [high, 2, NO]}
  - range: {amount: [0, 10.5]}
    tolerance: 0.1%
  - pattern: {code: "[A-Z]{3}"}
    tolerance: 3
  - relationship: {id: raw.orders.id}
  - relationship: {columns: [id, day], to: raw.orders, keys: [oid, oday]}
  - expect: amount >= 0
    name: no negative amounts
  - row_count: {min: 1}
  - freshness: {ts: 2 days}
    on_fail: warn
  - sql: checks/late.sql
*/
select * from raw.orders
"""
CHECKS_PYTHON = """
import andon
import polars as pl
from andon import asset, freshness, not_null, pattern, relationship, row_count, unique

LOW = 0

@asset(
    inputs={"orders": "raw.orders"},
    checks=[
        not_null("id", "day"),
        unique("id", "day", keep="first by ts desc", on_fail="quarantine"),
        andon.accepted("tier", ["high", 2, "NO"]),
        andon.in_range("amount", LOW, 10.5, tolerance="0.1%"),
        pattern("code", "[A-Z]{3}", tolerance=3),
        relationship("id", "raw.orders.id"),
        relationship(["id", "day"], "raw.orders", keys=["oid", "oday"]),
        andon.expect("amount >= 0", name="no negative amounts"),
        row_count(min=1),
        freshness("ts", "2 days", on_fail="warn"),
        andon.sql_file("checks/late.sql"),
    ],
)
def orders(orders: pl.DataFrame) -> pl.DataFrame:
    return orders
"""
LATE = {"checks/late.sql": "select * from raw.orders where late"}


def project(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in {**BASE, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def asset_of(spec: ProjectSpec, name: str) -> AssetSpec:
    return next(asset for asset in spec.assets if asset.name == name)


def test_every_kind_of_check_is_read_from_a_header(tmp_path: Path) -> None:
    spec = load(project(tmp_path, {"assets/a/orders.sql": CHECKS_YAML, **LATE}))

    checks = asset_of(spec, "a.orders").checks
    assert checks[:3] == (
        NotNull(column="id"),
        NotNull(column="day"),
        Unique(columns=("id", "day"), keep_first_by=("ts desc",), on_fail="quarantine"),
    )
    assert checks[3:6] == (
        Accepted(column="tier", values=("high", 2, "NO")),
        Range(column="amount", min=0, max=10.5, tolerance=Tolerance(share=0.001)),
        Pattern(column="code", regex="[A-Z]{3}", tolerance=Tolerance(rows=3)),
    )
    assert checks[6:8] == (
        Relationship(columns=("id",), to_asset="raw.orders", to_columns=("id",)),
        Relationship(columns=("id", "day"), to_asset="raw.orders", to_columns=("oid", "oday")),
    )
    assert checks[8:11] == (
        Expect(condition="amount >= 0", name="no negative amounts"),
        RowCount(min=1),
        Freshness(column="ts", max_age_s=172800.0, on_fail="warn"),
    )


def test_the_query_of_a_sql_check_is_read_with_its_tables(tmp_path: Path) -> None:
    spec = load(project(tmp_path, {"assets/a/orders.sql": CHECKS_YAML, **LATE}))

    check = asset_of(spec, "a.orders").checks[-1]
    assert isinstance(check, SqlCheck)
    assert (check.sql, check.reads) == ("select * from raw.orders where late", ("raw.orders",))
    assert check.body is not None


def test_python_and_yaml_give_identical_checks(tmp_path: Path) -> None:
    files = {"assets/a/y.sql": CHECKS_YAML, "assets/a/p.py": CHECKS_PYTHON, **LATE}

    spec = load(project(tmp_path, files))

    assert asset_of(spec, "a.p").checks == asset_of(spec, "a.y").checks


def test_positions_below_a_header_are_those_of_the_file(tmp_path: Path) -> None:
    text = "\n/* andon\n\nchecks:\n  - unique: id\n*/\nselect 1 as id\n"

    spec = load(project(tmp_path, {"assets/a/one.sql": text}))

    where = asset_of(spec, "a.one").checks[0].where
    assert where is not None
    assert (where.line, where.column, where.text) == (5, 5, "  - unique: id")


def test_an_asset_without_a_header_has_all_defaults(tmp_path: Path) -> None:
    spec = load(project(tmp_path, {"assets/a/one.sql": "select * from raw.orders"}))

    asset = asset_of(spec, "a.one")
    assert (asset.materialize, asset.checks, asset.reads) == ("table", (), ("raw.orders",))


def test_for_gives_one_asset_per_entry(tmp_path: Path) -> None:
    text = (
        '/* andon\nfor: [{region: eu}, {region: us}]\nname: "{region}_orders"\n*/\n'
        "select * from raw.orders where region = $region\n"
    )

    spec = load(project(tmp_path, {"assets/a/orders.sql": text}))

    assert [(asset.name, asset.variant) for asset in spec.assets] == [
        ("a.eu_orders", (("region", "eu"),)),
        ("a.us_orders", (("region", "us"),)),
    ]


def test_plain_entries_of_for_are_bound_as_value(tmp_path: Path) -> None:
    text = '/* andon\nfor: [1, 2]\nname: "part_{value}"\n*/\nselect $value as part\n'

    spec = load(project(tmp_path, {"assets/a/part.sql": text}))

    assert [asset.variant for asset in spec.assets] == [(("value", 1),), (("value", 2),)]


def test_settings_are_read_in_their_units(tmp_path: Path) -> None:
    toml = (
        '[project]\nenvironment = "dev"\n[settings]\nmemory = "512MB"\ngrace = "2h"\nseed = 0.5\n'
    )

    spec = load(project(tmp_path, {"andon.toml": toml}))

    settings = spec.settings
    assert (settings.environment, settings.memory_bytes) == ("dev", 512_000_000)
    assert (settings.grace_s, settings.seed) == (7200.0, 0.5)
    assert spec.name == tmp_path.name


def test_a_source_keeps_dialect_types_and_owner(tmp_path: Path) -> None:
    source = (
        "owner: shop\nlegal_basis: contract\ntables:\n  orders:\n    path: [data/a.csv, data/b.csv]\n"
        "    delimiter: ';'\n    nulls: [NA, '-']\n    header: false\n    encoding: latin1\n"
        "    columns: {amount: 'DECIMAL(18,2)'}\n    limit: 5\n"
    )

    spec = load(project(tmp_path, {"sources/raw.yml": source}))

    (table,) = spec.source_tables
    assert (table.name, table.owner, table.paths) == (
        "raw.orders",
        "shop",
        ("data/a.csv", "data/b.csv"),
    )
    assert (table.dialect.delimiter, table.dialect.nulls) == (";", ("NA", "-"))
    assert (table.dialect.header, table.dialect.encoding) == (False, "iso8859-1")
    assert (table.columns, table.limit) == ((("amount", "DECIMAL(18,2)"),), Tolerance(rows=5))


def test_macros_are_read_and_sorted(tmp_path: Path) -> None:
    text = "create macro twice(x) as 2 * x;\ncreate macro four(x) as twice(twice(x));\n"

    spec = load(project(tmp_path, {"macros/numbers.sql": text}))

    assert [(macro.name, macro.calls) for macro in spec.macros] == [
        ("four", ("twice",)),
        ("twice", ()),
    ]


def test_a_quarantine_check_that_closes_a_circle_is_named(tmp_path: Path) -> None:
    one = (
        "/* andon\nchecks:\n  - relationship: {id: a.two.id}\n    on_fail: quarantine\n*/\n"
        "select * from raw.orders\n"
    )
    files = {"assets/a/one.sql": one, "assets/a/two.sql": "select * from a.one"}

    with pytest.raises(ProjectInvalid) as caught:
        load(project(tmp_path, files))

    assert [p.code for p in caught.value.problems] == ["PRJ009"]
    assert "a.one -> a.two -> a.one" in caught.value.problems[0].what


def test_a_broken_file_does_not_make_its_readers_wrong(tmp_path: Path) -> None:
    files = {
        "sources/raw.yml": "tables: [",
        "assets/a/one.sql": "select * from raw.orders",
    }

    with pytest.raises(ProjectInvalid) as caught:
        load(project(tmp_path, files))

    assert [p.code for p in caught.value.problems] == ["PRJ002"]


def test_the_engine_is_asked_for_sql_that_the_parser_does_not_know(tmp_path: Path) -> None:
    query = "from raw.orders select id select"
    asked: list[str] = []

    def fallback(sql: str) -> list[tuple[str, int, int]]:
        asked.append(sql)
        return [("raw.orders", 5, 15)]

    spec = load(project(tmp_path, {"assets/a/one.sql": query}), fallback=fallback)

    asset = asset_of(spec, "a.one")
    assert asked == [query]
    assert asset.reads == ("raw.orders",)
    assert [warning.code for warning in spec.warnings][:1] == ["SQL009"]


def test_a_file_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    root = project(tmp_path, {})
    (root / "sources" / "more.yml").write_bytes(b"description: caf\xe9\n")

    with pytest.raises(ProjectInvalid, match="PRJ026"):
        load(root)


def test_loading_runs_no_user_code(tmp_path: Path) -> None:
    text = CHECKS_PYTHON + "\nraise SystemExit('this ran')\n"

    spec = load(project(tmp_path, {"assets/a/p.py": text, **LATE}))

    assert isinstance(asset_of(spec, "a.p").body, PythonBody)


def test_a_scaffolded_sample_loads(tmp_path: Path) -> None:
    written = scaffold(tmp_path / "shop", "shop")

    spec = load(tmp_path / "shop")

    assert "README.md" in written
    assert [asset.name for asset in spec.assets] == [
        "marts.customer_value",
        "staging.customers",
        "staging.orders",
    ]


def test_a_scaffold_declares_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "2024 Sales (final).csv").write_text("a,b\n1,2\n")
    (tmp_path / "data" / "events.parquet").write_bytes(b"")

    scaffold(tmp_path, 'a "shop"')

    spec = load(tmp_path)
    assert spec.name == 'a "shop"'
    assert [(table.name, table.paths) for table in spec.source_tables] == [
        ("raw.events", ("data/events.parquet",)),
        ("raw.t_2024_sales_final", ("2024 Sales (final).csv",)),
    ]
    assert asset_of(spec, "marts.overview").reads == (
        "staging.t_2024_sales_final",
        "staging.events",
    )


def test_a_scaffold_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")

    written = scaffold(tmp_path, "shop")

    assert "README.md" not in written
    assert (tmp_path / "README.md").read_text() == "mine"


def test_a_scaffold_refuses_a_folder_with_a_project(tmp_path: Path) -> None:
    (tmp_path / "andon.toml").write_text("")

    with pytest.raises(UsageError, match="PRJ031"):
        scaffold(tmp_path, "shop")

    assert [path.name for path in tmp_path.iterdir()] == ["andon.toml"]


def test_a_warm_load_imports_no_parser(tmp_path: Path) -> None:
    root = project(tmp_path, {"assets/a/orders.sql": CHECKS_YAML, **LATE})
    load(root)
    script = (
        "import sys, pathlib; from andon.project.load import load; "
        "load(pathlib.Path(sys.argv[1])); "
        "heavy = {'yaml', 'sqlglot', 'duckdb', 'polars'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(root)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
