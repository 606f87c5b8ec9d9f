"""The selector language."""

from __future__ import annotations

import pytest

from andon.errors import UsageError
from andon.graph.order import build
from andon.graph.select import Facts, select

GRAPH = build(
    {
        "raw.a": [],
        "staging.a": ["raw.a"],
        "staging.b": ["raw.a"],
        "marts.x": ["staging.a", "staging.b"],
        "marts.y": ["marts.x"],
    }
)
FACTS = Facts(
    tags={"marts.x": ("daily",), "marts.y": ("daily", "pii")},
    owners={"marts.x": "growth", "staging.a": ""},
    paths={"marts.x": "assets/marts/x.sql", "staging.a": "assets/staging/a.sql"},
    sources={"shop": ["raw.a"]},
    states={"staging.b": ("modified",)},
    results={"marts.y": ("fail",)},
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", "raw.a staging.a staging.b marts.x marts.y"),
        ("marts.x", "marts.x"),
        ("marts.*", "marts.x marts.y"),
        ("+marts.x", "raw.a staging.a staging.b marts.x"),
        ("1+marts.x", "staging.a staging.b marts.x"),
        ("staging.a+", "staging.a marts.x marts.y"),
        ("1+staging.a+1", "raw.a staging.a marts.x"),
        ("tag:daily", "marts.x marts.y"),
        ("tag:daily,tag:pii", "marts.y"),
        ("tag:daily , tag:pii", "marts.y"),
        ("staging.a tag:pii", "staging.a marts.y"),
        ("owner:growth", "marts.x"),
        ("path:assets/marts", "marts.x"),
        ("path:assets/staging/a.sql", "staging.a"),
        ("path:assets/*/a.sql", "staging.a"),
        ("source:shop+1", "raw.a staging.a staging.b"),
        ("state:modified+", "staging.b marts.x marts.y"),
        ("state:new", ""),
        ("result:fail", "marts.y"),
        ("state:modified+,tag:pii", "marts.y"),
    ],
)
def test_an_expression_selects(expression: str, expected: str) -> None:
    assert select(GRAPH, expression, FACTS) == set(expected.split())


def test_what_is_excluded_is_taken_away() -> None:
    assert select(GRAPH, "+marts.x", FACTS, exclude="raw.* staging.b") == {"staging.a", "marts.x"}


@pytest.mark.parametrize(
    ("expression", "code", "near"),
    [
        ("marts.z", "GRF001", "marts."),
        ("mart.*", "GRF001", ""),
        ("tga:daily", "GRF002", "tag:daily"),
        ("+", "GRF003", ""),
        ("a++", "GRF003", ""),
        ("tag:dayly", "GRF004", "tag:daily"),
        ("state:modfied", "GRF004", "state:modified"),
        ("source:shp", "GRF004", "source:shop"),
    ],
)
def test_what_is_unknown_is_an_error_with_the_closest_name(
    expression: str, code: str, near: str
) -> None:
    with pytest.raises(UsageError) as caught:
        select(GRAPH, expression, FACTS)
    assert caught.value.code == code
    assert near in caught.value.problems[0].fix
