"""Order, cycles and closures."""

from __future__ import annotations

import pytest

from andon.graph.order import CycleFound, build, critical_path, cycle, cycles

EDGES = {"d": ["b", "c"], "b": ["a"], "c": ["a"], "e": []}


def test_inputs_come_before_readers_and_ties_go_by_name() -> None:
    assert build(EDGES).order == ("a", "b", "c", "d", "e")


def test_the_order_does_not_depend_on_the_order_of_edges() -> None:
    assert build(dict(reversed(EDGES.items()))).order == build(EDGES).order


def test_closures_have_a_depth() -> None:
    graph = build(EDGES)
    assert graph.upstream(["d"]) == {"a", "b", "c", "d"}
    assert graph.upstream(["d"], 1) == {"b", "c", "d"}
    assert graph.downstream(["a"], 1) == {"a", "b", "c"}
    assert graph.downstream(["a"], 0) == {"a"}


def test_a_cycle_is_named_in_order() -> None:
    edges = {"x": ["b"], "b": ["c"], "c": ["a"], "a": ["b"]}
    assert cycle(edges) == ("a", "b", "c")
    with pytest.raises(CycleFound) as caught:
        build(edges)
    assert caught.value.members == ("a", "b", "c")


def test_a_name_that_reads_itself_is_a_cycle() -> None:
    assert cycle({"a": ["a"]}) == ("a",)


def test_every_knot_is_named() -> None:
    edges = {"a": ["b"], "b": ["a"], "y": ["x"], "x": ["y", "y"], "z": ["x"]}
    assert list(cycles(edges)) == [("a", "b"), ("x", "y")]


def test_the_longest_path_adds_up_from_the_end() -> None:
    graph = build({"b": ["a"], "y": ["x"]})
    cost = {"a": 1.0, "b": 1.0, "x": 1.0, "y": 5.0}
    assert critical_path(graph, cost) == {"a": 2.0, "b": 1.0, "x": 6.0, "y": 5.0}
