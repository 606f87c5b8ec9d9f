"""The graph of assets: who reads whom, in which order to build, what is above and below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

from msgspec import Struct


class Graph(Struct, frozen=True, kw_only=True):
    """An acyclic graph over names.

    Attributes:
        order: every name once, inputs before their readers; ties in order of name.
        inputs: name -> names it reads, in order of declaration.
        readers: name -> names that read it, in order of name.
    """

    order: tuple[str, ...]
    inputs: Mapping[str, tuple[str, ...]]
    readers: Mapping[str, tuple[str, ...]]

    def __contains__(self, name: object) -> bool:
        return name in self.inputs

    def upstream(self, names: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """All that `names` are built from, themselves included, at most `depth` steps away."""
        return _closure(self.inputs, names, depth)

    def downstream(self, names: Iterable[str], depth: int | None = None) -> frozenset[str]:
        """All that is built from `names`, themselves included, at most `depth` steps away."""
        return _closure(self.readers, names, depth)

    def sorted(self, names: Iterable[str]) -> tuple[str, ...]:
        """The given names in building order; unknown names are left out."""
        wanted = frozenset(names)
        return tuple(name for name in self.order if name in wanted)


class CycleFound(ValueError):
    """The edges form a cycle, so no order exists; `members` names it, each reads the next."""

    def __init__(self, members: tuple[str, ...]) -> None:
        super().__init__(" -> ".join((*members, members[0])))
        self.members = members


def build(edges: Mapping[str, Iterable[str]]) -> Graph:
    """A graph from edges name -> its inputs.

    An input that has no entry of its own becomes a node without inputs. The same edges give the
    same order, whatever order they are given in.

    Raises:
        CycleFound: with the members of one cycle.
    """
    inputs = {name: tuple(dict.fromkeys(reads)) for name, reads in edges.items()}
    for reads in tuple(inputs.values()):
        for name in reads:
            inputs.setdefault(name, ())
    readers: dict[str, list[str]] = {name: [] for name in inputs}
    for name in sorted(inputs):
        for read in inputs[name]:
            readers[read].append(name)
    order = _order(inputs, readers)
    if len(order) < len(inputs):
        found = cycle(inputs)
        assert found is not None
        raise CycleFound(found)
    return Graph(
        order=tuple(order),
        inputs=inputs,
        readers={name: tuple(found) for name, found in readers.items()},
    )


def _order(inputs: Mapping[str, tuple[str, ...]], readers: Mapping[str, list[str]]) -> list[str]:
    """Kahn's algorithm with a heap, so that ties are taken by name; short of names on a cycle."""
    waiting = {name: len(reads) for name, reads in inputs.items()}
    ready = [name for name, count in waiting.items() if not count]
    heapify(ready)
    order: list[str] = []
    while ready:
        name = heappop(ready)
        order.append(name)
        for reader in readers[name]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, reader)
    return order


def cycle(edges: Mapping[str, Iterable[str]]) -> tuple[str, ...] | None:
    """The first of `cycles`, None if there is none.

    >>> cycle({"a": ["b"], "b": ["c"], "c": ["a"]})
    ('a', 'b', 'c')
    """
    return next(cycles(edges), None)


def cycles(edges: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """The members of cycles, each reading the next and the last the first.

    At least one for every knot of names, and none twice. A cycle starts at its first member by
    name, so the same edges always name it the same way.
    """
    done: set[str] = set()
    for root in sorted(edges):
        if root in done:
            continue
        path: dict[str, None] = {root: None}
        stack = [iter(_reads(edges, root))]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                done.add(path.popitem()[0])
            elif name in path:
                members = list(path)
                yield _from_first(members[members.index(name) :])
            elif name not in done:
                path[name] = None
                stack.append(iter(_reads(edges, name)))


def _reads(edges: Mapping[str, Iterable[str]], name: str) -> list[str]:
    return sorted(set(edges.get(name, ())))


def _from_first(members: list[str]) -> tuple[str, ...]:
    first = members.index(min(members))
    return tuple(members[first:] + members[:first])


def _closure(
    next_of: Mapping[str, tuple[str, ...]], names: Iterable[str], depth: int | None
) -> frozenset[str]:
    found = {name for name in names if name in next_of}
    edge: Iterable[str] = found
    while edge and (depth is None or depth > 0):
        edge = {after for name in edge for after in next_of[name]} - found
        found |= edge
        depth = None if depth is None else depth - 1
    return frozenset(found)


def critical_path(graph: Graph, cost: Mapping[str, float]) -> dict[str, float]:
    """Name -> length of the longest path from it to an end, its own cost included.

    A pool of workers that always takes the ready name with the longest path works on the critical
    path first. A path is at least as long as that of each reader.

    Args:
        graph: what is to be built.
        cost: name -> seconds it is expected to take; names without one count as 0.
    """
    length: dict[str, float] = {}
    for name in reversed(graph.order):
        below = max((length[reader] for reader in graph.readers[name]), default=0.0)
        length[name] = below + max(cost.get(name, 0.0), 0.0)
    return length
