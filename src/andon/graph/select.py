"""The selector language: which assets a command acts on.

An expression is a union of groups separated by spaces; a group is an intersection of terms
separated by commas. A term is a method (`tag:daily`) or a name or pattern (`marts.*`), with an
optional `+` or `N+` before it (what it is built from) and `+` or `+N` after it (what is built
from it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct, field

from andon.errors import Problem, UsageError
from andon.graph.order import Graph
from andon.names import closest, did_you_mean

METHODS: Final = ("tag", "path", "owner", "source", "state", "result")
STATES: Final = ("new", "modified", "unchanged")
RESULTS: Final = ("ok", "warn", "fail", "held", "cancelled")

_TERM: Final = re.compile(r"(?:(?P<above>\d*)\+)?(?P<body>[^+]+?)(?:\+(?P<below>\d*))?\Z")


class Facts(Struct, frozen=True, kw_only=True):
    """What terms ask about; each maps a name of the graph to its values.

    Attributes:
        tags, owners: as declared.
        paths: file relative to the project.
        sources: names of the tables of each source, by the source's name.
        states: of `STATES`, by comparison with the environment; a name may have several.
        results: of `RESULTS`, of the last run; a name may have several.
    """

    tags: Mapping[str, Iterable[str]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Iterable[str]] = field(default_factory=dict)
    states: Mapping[str, Iterable[str]] = field(default_factory=dict)
    results: Mapping[str, Iterable[str]] = field(default_factory=dict)


NO_FACTS: Final = Facts()


def select(
    graph: Graph, expression: str, facts: Facts = NO_FACTS, *, exclude: str = ""
) -> frozenset[str]:
    """Names that an expression selects.

    Args:
        graph: all that exists.
        expression: empty selects everything.
        facts: what the methods ask about.
        exclude: expression whose names are taken away again.

    Raises:
        UsageError: GRF001 unknown name, GRF002 unknown method, GRF003 not a term,
            GRF004 unknown value of a method.
    """
    chosen = frozenset(graph.order) if not expression.split() else _union(graph, expression, facts)
    return chosen - _union(graph, exclude, facts)


def _union(graph: Graph, expression: str, facts: Facts) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for group in re.sub(r"\s*,\s*", ",", expression.strip()).split():
        terms = [_term(graph, term, facts) for term in group.split(",")]
        found |= frozenset.intersection(*terms)
    return found


def _term(graph: Graph, term: str, facts: Facts) -> frozenset[str]:
    match = _TERM.match(term)
    if match is None:
        raise UsageError(
            Problem(
                code="GRF003",
                what=f"`{term}` is not a selector",
                why="a selector is a name, a pattern or method:value, with + before or after it",
                fix="write for example `+marts.customers`, `tag:daily` or `2+marts.*+1`",
            )
        )
    names = _body(graph, match["body"], facts)
    found = names
    if match["above"] is not None:
        found |= graph.upstream(names, int(match["above"]) if match["above"] else None)
    if match["below"] is not None:
        found |= graph.downstream(names, int(match["below"]) if match["below"] else None)
    return found


def _body(graph: Graph, body: str, facts: Facts) -> frozenset[str]:
    method, colon, value = body.partition(":")
    if not colon:
        return _named(graph, body)
    match method:
        case "path":
            found = {name for name, path in facts.paths.items() if _is_at(path, value)}
            if not found:
                raise _unknown_value(method, value, facts.paths.values())
        case "source":
            if value not in facts.sources:
                raise _unknown_value(method, value, facts.sources)
            found = set(facts.sources[value])
        case "owner":
            found = {name for name, owner in facts.owners.items() if owner == value}
            if not found:
                raise _unknown_value(method, value, facts.owners.values())
        case "tag":
            found = {name for name, tags in facts.tags.items() if value in tags}
            if not found:
                raise _unknown_value(method, value, _flat(facts.tags))
        case "state":
            found = _holding(method, value, facts.states, STATES)
        case "result":
            found = _holding(method, value, facts.results, RESULTS)
        case _:
            raise _unknown_method(method, value)
    return frozenset(name for name in found if name in graph)


def _holding(
    method: str, value: str, facts: Mapping[str, Iterable[str]], known: tuple[str, ...]
) -> set[str]:
    """Names with a value of a fixed list; nothing may have it now, which is no error."""
    if value not in known:
        raise _unknown_value(method, value, known)
    return {name for name, values in facts.items() if value in values}


def _named(graph: Graph, pattern: str) -> frozenset[str]:
    if pattern in graph:
        return frozenset({pattern})
    if any(sign in pattern for sign in "*?["):
        found = frozenset(name for name in graph.order if fnmatchcase(name, pattern))
        if found:
            return found
    raise UsageError(
        Problem(
            code="GRF001",
            what=f"no asset or source is called `{pattern}`",
            why="a selection names things of this project, by their dotted names or a pattern",
            fix=did_you_mean(pattern, graph.order, "write a name or pattern of this project"),
        )
    )


def _is_at(path: str, wanted: str) -> bool:
    """Whether a file is the wanted file, below the wanted folder, or matches the pattern."""
    folder = wanted.rstrip("/")
    return path == wanted or path.startswith(f"{folder}/") or fnmatchcase(path, wanted)


def _flat(values: Mapping[str, Iterable[str]]) -> set[str]:
    return {value for several in values.values() for value in several}


def _unknown_method(method: str, value: str) -> UsageError:
    near = closest(method, METHODS)
    return UsageError(
        Problem(
            code="GRF002",
            what=f"`{method}:` is not a selection method",
            why="methods are " + ", ".join(f"{one}:" for one in METHODS),
            fix=f"write `{near}:{value}`" if near else "use one of these methods",
        )
    )


def _unknown_value(method: str, value: str, known: Iterable[str]) -> UsageError:
    names = sorted({one for one in known if one})
    listed = ", ".join(names[:10]) or "none"
    near = closest(value, names)
    return UsageError(
        Problem(
            code="GRF004",
            what=f"nothing has the {method} `{value}`",
            why=f"a selection that can never match is a mistake; known: {listed}",
            fix=f"write `{method}:{near}` (closest known)" if near else "use a known value",
        )
    )
