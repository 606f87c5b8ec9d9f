"""The shape of rows: columns and the fields within them, each by its path."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from andon.acquisition.columns.evidence import Seen, text_type
from andon.acquisition.columns.facts import Facts
from andon.acquisition.columns.types import fields_of, least_common, settle, struct

Shape = tuple[tuple[str, str], ...]
"""Names with types, in order."""

STRUCT, LIST = "STRUCT", "LIST"
_PLAIN = re.compile(r"[^.\[\]\"]+\Z")
_STEP = re.compile(r"""("(?:[^"]|"")*")|([^.\[\]"]+|\[\])""")


def shape_of(facts: Sequence[Facts]) -> Shape:
    """Names and types of what some deliveries hold, each name once, in the order of deliveries."""
    names: dict[str, str] = {}
    seen: dict[str, Seen] = {}
    types: dict[str, set[str]] = {}
    for one in facts:
        for name, evidence in one.columns:
            folded = name.casefold()
            names.setdefault(folded, name)
            if isinstance(evidence, int):
                seen[folded] = seen.get(folded, Seen.NOTHING) | Seen(evidence)
            else:
                types.setdefault(folded, set()).update(evidence)
    return tuple(
        (
            name,
            least_common(types[folded])
            if folded in types
            else text_type(seen[folded])
            if seen[folded]
            else "NULL",
        )
        for folded, name in names.items()
    )


def inner(kind: str) -> tuple[str, Shape]:
    """What a type is made of: ``STRUCT`` with its fields, ``LIST`` with its element, or itself.

    >>> inner("STRUCT(a BIGINT)[]")
    ('LIST', (('', 'STRUCT(a BIGINT)'),))
    """
    if kind.endswith("[]"):
        return LIST, (("", kind[:-2]),)
    if kind.startswith("STRUCT("):
        return STRUCT, tuple(fields_of(kind))
    return kind, ()


def below(path: str, name: str) -> str:
    """Path of a field below another path; "" is the row itself, and the name "" an element.

    >>> below("", "a"), below("a", "b.c"), below("a", "")
    ('a', 'a."b.c"', 'a[]')
    """
    if not name:
        return f"{path}[]"
    shown = name if _PLAIN.match(name) else '"{}"'.format(name.replace('"', '""'))
    return f"{path}.{shown}" if path else shown


def paths_of(shape: Shape, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path with ``STRUCT``, ``LIST`` or its type, outer ones first."""
    for name, kind in shape:
        own = below(path, name)
        what, fields = inner(kind)
        yield own, what
        yield from paths_of(fields, own)


def steps_of(path: str) -> list[str]:
    """The names on the way to a path; "" for an element of a list.

    >>> steps_of('a."b.c"[].d')
    ['a', 'b.c', '', 'd']
    """
    found = []
    for quoted, plain in _STEP.findall(path):
        found.append(quoted[1:-1].replace('""', '"') if quoted else plain.removesuffix("[]"))
    return found


def parent_of(path: str) -> str:
    """The path above a path; "" above a column.

    >>> parent_of("a.b"), parent_of("a[]"), parent_of('a."b.c"'), parent_of("a")
    ('a', 'a', 'a', '')
    """
    if path.endswith("[]"):
        return path[:-2]
    if path.endswith('"'):
        at = path.rindex('"', 0, -1)
        while at and path[at - 1] == '"':
            at = path.rindex('"', 0, at - 1)
        return path[: max(at - 1, 0)]
    return path.rpartition(".")[0]


def without(shape: Shape, gone: Collection[str], path: str = "") -> Shape:
    """A shape without some paths (in lower case) and what is below them."""
    kept = []
    for name, kind in shape:
        own = below(path, name)
        if own.casefold() in gone:
            continue
        what, fields = inner(kind)
        if what == STRUCT:
            rest = without(fields, gone, own)
            kept.append((name, kind if rest == fields else struct(rest)))
        elif what == LIST:
            rest = without(fields, gone, own)
            kept.append((name, kind if rest == fields or not rest else f"{rest[0][1]}[]"))
        else:
            kept.append((name, kind))
    return tuple(kept)


def grown(declared: str, found: str) -> str:
    """A declared type, and behind its own fields those that were found beside them.

    >>> grown("STRUCT(b DATE)[]", "STRUCT(a BIGINT, b VARCHAR)[]")
    'STRUCT("b" DATE, "a" BIGINT)[]'
    """
    (one, fields), (other, others) = inner(declared), inner(found)
    if one == other == LIST:
        return f"{grown(fields[0][1], others[0][1])}[]"
    if not one == other == STRUCT:
        return declared
    own = {name.casefold() for name, _ in fields}
    known = {name.casefold(): kind for name, kind in others}
    return struct(
        [
            *((name, grown(kind, known.get(name.casefold(), kind))) for name, kind in fields),
            *((name, settle(kind)) for name, kind in others if name.casefold() not in own),
        ]
    )


def missing_from(former: Shape, later: Shape) -> frozenset[str]:
    """Paths, in lower case, that one shape has and another one lacks though it has what is above."""
    there: Mapping[str, str] = {path.casefold(): kind for path, kind in paths_of(later)}
    found = set()
    for path, _ in paths_of(former):
        folded, above = path.casefold(), parent_of(path).casefold()
        if folded not in there and (not above or there.get(above) in (STRUCT, LIST)):
            found.add(folded)
    return frozenset(found)
