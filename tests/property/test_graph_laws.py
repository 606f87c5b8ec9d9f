"""Laws of the graph on random graphs of at most 12 names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from andon.graph.order import build, critical_path, cycle
from andon.graph.select import select

NAMES = [f"s.n{index}" for index in range(12)]


@st.composite
def acyclic(draw: st.DrawFn) -> dict[str, list[str]]:
    """Edges that only point to earlier names of a random order."""
    order = draw(st.permutations(NAMES))[: draw(st.integers(1, 12))]
    return {
        name: draw(st.lists(st.sampled_from(order[:index]), unique=True)) if index else []
        for index, name in enumerate(order)
    }


@given(acyclic())
def test_every_name_comes_once_and_after_its_inputs(edges: dict[str, list[str]]) -> None:
    graph = build(edges)
    place = {name: index for index, name in enumerate(graph.order)}
    assert sorted(place) == sorted(edges)
    assert all(place[read] < place[name] for name, reads in edges.items() for read in reads)


@given(acyclic())
def test_upstream_and_downstream_mirror_each_other(edges: dict[str, list[str]]) -> None:
    graph = build(edges)
    for name in graph.order:
        assert all(name in graph.downstream([one]) for one in graph.upstream([name]))


@given(acyclic(), st.data())
def test_a_closure_without_limit_is_the_one_of_a_great_depth(
    edges: dict[str, list[str]], data: st.DataObject
) -> None:
    graph = build(edges)
    name = data.draw(st.sampled_from(graph.order))
    assert graph.upstream([name]) == graph.upstream([name], 12)
    assert select(graph, f"+{name}+") == graph.upstream([name]) | graph.downstream([name])


@given(acyclic(), st.data())
def test_a_path_is_as_long_as_its_own_cost_and_that_of_its_longest_reader(
    edges: dict[str, list[str]], data: st.DataObject
) -> None:
    graph = build(edges)
    cost = {name: data.draw(st.floats(0, 100)) for name in graph.order}
    length = critical_path(graph, cost)
    for name in graph.order:
        below = max((length[reader] for reader in graph.readers[name]), default=0.0)
        assert length[name] == below + cost[name]


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=4)))
def test_a_cycle_that_is_named_is_one(edges: dict[str, list[str]]) -> None:
    found = cycle(edges)
    if found is None:
        assert set(edges) <= set(build(edges).order)
    else:
        assert all(
            after in edges[one] for one, after in zip(found, (*found[1:], found[0]), strict=True)
        )
