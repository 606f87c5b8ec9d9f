"""SQL over JSON documents: values that do not fit, casts, kinds of text, and types of a structure."""

from __future__ import annotations

from andon.acquisition.columns.types import is_nested, struct
from andon.reading.delimited.queries import kind_of
from andon.reading.documents.names import differs_by_case
from andon.reading.quoting import literal


def cast(value: str, kind: str) -> str:
    """A JSON value as a type; null where it does not fit."""
    if kind == "BLOB":
        # The text of bytes is hexadecimal: JSON has no bytes.
        return f"try(unhex({value} ->> '$'))"
    if is_nested(kind) or kind == "JSON":
        return f"try_cast({value} as {kind})"
    return f"try_cast(({value} ->> '$') as {kind})"


def pointer(name: str) -> str:
    """JSON pointer to a field of the document."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def type_of(structure: object) -> str:
    """A type from the engine's account of a structure.

    An object whose names differ by case alone is no struct, which would keep only one of them.
    """
    match structure:
        case dict() if differs_by_case(structure):
            return "JSON"
        case dict():
            return struct((name, type_of(kind)) for name, kind in structure.items())
        case [element]:
            return f"{type_of(element)}[]"
        case str():
            return structure
        case _:
            return "JSON"


def masks(names: list[str], source: str, nulls: tuple[str, ...] | None) -> str:
    """The kinds of text seen in fields of documents `j`, one mask per name."""
    fields = ", ".join(
        f"(j ->> {literal(pointer(name))}) as c{at}" for at, name in enumerate(names)
    )
    kinds = ", ".join(
        f"coalesce(bit_or({kind_of(f'c{at}', nulls)}), 0)" for at in range(len(names))
    )
    return f"select {kinds} from (select {fields} from {source})"
