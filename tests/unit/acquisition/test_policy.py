"""How the columns of a delivery stand to the declared ones, and what that makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from andon.acquisition.columns.facts import Facts
from andon.acquisition.columns.policy import columns_of_table, deviation, heard, is_refused, refusal
from andon.acquisition.columns.shape import steps_of
from andon.names import AssetName
from andon.spec.origin import FilesOrigin
from andon.spec.policy import ColumnRule, SchemaPolicy, Word, accept
from andon.spec.source import SourceTable


def held(*rules: ColumnRule, contract: str = "", **policy: Word) -> SourceTable:
    accepted = accept(rules, ()) if contract else accept((), rules)
    return SourceTable(
        name=AssetName("raw.t"),
        source="raw",
        origin=FilesOrigin(paths=("*.csv",)),
        columns=accepted.columns,
        accepted=accepted,
        contract=contract,
        schema_policy=SchemaPolicy(**policy),
        owner="sales",
    )


ID = ColumnRule(name="id", type="BIGINT")
PLACE = ColumnRule(name="place", type="STRUCT(city VARCHAR)[]")


@pytest.mark.parametrize(
    ("columns", "undeclared"),
    [
        ([("ID", 0), ("place", 0)], ()),
        ([("id", 0), ("more", 4), ("a.b", 4)], ("more", '"a.b"')),
        (
            [("id", ("BIGINT",)), ("place", ("STRUCT(city VARCHAR, zip BIGINT)[]",))],
            ("place[].zip",),
        ),
        ([("id", ("BIGINT",)), ("place", ("JSON",))], ()),
        ([("id", ("STRUCT(a BIGINT)",))], ()),
    ],
)
def test_what_is_not_declared_is_told_by_path(columns: Any, undeclared: tuple[str, ...]) -> None:
    types = {"id": "BIGINT", "place": "STRUCT(city VARCHAR)[]"}
    assert deviation(held(ID, PLACE), types, columns).undeclared == undeclared


@pytest.mark.parametrize(
    ("table", "lacking"),
    [
        (held(ID, PLACE, missing="freeze"), ("place",)),
        (held(ID, PLACE), ()),
        (held(ID, PLACE, contract="c", missing="freeze"), ()),
        (held(ID, ColumnRule(name="place", required=False), missing="freeze"), ()),
        (held(ID, ColumnRule(name="place", word="freeze")), ("place",)),
    ],
)
def test_only_required_columns_may_not_be_missing(
    table: SourceTable, lacking: tuple[str, ...]
) -> None:
    found = deviation(table, {"id": "BIGINT"}, [("id", 0)])
    assert found.lacking == lacking
    assert is_refused(table, found) is bool(lacking)


def test_a_refusal_names_what_is_wrong_and_who_should_hear_of_it() -> None:
    table = held(ID, columns="freeze", missing="freeze")
    problem = refusal(table, "a.csv", deviation(table, {}, [("x", 0)]), [("n", "DATE", 2)])
    assert "lacks `id`, `x` is not declared, 2 values of `n` are no DATE" in problem.what
    assert heard(table, problem.code) == "; sales should hear of it"
    assert heard(table, "SRC003") == ""


def test_the_columns_of_a_contract_come_first_and_in_its_order() -> None:
    facts = [Facts(reading="", records=1, columns=(("x", 4), ("id", 0), ("PLACE", 0)))]
    promised = held(PLACE, ID, contract="c")
    assert [c.name for c in columns_of_table(promised, facts)] == ["place", "id", "x"]
    closed = held(PLACE, ID, contract="c", columns="discard-row")
    assert [c.name for c in columns_of_table(closed, facts)] == ["place", "id"]
    assert [c.name for c in columns_of_table(held(PLACE, ID), facts)] == ["x", "id", "PLACE"]


def test_what_is_written_beside_a_contract_changes_single_columns() -> None:
    promised = (
        ColumnRule(name="id", type="BIGINT", required=True),
        ColumnRule(name="n", type="DATE", required=False),
    )
    written = (
        ColumnRule(name="N", required=True, word="freeze"),
        ColumnRule(name="z", type="DATE"),
    )
    accepted = accept(promised, written)
    assert accepted.columns == (("id", "BIGINT"), ("n", "DATE"), ("z", "DATE"))
    assert accepted.names == accepted.required == ("id", "n", "z")
    assert accepted.words == (("n", "freeze"),)


@pytest.mark.parametrize(
    ("path", "steps"),
    [("a", ["a"]), ('"a.b"."c""d"', ["a.b", 'c"d']), ("a[][].b", ["a", "", "", "b"])],
)
def test_a_path_is_taken_apart(path: str, steps: list[str]) -> None:
    assert steps_of(path) == steps
