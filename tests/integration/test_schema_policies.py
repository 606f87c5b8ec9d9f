"""Deliveries that are not as declared: taken in, refused, or parted, alike in every family of formats."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from andon.acquisition.readings.refused import notes_of, problems_of
from andon.errors import TaskFailed
from andon.ports.source_reader import RawTable
from andon.spec.check import Tolerance
from andon.spec.policy import ColumnRule, SchemaPolicy, Word
from tests.policies import (
    FAMILIES,
    GOOD,
    Row,
    held,
    is_whole,
    load,
    plain,
    refused,
    served,
    written,
)
from tests.sourcing import Project, project, types


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with project(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(made: Project) -> Project:
    made.deliveries.clear()
    for path in made.root.glob("in/*"):
        path.unlink()
    return made


@pytest.mark.parametrize("form", FAMILIES)
def test_evolve_takes_an_undeclared_column_in(shop: Project, form: str) -> None:
    declared = held(form, "evolve")
    raw = load(shop, declared, form, GOOD, [{"id": 3, "amount": 1, "note": "x"}])
    assert types(raw) == {"id": "BIGINT", "amount": "DECIMAL(6,2)", "note": "VARCHAR"}
    assert plain(served(shop, raw))[-1] == (3, 1, "x", "1:1")


@pytest.mark.parametrize("form", FAMILIES)
def test_freeze_takes_what_is_as_declared(shop: Project, form: str) -> None:
    declared = held(form, "freeze")
    raw = load(shop, declared, form, GOOD)
    assert plain(served(shop, raw)) == [(1, 1.5, "0:1"), (2, 2.5, "0:2")]
    assert refused(declared, raw) == []
    assert is_whole(shop, declared, raw)


@pytest.mark.parametrize("form", FAMILIES)
@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"id": 3, "amount": 1, "note": "x"}], "`note` is not declared"),
        ([{"id": 3}], "lacks `amount`"),
        ([{"id": 3, "amount": "much"}, {"id": 4, "amount": "1"}], "1 value of `amount` is no"),
        ([{"id": 3, "amount": 1.234}, {"id": 4, "amount": "x"}], "of `amount`"),
    ],
)
def test_freeze_refuses_a_delivery_whole_and_the_others_go_on(
    shop: Project, form: str, rows: list[Row], why: str
) -> None:
    declared = held(form, "freeze")
    raw = load(shop, declared, form, GOOD, rows)
    assert plain(served(shop, raw)) == [(1, 1.5, "0:1"), (2, 2.5, "0:2")]
    (told,) = problems_of(declared, raw.deliveries)
    assert (told.code, told.severity) == ("SRC071", "warning")
    assert f"in/1.{form}" in told.what
    assert why in told.what
    assert "sales should hear of it" in told.fix
    assert "much" not in told.what


@pytest.mark.parametrize("form", FAMILIES)
def test_freeze_fails_the_table_if_nothing_is_left(shop: Project, form: str) -> None:
    declared = held(form, "freeze")
    with pytest.raises(TaskFailed) as caught:
        load(shop, declared, form, [{"id": 1}])
    assert caught.value.code == "SRC071"
    assert "sales should hear of it" in caught.value.problems[0].fix


@pytest.mark.parametrize("form", [*FAMILIES, "csv.gz"])
def test_discard_row_sets_rows_aside_with_the_reason(shop: Project, form: str) -> None:
    declared = held(form, "discard-row")
    odd = [
        {"id": 3, "amount": "much", "note": None},
        {"id": 4, "amount": "4", "note": None},
        {"id": 5, "amount": "5", "note": "hello"},
    ]
    raw = load(shop, declared, form, GOOD, odd)
    assert types(raw) == {"id": "BIGINT", "amount": "DECIMAL(6,2)"}
    assert plain(served(shop, raw)) == [(1, 1.5, "0:1"), (2, 2.5, "0:2"), (4, 4, "1:2")]
    aside = sorted(shop.rows(raw, "aside"), key=lambda row: row[4])
    assert [(row[4], row[2]) for row in aside] == [
        (1, "`amount` is no DECIMAL(6,2)"),
        (3, "`note` is not declared"),
    ]
    assert json.loads(aside[1][3])["note"] == "hello"
    assert is_whole(shop, declared, raw)


@pytest.mark.parametrize("form", FAMILIES)
def test_rows_set_aside_count_against_the_limit(shop: Project, form: str) -> None:
    declared = held(form, "discard-row", limit=Tolerance(share=0.1))
    with pytest.raises(TaskFailed) as caught:
        load(shop, declared, form, GOOD, [{"id": 3, "amount": "much"}])
    assert caught.value.code == "SRC007"
    assert "record 1: `amount` is no DECIMAL(6,2)" in caught.value.problems[0].what


@pytest.mark.parametrize("form", FAMILIES)
def test_discard_value_makes_it_null_and_counts_it(shop: Project, form: str) -> None:
    declared = held(form, "discard-value")
    odd = [{"id": 3, "amount": "much", "note": "x"}, {"id": 4, "amount": "4", "note": "y"}]
    raw = load(shop, declared, form, GOOD, odd)
    assert types(raw) == {"id": "BIGINT", "amount": "DECIMAL(6,2)"}
    assert plain(served(shop, raw))[2:] == [(3, None, "1:1"), (4, 4, "1:2")]
    assert (raw.nulled, raw.set_aside) == (1, 0)
    assert notes_of(declared, raw.deliveries) == (
        f"`in/1.{form}`: left out, since not declared: `note`",
        f"`in/1.{form}`: made null: 1 value of `amount` is no DECIMAL(6,2)",
    )


@pytest.mark.parametrize("form", FAMILIES)
def test_a_column_may_have_a_policy_of_its_own(shop: Project, form: str) -> None:
    declared = held(
        form,
        SchemaPolicy(types="freeze"),
        ColumnRule(name="id", type="BIGINT"),
        ColumnRule(name="amount", type="INTEGER", word="discard-value"),
        ColumnRule(name="n", type="INTEGER", word="discard-row", required=False),
    )
    odd = [{"id": 3, "amount": 1.5, "n": "1"}, {"id": 4, "amount": 4.0, "n": "many"}]
    raw = load(shop, declared, form, [{"id": 1, "amount": 2}], odd, [{"id": "x", "amount": 1}])
    assert served(shop, raw) == [(1, 2, None, "0:1"), (3, None, 1, "1:1")]
    assert [what.split("`")[3] for what in refused(declared, raw)] == [f"in/2.{form}"]


@pytest.mark.parametrize("form", FAMILIES)
def test_each_part_of_a_policy_is_for_itself(shop: Project, form: str) -> None:
    declared = held(form, SchemaPolicy(columns="evolve", types="discard-value", missing="freeze"))
    raw = load(
        shop, declared, form, GOOD, [{"id": 3, "amount": "much", "note": "x"}], [{"note": "y"}]
    )
    assert types(raw)["note"] == "VARCHAR"
    assert served(shop, raw)[-1] == (3, None, "x", "1:1")
    assert [what.rpartition(": ")[2] for what in refused(declared, raw)] == [
        "lacks `id`, lacks `amount`"
    ]


NESTED = (
    ColumnRule(name="id", type="BIGINT"),
    ColumnRule(name="a", type="STRUCT(city VARCHAR, n INTEGER)", required=False),
    ColumnRule(name="items", type="STRUCT(sku VARCHAR)[]", required=False),
)
NESTED_GOOD: list[Row] = [{"id": 1, "a": {"city": "x", "n": 1}, "items": [{"sku": "s"}]}]
EXTRA: list[Row] = [{"id": 2, "a": {"city": "y", "n": 2, "zip": "9"}, "items": [{"sku": "t"}]}]
DEEP: list[Row] = [{"id": 3, "a": {"city": "z", "n": 3}, "items": [{"sku": "u", "qty": 3}]}]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_an_undeclared_nested_field_is_held_to_the_policy(shop: Project, form: str) -> None:
    declared = held(form, "freeze", *NESTED)
    raw = load(shop, declared, form, NESTED_GOOD, EXTRA, DEEP)
    told = [what.rpartition(": ")[2] for what in refused(declared, raw)]
    assert told == ["`a.zip` is not declared", "`items[].qty` is not declared"]
    assert [row[0] for row in served(shop, raw)] == [1]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_rows_with_undeclared_nested_values_are_set_aside(shop: Project, form: str) -> None:
    declared = held(form, "discard-row", *NESTED)
    raw = load(shop, declared, form, NESTED_GOOD, EXTRA, DEEP)
    assert served(shop, raw) == [(1, {"city": "x", "n": 1}, [{"sku": "s"}], "0:1")]
    reasons = [row[2] for row in shop.rows(raw, "aside")]
    assert sorted(reasons) == ["`a.zip` is not declared", "`items[].qty` is not declared"]


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
def test_undeclared_nested_values_are_left_out(shop: Project, form: str) -> None:
    declared = held(form, "discard-value", *NESTED)
    raw = load(shop, declared, form, NESTED_GOOD, EXTRA, DEEP)
    assert served(shop, raw)[1:] == [
        (2, {"city": "y", "n": 2}, [{"sku": "t"}], "1:1"),
        (3, {"city": "z", "n": 3}, [{"sku": "u"}], "2:1"),
    ]
    assert notes_of(declared, raw.deliveries)[0].endswith("left out, since not declared: `a.zip`")


@pytest.mark.parametrize("form", ["jsonl", "json", "parquet"])
@pytest.mark.parametrize(
    "odd",
    [
        {"id": 2, "a": {"city": "y", "n": "many"}},
        {"id": 2, "a": "no object"},
        {"id": 2, "items": [{"sku": "a"}, "no object"]},
        {"id": 2, "items": {"sku": "a"}},
        {"id": 2, "a": {"city": "y", "n": 1.5}},
    ],
)
def test_nested_values_that_do_not_fit_are_found(shop: Project, form: str, odd: Row) -> None:
    declared = held(form, "discard-row", *NESTED)
    raw = load(shop, declared, form, NESTED_GOOD, [odd])
    assert [row[0] for row in served(shop, raw)] == [1]
    assert raw.set_aside == 1


@pytest.mark.parametrize(
    ("kind", "value", "is_fit"),
    [
        ("INTEGER", 1.5, False),
        ("INTEGER", 2.0, True),
        ("INTEGER", 3_000_000_000, False),
        ("DECIMAL(4,1)", 1.25, False),
        ("DOUBLE", 7, True),
        ("VARCHAR", 7, True),
        ("DATE", "2026-01-02", True),
        ("DATE", "soon", False),
        ("BOOLEAN", "true", True),
    ],
)
def test_a_parquet_value_fits_if_nothing_of_it_is_lost(
    shop: Project, kind: str, value: object, is_fit: bool
) -> None:
    declared = held("parquet", "discard-row", ColumnRule(name="v", type=kind))
    raw = load(shop, declared, "parquet", [{"v": value}])
    assert raw.rows == is_fit


def test_names_are_alike_without_case_and_the_contract_spells_them(shop: Project) -> None:
    declared = held(
        "jsonl",
        "freeze",
        ColumnRule(name="Id", type="BIGINT", required=True),
        ColumnRule(name="Note", type="VARCHAR"),
        contract="c.yaml",
    )
    raw = load(shop, declared, "jsonl", [{"ID": 1}], [{"id": 2, "NOTE": "x"}])
    assert list(types(raw)) == ["Id", "Note"]
    assert served(shop, raw) == [(1, None, "0:1"), (2, "x", "1:1")]


def test_of_a_contract_only_what_is_required_may_not_be_missing(shop: Project) -> None:
    rules = (
        ColumnRule(name="id", type="BIGINT", required=True),
        ColumnRule(name="late", type="DATE"),
    )
    declared = held("csv", "freeze", *rules, contract="c.yaml")
    raw = load(shop, declared, "csv", [{"id": 1}], [{"late": "2026-01-02"}])
    assert types(raw) == {"id": "BIGINT", "late": "DATE"}
    assert [what.rpartition(": ")[2] for what in refused(declared, raw)] == ["lacks `id`"]


def test_malformed_lines_are_set_aside_beside_those_not_as_declared(shop: Project) -> None:
    declared = held("csv", "discard-row")
    shop.put("in/0.csv", b"id,amount\n1,1\n2\n3,much\n4,4,4\n5,5\n")
    shop.arrive(declared)
    raw = shop.build(declared)
    assert [row[0] for row in served(shop, raw)] == [1, 5]
    aside = sorted((row[1] or 0, row[4] or 0, row[2]) for row in shop.rows(raw, "aside"))
    assert aside == [
        (0, 3, "`amount` is no DECIMAL(6,2)"),
        (3, 0, "1 fields, not 2"),
        (5, 0, "3 fields, not 2"),
    ]
    assert is_whole(shop, declared, raw)


def test_a_file_without_header_is_named_by_the_declaration(shop: Project) -> None:
    from andon.spec.source import CsvDialect

    declared = held("csv", "discard-value", dialect=CsvDialect(header=False))
    shop.put("in/0.csv", b"1,much\n2,2\n")
    shop.arrive(declared)
    assert plain(served(shop, shop.build(declared))) == [(1, None, "0:1"), (2, 2, "0:2")]


def test_parquet_that_is_as_declared_is_served_as_it_lies(shop: Project) -> None:
    declared = held(
        "parquet",
        "freeze",
        ColumnRule(name="id", type="BIGINT"),
        ColumnRule(name="amount", type="DOUBLE"),
    )
    shop.put("in/0.parquet", written(shop, "parquet", GOOD))
    shop.arrive(declared)
    raw = shop.reader.build(
        declared, shop.deliveries, None, lambda n: shop.store.stage("run", n), in_place=True
    )
    assert raw.query
    assert raw.parts == ()


@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet"])
@pytest.mark.parametrize("word", ["evolve", "freeze", "discard-row", "discard-value"])
def test_shuffled_arrivals_give_the_same_table_under_every_policy(
    shop: Project, form: str, word: Word
) -> None:
    declared = held(form, word)
    files: list[list[Row]] = [
        GOOD,
        [{"id": 3, "amount": "much"}, {"id": 4, "amount": "4"}],
        [{"id": 5, "amount": 5, "note": "x"}],
        [{"note": "y", "id": 6}],
        [{"amount": 7, "id": 7, "more": 1}],
    ]
    if form in ("json", "parquet") and word == "evolve":
        files.pop(1)  # declared types hold for rows one by one only where a policy asks for it
    shuffled = random.Random(form + word)
    found = set()
    for _ in range(3):
        shop.deliveries.clear()
        order = list(range(len(files)))
        shuffled.shuffle(order)
        prior = None
        for at in order:
            shop.put(f"in/{at}.{form}", written(shop, form, files[at]))
            shop.arrive(declared)
            try:
                raw = shop.build(declared, prior)
            except TaskFailed:  # as long as nothing can be read
                prior = None
                continue
            prior = shop.keep(raw)
        raw = shop.build(declared, prior)
        told = (
            sorted(types(raw).items()),
            sorted(map(repr, _by_name(shop, raw))),
            sorted(map(repr, shop.rows(raw, "aside"))),
            refused(declared, raw),
        )
        found.add(repr(told))
        for path in shop.root.glob("in/*"):
            path.unlink()
    assert len(found) == 1


def _by_name(shop: Project, raw: RawTable) -> list[list[tuple[str, Any]]]:
    names = raw.schema.names
    return [sorted(zip(names, row, strict=True)) for row in shop.rows(raw)]
