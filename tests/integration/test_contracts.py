"""Data contracts: drafted from what is served, valid by the standard, held to as declarations."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator

import andon
from andon.errors import AndonError
from andon.spec import odcs
from tests.factories import rows_of, run_andon, write_files, write_project

STANDARD: dict[str, Any] = json.loads(
    resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8")
)
SHOP = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": (
        "owner: sales\nsystem: erp\nlegal_basis: contract\ndescription: What the shop sold.\n"
        "tables:\n  orders:\n    path: data/orders*.csv\n    key: id\n    tags: [daily]\n"
        "    columns:\n      mail: {classification: pii.email, description: Of the buyer}\n"
        "      amount: DECIMAL(10, 2)\n"
    ),
    "data/orders.csv": "id,mail,status,first_name,amount,at,note\n"
    + "".join(
        f"{n},p{n % 3}@x.org,{'open' if n % 2 else 'shipped'},{'Ann' if n % 2 else 'Bo'},"
        f"{n}.50,2026-01-02T10:00:00Z,{'' if n % 5 else 'x'}\n"
        for n in range(200)
    ),
}
NESTED = {
    **SHOP,
    "sources/raw.yml": "tables:\n  orders:\n    path: data/*.jsonl\n",
    "data/a.jsonl": '{"id": 1, "a": {"city": "x", "geo": [1.5, 2]}, "items": [{"sku": "A", "n": 2}]}\n',
}


def draft(folder: Path) -> dict[str, Any]:
    with andon.open(folder) as project:
        if not project.history():
            project.run()
        (made,) = project.sources.contracts("raw.orders")
    found: dict[str, Any] = yaml.safe_load(made.text)
    return found


def properties(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in contract["schema"][0]["properties"]}


@pytest.mark.parametrize("files", [SHOP, NESTED], ids=["flat", "nested"])
def test_a_draft_is_valid_by_the_standard(tmp_path: Path, files: dict[str, str]) -> None:
    write_project(tmp_path, files)
    contract = draft(tmp_path)
    Draft201909Validator(STANDARD).validate(contract)
    assert contract["apiVersion"] in STANDARD["properties"]["apiVersion"]["enum"]
    assert (contract["status"], contract["id"]) == ("draft", "shop.raw.orders")


def test_a_contract_that_is_not_by_the_standard_would_be_found(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    contract = draft(tmp_path)
    contract["schema"][0]["properties"][0]["logicalType"] = "whole number"
    assert not Draft201909Validator(STANDARD).is_valid(contract)


def test_a_draft_says_what_was_found_and_declared(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    contract = draft(tmp_path)
    columns = properties(contract)
    assert list(columns) == ["id", "mail", "status", "first_name", "amount", "at", "note"]
    assert columns["id"] == {
        "name": "id",
        "logicalType": "integer",
        "physicalType": "BIGINT",
        "required": True,
        "unique": True,
        "primaryKey": True,
        "primaryKeyPosition": 1,
        "logicalTypeOptions": {"minimum": 0},
    }
    assert columns["amount"]["physicalType"] == "DECIMAL(10,2)"
    assert columns["at"]["logicalTypeOptions"] == {"timezone": True}
    assert "required" not in columns["note"]
    assert columns["mail"]["classification"] == "pii.email"
    assert contract["team"] == {"name": "sales"}
    custom = {one["property"]: one["value"] for one in contract["customProperties"]}
    assert custom == {"sourceSystem": "erp", "legalBasis": "contract"}


def test_values_are_given_away_of_columns_of_codes_only(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        project.run()
        text = project.sources.contracts("raw.orders")[0].text
    columns = properties(yaml.safe_load(text))
    rule = columns["status"]["quality"][0]
    assert rule["arguments"]["validValues"] == ["open", "shipped"]
    assert not any(word in text for word in ("Ann", "x.org", "199"))
    assert "quality" not in columns["first_name"]


@pytest.mark.parametrize(
    "values",
    [
        ["open", "shipped to the customer's door"],
        ["a@b.org", "c@d.org"],
        ["12345", "99999"],
        ["open", "seldom"],
    ],
)
def test_text_that_may_be_more_than_a_code_is_not_given_away(
    tmp_path: Path, values: list[str]
) -> None:
    body = "".join(
        f"x{n},{values[1] if n % 2 and (values[1] != 'seldom' or n == 1) else values[0]}\n"
        for n in range(200)
    )
    write_project(tmp_path, {**SHOP, "data/orders.csv": f"id,state\n{body}"})
    write_files(tmp_path, {"sources/raw.yml": "tables: {orders: {path: data/orders.csv}}\n"})
    assert "quality" not in properties(draft(tmp_path))["state"]


def test_a_draft_is_the_same_every_time_and_nested_fields_are_in_it(tmp_path: Path) -> None:
    write_project(tmp_path, NESTED)
    contract = draft(tmp_path)
    assert draft(tmp_path) == contract
    columns = properties(contract)
    assert [one["name"] for one in columns["a"]["properties"]] == ["city", "geo"]
    assert columns["a"]["properties"][1]["items"] == {
        "logicalType": "number",
        "physicalType": "DOUBLE",
    }
    inner = columns["items"]["items"]["properties"]
    kinds = {one["name"]: one["physicalType"] for one in inner}
    assert kinds == {"n": "BIGINT", "sku": "VARCHAR"}


@pytest.mark.parametrize("files", [SHOP, NESTED], ids=["flat", "nested"])
def test_a_table_with_its_drafted_contract_is_the_table_it_was(
    tmp_path: Path, files: dict[str, str]
) -> None:
    write_project(tmp_path, files)
    with andon.open(tmp_path) as project:
        project.run()
        before = project.table("raw.orders")
        rows = rows_of(tmp_path, "from raw.orders")
        (made,) = project.sources.contracts("raw.orders", write=True)
        declared = files["sources/raw.yml"] + f"    contract: {made.path}\n    schema: freeze\n"
        write_files(tmp_path, {"sources/raw.yml": declared})
        report = project.run()
        assert report.exit_code == 0
        assert report.outcomes[0].changes == ()
        assert project.table("raw.orders").schema.columns == before.schema.columns
    assert rows_of(tmp_path, "from raw.orders") == rows


CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.2.0
schema:
  - name: orders
    properties:
      - {name: late, logicalType: date}
      - {name: amount, logicalType: number, physicalType: "NUMBER(10,2) ORACLE"}
      - {name: id, logicalType: string, required: true, description: Number of the order}
      - {name: price, physicalType: "decimal(8, 3)"}
      - {name: place, logicalType: object, properties: [{name: city, logicalType: string}]}
      - {name: tags, logicalType: array, items: {logicalType: integer}}
"""
HELD = {
    "andon.toml": '[project]\nname = "shop"\n',
    "contracts/orders.yaml": CONTRACT,
    "sources/raw.yml": (
        "tables:\n  orders:\n    path: data/*.jsonl\n    contract: contracts/orders.yaml\n"
    ),
    "data/a.jsonl": '{"extra": true, "id": 7, "amount": 1.5, "price": 2.5, "tags": [1]}\n',
}


