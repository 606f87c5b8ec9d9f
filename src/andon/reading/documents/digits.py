"""Numbers of JSON that the type the engine proposes would round or refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from andon.reading.quoting import literal

SUSPECT: Final = r"[:,\[]\s*-?[0-9]{16}"
"""Matches every document with a whole number that a DOUBLE or a BIGINT may not hold; of texts only
those that look like a list of such numbers."""

_KEPT_AS: Final[Mapping[str, str]] = {
    "DOUBLE": "VARCHAR",
    "UBIGINT": "HUGEINT",
    "HUGEINT": "HUGEINT",
}
_ELSE: Final[Mapping[str, str]] = {"UBIGINT": "BIGINT", "HUGEINT": "BIGINT"}
"""The engine proposes a HUGEINT wherever numbers with and without a sign stand in one place."""


def lossy_leaves(structure: object, path: str = "$") -> Iterator[tuple[str, str]]:
    """Path and type of each number that may lose digits, from the engine's account of a structure.

    >>> list(lossy_leaves({"a": "DOUBLE", "b": [{"c": "UBIGINT"}], "d": "BIGINT"}))
    [('$."a"', 'DOUBLE'), ('$."b"[*]."c"', 'UBIGINT')]
    """
    match structure:
        case dict():
            for name, inner in structure.items():
                if not set(name) & {'"', "\\"}:
                    yield from lossy_leaves(inner, f'{path}."{name}"')
        case [element]:
            yield from lossy_leaves(element, f"{path}[*]")
        case str() if structure in _KEPT_AS:
            yield path, structure


def loses(path: str, kind: str) -> str:
    """Whether document `j` has a whole number at a path that does not survive its type."""
    found = f"json_extract_string(j, {literal(path)})"
    values = found if "[*]" in path else f"[{found}]"
    whole = "try_cast(x as hugeint)"
    changed = f"try_cast(try_cast(x as double) as hugeint) is distinct from {whole}"
    if kind != "DOUBLE":
        changed = "try_cast(x as bigint) is null"
    lost = f"regexp_matches(x, '^-?[0-9]{{16,}}$') and ({whole} is null or {changed})"
    return f"len(list_filter({values}, lambda x: {lost})) > 0"


def keep_digits(structure: object, lost: frozenset[str], path: str = "$") -> object:
    """The structure with types that keep every digit at the paths in `lost`, and plain ones elsewhere.

    >>> keep_digits({"a": "DOUBLE", "b": ["UBIGINT"]}, frozenset({'$."a"', '$."b"[*]'}))
    {'a': 'VARCHAR', 'b': ['HUGEINT']}
    >>> keep_digits({"a": "DOUBLE", "b": ["HUGEINT"]}, frozenset())
    {'a': 'DOUBLE', 'b': ['BIGINT']}
    """
    match structure:
        case dict():
            return {
                name: keep_digits(inner, lost, f'{path}."{name}"')
                for name, inner in structure.items()
            }
        case [element]:
            return [keep_digits(element, lost, f"{path}[*]")]
        case str() if path in lost:
            return _KEPT_AS[structure]
        case str():
            return _ELSE.get(structure, structure)
        case _:
            return structure
