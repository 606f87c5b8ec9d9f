"""Names in documents that differ by upper and lower case alone: a struct would keep one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from andon.acquisition.columns.shape import below


def differs_by_case(names: Iterable[str]) -> bool:
    """Whether some of different names are the same without case."""
    known = list(names)
    return len({name.casefold() for name in known}) < len(known)


def kept_as_json(structure: object, path: str = "") -> Iterator[str]:
    """Which objects below the columns are kept as JSON for the names in them, in words.

    Args:
        structure: as the engine tells it.

    >>> list(kept_as_json({"o": [{"A": "BIGINT", "a": "BIGINT", "b": "DATE"}]}))
    ['`o[]` is kept as JSON: it has names that differ by case alone: `A`, `a`']
    """
    match structure:
        case dict() if path and differs_by_case(structure):
            folded = [name.casefold() for name in structure]
            same = [f"`{name}`" for name in structure if folded.count(name.casefold()) > 1]
            yield f"`{path}` is kept as JSON: it has names that differ by case alone: {', '.join(same)}"
        case dict():
            for name, kind in structure.items():
                yield from kept_as_json(kind, below(path, name))
        case [element]:
            yield from kept_as_json(element, below(path, ""))
        case _:
            pass