def columns_of(folder: Path) -> list[tuple[str, str]]:
    with andon.open(folder) as project:
        project.run()
        return [(c.name, c.type) for c in project.table("raw.orders").schema.columns[:-2]]


def test_the_properties_of_a_contract_are_the_columns_in_its_order(tmp_path: Path) -> None:
    write_project(tmp_path, HELD)
    assert columns_of(tmp_path) == [
        ("late", "DATE"),
        ("amount", "DOUBLE"),
        ("id", "VARCHAR"),
        ("price", "DECIMAL(8,3)"),
        ("place", "STRUCT(city VARCHAR)"),
        ("tags", "BIGINT[]"),
        ("extra", "BOOLEAN"),
    ]
    assert rows_of(tmp_path, "select id, amount, late, tags[1] from raw.orders") == [
        ("7", 1.5, None, 1)
    ]


def test_what_is_written_beside_a_contract_wins(tmp_path: Path) -> None:
    more = HELD["sources/raw.yml"] + "    columns: {ID: INTEGER, extra: VARCHAR}\n"
    write_project(tmp_path, {**HELD, "sources/raw.yml": more})
    kinds = dict(columns_of(tmp_path))
    assert (kinds["id"], kinds["extra"]) == ("INTEGER", "VARCHAR")
    with andon.open(tmp_path) as project:
        notes = dict(project.show("raw.orders").column_notes)
    assert notes["id"] == (("description", "Number of the order"),)


def test_an_edited_contract_is_read_anew(tmp_path: Path) -> None:
    write_project(tmp_path, HELD)
    columns_of(tmp_path)
    edited = CONTRACT.replace("name: id, logicalType: string", "name: id, logicalType: integer")
    write_files(tmp_path, {"contracts/orders.yaml": edited})
    assert dict(columns_of(tmp_path))["id"] == "BIGINT"


def test_a_contract_that_is_there_is_not_overwritten_unseen(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project:
        project.run()
        project.sources.contracts("raw", write=True)
        target = tmp_path / "contracts/raw.orders.odcs.yaml"
        target.write_text("mine")
        with pytest.raises(AndonError) as caught:
            project.sources.contracts("raw", write=True)
        assert caught.value.code == "APP010"
        assert target.read_text() == "mine"
        assert project.sources.contracts("raw", write=True, replace=True)[0].is_written
    assert target.read_text() != "mine"


def test_what_was_never_published_has_no_draft(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    with andon.open(tmp_path) as project, pytest.raises(AndonError) as caught:
        project.sources.contracts("raw.orders")
    assert caught.value.code == "APP003"


def test_the_command_prints_or_writes_the_contract(tmp_path: Path) -> None:
    write_project(tmp_path, SHOP)
    assert run_andon(tmp_path, "run").returncode == 0
    printed = run_andon(tmp_path, "source", "contract", "raw.orders")
    assert yaml.safe_load(printed.stdout)["name"] == "raw.orders"
    document = json.loads(run_andon(tmp_path, "--json", "source", "contract", "raw").stdout)
    assert document["contracts"][0]["text"] == printed.stdout
    told = run_andon(tmp_path, "source", "contract", "raw", "--write")
    assert "wrote contracts/raw.orders.odcs.yaml" in told.stderr
    assert (tmp_path / "contracts/raw.orders.odcs.yaml").read_text("utf-8") == printed.stdout


def test_the_known_keys_are_those_of_the_standard() -> None:
    known = STANDARD["$defs"]
    element = set(known["SchemaElement"]["properties"])
    base = known["SchemaBaseProperty"]
    conditional = {
        key
        for part in base["allOf"]
        for key in part.get("then", {}).get("properties", {})
        if key != "logicalTypeOptions"
    }
    assert set(STANDARD["properties"]) == odcs.ROOT_KEYS
    assert set(STANDARD["required"]) == set(odcs.REQUIRED_KEYS)
    assert element | set(known["SchemaObject"]["properties"]) == odcs.OBJECT_KEYS
    assert element | set(base["properties"]) | conditional == odcs.PROPERTY_KEYS
    assert set(base["properties"]["logicalType"]["enum"]) == set(odcs.TYPES)
