"""What a contract promises is held to: its rules are checks of the raw table."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.errors import ProjectInvalid
from tests.factories import rows_of, run_andon, write_files, write_project

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders
version: 1.2.0
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
        required: true
        unique: true
      - name: state
        logicalType: string
        quality:
          - {metric: invalidValues, arguments: {validValues: [open, paid]}, mustBe: 0}
      - name: size
        logicalType: string
        enum: [{value: small}, {value: large}]
      - name: amount
        logicalType: integer
        logicalTypeOptions: {minimum: 0, maximum: 100}
    quality:
      - {metric: rowCount, mustBeGreaterThan: 2}
"""
SOUND = [f"{n},open,small,{n}" for n in range(1, 5)]
PATH = "contracts/orders.yaml"


def shop(folder: Path, *rows: str, contract: str = CONTRACT, more: str = "") -> None:
    declared = (
        f"owner: sales\ntables:\n  orders:\n    path: data/*.csv\n    contract: {PATH}\n"
        f"    quarantine_limit: 2\n{more}"
    )
    write_project(
        folder,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            PATH: contract,
            "sources/raw.yml": declared,
            "data/a.csv": "\n".join(["id,state,size,amount", *SOUND, *rows, ""]),
        },
    )


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (",open,small,1", "not_null: id"),
        ("9,lost,small,1", "accepted: state in open, paid"),
        ("9,open,huge,1", "accepted: size in small, large"),
        ("9,open,small,-1", "range: amount 0 to 100"),
        ("9,open,small,101", "range: amount 0 to 100"),
    ],
)
def test_a_row_that_breaks_a_promise_is_set_aside(tmp_path: Path, row: str, rule: str) -> None:
    shop(tmp_path, row)
    told = run_andon(tmp_path, "run")
    assert told.returncode == 0, told.stderr
    assert f"aside  {rule} ({PATH}): 1 of 5 rows set aside; sales should hear of it" in told.stdout
    assert rows_of(tmp_path, "select count(*) from raw.orders") == [(4,)]
    assert rows_of(tmp_path, "select _reason from raw.orders__rejected") == [(f"{rule} ({PATH})",)]


def test_more_than_the_limit_stops_and_says_who_should_hear(tmp_path: Path) -> None:
    shop(tmp_path, *[f"{n},lost,small,1" for n in range(10, 14)])
    told = run_andon(tmp_path, "run")
    assert told.returncode == 1
    line = next(line for line in told.stdout.splitlines() if "accepted: state in" in line)
    assert line.split() == [
        *f"stop accepted: state in open, paid ({PATH}): 4 of 8 rows,".split(),
        *"more than `limit` (2 rows) to set aside; sales should hear of it".split(),
    ]


@pytest.mark.parametrize(
    ("contract", "rule"),
    [
        (CONTRACT, "unique: id"),
        (CONTRACT.replace("unique: true", "primaryKey: true"), "unique: id"),
    ],
)
def test_a_value_that_should_be_unique_and_comes_twice_stops(
    tmp_path: Path, contract: str, rule: str
) -> None:
    shop(tmp_path, "1,open,small,1", contract=contract)
    with andon.open(tmp_path) as project:
        report = project.run()
    assert report.exit_code == 1
    assert f"`{rule} ({PATH})`" in report.outcomes[0].problems[0].what


def test_the_parts_of_a_primary_key_are_unique_together(tmp_path: Path) -> None:
    contract = CONTRACT.replace("unique: true", "primaryKey: true\n        primaryKeyPosition: 2")
    contract = contract.replace(
        "name: state\n", "name: state\n        primaryKey: true\n        primaryKeyPosition: 1\n"
    )
    shop(tmp_path, "1,paid,small,1", contract=contract)
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
        labels = [result.label for result in project.show("raw.orders").checks]
    assert f"unique: state, id ({PATH})" in labels


