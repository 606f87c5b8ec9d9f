"""What Andon holds functions for, against the engine's own catalogue of them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from andon.sql.parse import NotParsed, parse
from andon.sql.slicing.functions import kind_of

HARMLESS = (
    *("array_append", "array_pop_back", "array_pop_front", "array_prepend", "array_push_back"),
    *("array_push_front", "array_reverse", "array_to_string", "date_add", "days_in_month"),
    *("fdiv", "fmod", "if", "json", "map_contains_entry", "map_contains_value", "md5_number_lower"),
    *("md5_number_upper", "nullif", "pg_typeof", "split_part"),
)
"""Macros of the engine that only rewrite a row; `list_...` are others."""


@pytest.fixture(scope="module")
def functions() -> dict[str, set[tuple[str, str]]]:
    """Name -> kinds, each with how far its result is the same at each call."""
    with duckdb.connect() as engine:
        rows = engine.execute(
            "select function_name, function_type, coalesce(stability, '') from duckdb_functions()"
            " where regexp_full_match(function_name, '[a-z_][a-z0-9_]*')"
        ).fetchall()
    found: dict[str, set[tuple[str, str]]] = {}
    for name, kind, stability in rows:
        found.setdefault(name, set()).add((kind, stability))
    return found


def kinds(name: str) -> Iterator[str]:
    """Kinds of the nodes that calls of a function become."""
    for count in range(5):
        arguments = ", ".join("abcde"[:count])
        try:
            (tree,) = parse(f"select {name}({arguments}) as x from t")
        except NotParsed:
            continue
        yield from (kind_of(node) for node in tree.expressions[0].this.walk())


def names(
    functions: dict[str, set[tuple[str, str]]], kind: str, *stabilities: str
) -> Iterator[str]:
    for name, found in sorted(functions.items()):
        if any(k == kind and (not stabilities or s in stabilities) for k, s in found):
            yield name


def test_no_aggregate_is_held_for_a_function_of_one_row(
    functions: dict[str, set[tuple[str, str]]],
) -> None:
    found = {name: set(kinds(name)) for name in names(functions, "aggregate")}
    assert len(found) > 50
    assert [name for name, own in found.items() if own and not own & {"aggregate", "unknown"}] == []


def test_no_window_function_is_held_for_a_function_of_one_row(
    functions: dict[str, set[tuple[str, str]]],
) -> None:
    found = {name: set(kinds(name)) for name in names(functions, "window")}
    assert len(found) > 10
    assert [name for name, own in found.items() if own and not own & {"window", "unknown"}] == []


def test_no_function_that_changes_from_call_to_call_is_held_for_one_that_does_not(
    functions: dict[str, set[tuple[str, str]]],
) -> None:
    unsteady = set(names(functions, "scalar", "VOLATILE"))
    # What depends on the time zone alone has forms without one: the session is in UTC.
    steady = set(names(functions, "scalar", "CONSISTENT"))
    unsteady |= set(names(functions, "scalar", "CONSISTENT_WITHIN_QUERY")) - steady
    found = {name: set(kinds(name)) for name in unsteady}
    assert len(found) > 20
    assert [name for name, own in found.items() if own and not own & {"changing", "unknown"}] == []


def test_no_macro_of_the_engine_is_held_for_a_function_of_one_row_without_being_looked_at(
    functions: dict[str, set[tuple[str, str]]],
) -> None:
    plain = {name for name, own in functions.items() if {kind for kind, _ in own} == {"macro"}}
    found = {name: set(kinds(name)) for name in plain}
    others = {"aggregate", "changing", "unknown"}
    held = {name for name, own in found.items() if own and not own & others}
    assert {name for name in held if not name.startswith("list_")} <= set(HARMLESS)


def test_no_function_that_gives_a_table_is_held_for_a_function_of_one_row(
    functions: dict[str, set[tuple[str, str]]],
) -> None:
    tables = (*names(functions, "table"), *names(functions, "table_macro"))
    both = {name for name in tables if any(kind == "scalar" for kind, _ in functions[name])}
    found = {name: set(kinds(name)) for name in tables if name not in both}
    assert [
        name for name, own in found.items() if own and not own & {"unnest", "unknown", "aggregate"}
    ] == []
