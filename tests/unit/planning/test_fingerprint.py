"""What makes an asset another asset, and what never does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from andon.catalog.records import InputRef
from andon.names import AssetName
from andon.planning import fingerprint as module
from andon.planning.fingerprint import build_key, fingerprint, view_digest
from andon.spec.asset import AssetSpec, PythonBody, PythonInput
from andon.spec.check import NotNull
from andon.sql.canonical import CANONICAL_VERSION
from andon.sql.macros import read_macros
from andon.sql.read import read_sql

QUERY = "select id, bump(v) as v from raw.a where v > $least"
MACROS = "create macro bump(x) as twice(x) + 1; create macro twice(x) as x * 2; create macro idle(x) as x;"


def sql(query: str = QUERY) -> AssetSpec:
    body, problems = read_sql(query, 0, "assets/m/a.sql", seeded=True)
    assert not [p for p in problems if p.severity == "error"]
    return AssetSpec(name=AssetName("m.a"), path="assets/m/a.sql", body=body)


def python(**changes: object) -> AssetSpec:
    body = PythonBody(
        path="assets/m/p.py",
        function="p",
        inputs=(PythonInput(argument="a", asset="m.a", form="polars"),),
        code_hash="c0de",
        distributions=(("polars", "2.1"), ("python", "3.11")),
        files=(("data/x.csv", "f11e"),),
    )
    return AssetSpec(
        name=AssetName("m.p"),
        path="assets/m/p.py",
        body=replace(body, **changes),
    )


def of(
    asset: AssetSpec, macros: str = MACROS, least: float | str = 5, seed: float | None = None
) -> str:
    known = {macro.name: macro for macro in read_macros(macros, "macros/m.sql")}
    return fingerprint(asset, known, {"least": least, "other": 1}, seed)


BEFORE = of(sql())


@pytest.mark.parametrize(
    "query",
    [
        "-- said\n" + QUERY,
        QUERY + "\n/* said */\n",
        QUERY.replace(" ", "\n\t "),
        QUERY.replace("select", "SELECT").replace("from", "From"),
    ],
    ids=["comment above", "comment below", "layout", "case of keywords"],
)
def test_comments_and_layout_are_never_in_it(query: str) -> None:
    assert of(sql(query)) == BEFORE


@pytest.mark.parametrize(
    "change",
    [
        {"description": "another"},
        {"owner": "another"},
        {"tags": ("another",)},
        {"checks": (NotNull(column="id"),)},
        {"key": ("id",)},
        {"together": ("group",)},
        {"column_notes": (("id", (("description", "x"),)),)},
        {"retries": 9},
        {"timeout_s": 9.0},
        {"memory_bytes": 9},
        {"path": "assets/elsewhere.sql"},
        {"name": "m.renamed"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_for_people_or_for_running_is_never_in_it(change: dict[str, object]) -> None:
    assert of(replace(sql(), **change)) == BEFORE


@pytest.mark.parametrize(
    "query",
    [
        QUERY.replace(">", ">="),
        QUERY.replace("id,", ""),
        QUERY.replace("raw.a", "raw.b"),
        QUERY.replace("as v", "as w"),
        QUERY + " limit 5",
    ],
)
def test_code_is_in_it(query: str) -> None:
    assert of(sql(query)) != BEFORE


def test_the_body_of_a_macro_it_calls_is_in_it() -> None:
    assert of(sql(), macros=MACROS.replace("+ 1", "+ 2")) != BEFORE


def test_the_body_of_a_macro_it_reaches_through_another_is_in_it() -> None:
    assert of(sql(), macros=MACROS.replace("x * 2", "x * 3")) != BEFORE


def test_a_macro_it_does_not_reach_is_not_in_it() -> None:
    assert of(sql(), macros=MACROS.replace("idle(x) as x", "idle(x) as -x")) == BEFORE


def test_declared_types_are_in_it() -> None:
    assert of(replace(sql(), columns=(("v", "BIGINT"),))) != BEFORE


def test_materialisation_is_in_it() -> None:
    assert of(replace(sql(), materialize="view")) != BEFORE


def test_a_parameter_that_is_read_is_in_it() -> None:
    assert of(sql(), least=6) != BEFORE


def test_the_type_of_a_parameter_is_in_it() -> None:
    assert of(sql(), least="5") != BEFORE


def test_a_parameter_that_is_not_read_is_not_in_it() -> None:
    known = {macro.name: macro for macro in read_macros(MACROS, "macros/m.sql")}
    assert fingerprint(sql(), known, {"least": 5, "other": 2}) == BEFORE


def test_a_value_of_its_variant_wins_over_the_parameter_and_is_in_it() -> None:
    assert of(replace(sql(), variant=(("least", 7),))) == of(sql(), least=7)


def test_the_version_of_the_canonical_form_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANONICAL_VERSION", CANONICAL_VERSION + 1)
    assert of(sql()) != BEFORE


def test_the_seed_is_in_it_only_where_chance_is_used() -> None:
    assert of(sql(), seed=0.5) == BEFORE
    chance = sql("select random() as r from raw.a")
    assert of(chance, seed=0.5) != of(chance, seed=0.6)


@pytest.mark.parametrize(
    "change",
    [
        {"code_hash": "0the"},
        {"inputs": (PythonInput(argument="a", asset="m.a", form="pandas"),)},
        {"inputs": (PythonInput(argument="b", asset="m.a", form="polars"),)},
        {"distributions": (("polars", "2.2"), ("python", "3.11"))},
        {"files": (("data/x.csv", "0the"),)},
    ],
    ids=["code", "form of an input", "argument", "version of a distribution", "declared file"],
)
def test_all_that_decides_what_a_function_returns_is_in_it(change: dict[str, object]) -> None:
    assert of(python(**change)) != of(python())


def test_where_a_function_lies_is_not_in_it() -> None:
    assert of(python(path="assets/m/elsewhere.py")) == of(python())


REFS = (
    InputRef(asset="raw.a", snapshot_id="s1", digest="d1"),
    InputRef(asset="raw.b", snapshot_id="s2", digest="d2"),
)
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def key(**changes: object) -> str:
    given: dict[str, object] = {
        "fingerprint": "f",
        "inputs": REFS,
        "engine_version": "2.0.1",
        "logical_time": None,
        "every_s": None,
        **changes,
    }
    return build_key(**given)  # type: ignore[arg-type]  # arguments by name


def test_a_build_key_follows_the_definition() -> None:
    assert key(fingerprint="g") != key()


def test_a_build_key_follows_the_content_of_inputs() -> None:
    assert key(inputs=(replace(REFS[0], digest="d3"), REFS[1])) != key()


def test_a_build_key_ignores_which_snapshot_holds_the_content() -> None:
    assert key(inputs=(replace(REFS[0], snapshot_id="s9"), REFS[1])) == key()


def test_a_build_key_tells_inputs_apart_that_change_places() -> None:
    swapped = (replace(REFS[0], digest="d2"), replace(REFS[1], digest="d1"))
    assert key(inputs=swapped) != key()


def test_a_build_key_follows_the_minor_version_of_the_engine_only() -> None:
    assert key(engine_version="2.0.9") == key()
    assert key(engine_version="2.1.0") != key()


def test_a_build_key_is_the_same_within_a_tick_and_another_in_the_next() -> None:
    hourly = key(logical_time=NOON, every_s=3600.0)
    assert key(logical_time=NOON + timedelta(minutes=59), every_s=3600.0) == hourly
    assert key(logical_time=NOON + timedelta(minutes=60), every_s=3600.0) != hourly


def test_a_reader_of_the_clock_without_a_tick_keeps_its_key() -> None:
    once = key(logical_time=NOON)
    assert key(logical_time=NOON + timedelta(days=99)) == once
    assert once != key()


def test_the_digest_of_a_view_follows_definition_and_inputs() -> None:
    same = view_digest("f", (replace(REFS[0], snapshot_id="s9"), REFS[1]))
    assert same == view_digest("f", REFS)
    assert view_digest("g", REFS) != view_digest("f", REFS)
    assert view_digest("f", REFS[:1]) != view_digest("f", REFS)