def test_a_table_with_fewer_rows_than_promised_stops(tmp_path: Path) -> None:
    shop(tmp_path, contract=CONTRACT.replace("mustBeGreaterThan: 2", "mustBeGreaterThan: 4"))
    with andon.open(tmp_path) as project:
        report = project.run()
    assert f"`row_count: >= 5 ({PATH})`" in report.outcomes[0].problems[0].what


def test_a_check_of_the_author_for_the_same_columns_wins(tmp_path: Path) -> None:
    own = "    checks:\n      - accepted: {STATE: [lost, open, paid]}\n      - unique: id\n"
    own += "        on_fail: warn\n"
    shop(tmp_path, "9,lost,small,1", "1,open,small,1", more=own)
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
        labels = [result.label for result in project.show("raw.orders").checks]
    assert labels[:2] == ["accepted: STATE in lost, open, paid", "unique: id"]
    assert not any(label.startswith(("accepted: state", "unique: id (")) for label in labels)


def test_a_column_that_need_not_be_there_by_what_is_written_beside_may_be_null(
    tmp_path: Path,
) -> None:
    shop(tmp_path, ",open,small,1", more="    columns: {id: {required: false}}\n")
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
    assert rows_of(tmp_path, "select count(*) from raw.orders") == [(5,)]


def test_show_tells_the_contract_and_what_of_it_is_not_held_to(tmp_path: Path) -> None:
    more = CONTRACT.replace("maximum: 100", "maximum: 100, multipleOf: 5")
    more += "slaProperties: [{property: latency, value: 4, unit: d}]\n"
    shop(tmp_path, contract=more)
    with andon.open(tmp_path) as project:
        project.run()
        facts = dict(project.show("raw.orders").facts)
    assert facts["contract"] == (
        f"{PATH}; 2 rules of it are not held to yet: `slaProperties`; `multipleOf` of `amount`"
    )


def test_every_rule_that_is_not_held_to_is_named(tmp_path: Path) -> None:
    more = CONTRACT.replace(
        "    quality:\n      - {metric: rowCount, mustBeGreaterThan: 2}\n",
        "      - name: place\n        logicalType: object\n        properties:\n"
        "          - {name: city, logicalType: string, required: true}\n"
        "      - name: note\n        logicalType: string\n        quality:\n"
        "          - {metric: nullValues, mustBeLessThan: 5}\n"
        "    quality: [{type: text, description: All of it is right}]\n"
        "    relationships: [{from: orders.id, to: lines.order}]\n",
    )
    shop(tmp_path, contract=more)
    with andon.open(tmp_path) as project:
        (table,) = project.spec.source_tables
    assert table.unheld == (
        "`required` of `place.city`",
        "`quality` (nullValues) of `note`",
        "`quality` (text)",
        "`relationships`",
    )


def test_a_rule_that_no_value_can_keep_is_an_error_of_the_contract(tmp_path: Path) -> None:
    shop(tmp_path, contract=CONTRACT.replace("minimum: 0", "minimum: 500"))
    with pytest.raises(ProjectInvalid) as caught, andon.open(tmp_path) as project:
        project.run()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where and problem.where.path) == ("PRJ029", PATH)


@pytest.mark.parametrize(
    ("columns", "body"),
    [
        ("id,v", "1,1.5\n2,NaN\n"),
        ("id,v", ""),
        ("id,part", "1,1\n1,1\n"),
    ],
    ids=["NaN", "empty", "repeated key"],
)
def test_a_drafted_contract_promises_nothing_that_its_table_breaks(
    tmp_path: Path, columns: str, body: str
) -> None:
    source = "tables:\n  orders:\n    path: data/*.csv\n    key: id\n    quarantine_limit: 0\n"
    write_project(
        tmp_path,
        {
            "andon.toml": '[project]\nname = "shop"\n',
            "sources/raw.yml": source,
            "data/a.csv": f"{columns}\n{body}",
        },
    )
    with andon.open(tmp_path) as project:
        assert project.run().exit_code == 0
        (made,) = project.sources.contracts("raw.orders", write=True)
        write_files(tmp_path, {"sources/raw.yml": f"{source}    contract: {made.path}\n"})
        assert project.run().exit_code == 0
