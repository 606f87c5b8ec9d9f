"""What is done with a delivery that does not keep to the declared columns: decided by its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from andon.acquisition.columns.facts import Evidence, Facts
from andon.acquisition.columns.shape import LIST, STRUCT, below, inner
from andon.acquisition.columns.table import columns_of
from andon.acquisition.columns.types import least_common
from andon.errors import Problem
from andon.schema import Column
from andon.spec.policy import Word
from andon.spec.source import SourceTable

_SHOWN = 5


class Deviation(Struct, frozen=True, kw_only=True):
    """How the columns of one delivery differ from the accepted ones.

    Attributes:
        undeclared: paths that are not declared, outermost ones only, as the delivery spells them.
        lacking: required columns that it does not have.
    """

    undeclared: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


def is_held_to(table: SourceTable) -> bool:
    """Whether deliveries are held to declared columns, or come in a promised order."""
    return bool(table.contract) or not table.is_open


def columns_of_table(table: SourceTable, facts: Sequence[Facts]) -> tuple[Column, ...]:
    """Columns of a raw table: those of a contract in its order, then what else is taken in.

    Before anything arrived it has those that are declared.
    """
    first = table.accepted.names if table.contract else ()
    if not facts:
        first = (*first, *(name for name, _ in table.columns))
    only = None
    if table.schema_policy.columns != "evolve":
        only = frozenset(name.casefold() for name in table.accepted.names)
    return columns_of(facts, table.columns, first=first, only=only)


def type_word(table: SourceTable, column: str) -> Word:
    """What is done with a value of a column that does not fit its declared type."""
    words = {name.casefold(): word for name, word in table.accepted.words}
    return words.get(column.casefold(), table.schema_policy.types)


def deviation(
    table: SourceTable, types: Mapping[str, str], columns: Sequence[tuple[str, Evidence]]
) -> Deviation:
    """Compare the columns of a delivery with the accepted ones.

    Args:
        types: declared types by column, in lower case and in the spelling of the engine.
        columns: what was found, as in facts.
    """
    accepted = {name.casefold() for name in table.accepted.names}
    undeclared: list[str] = []
    for name, evidence in columns:
        folded = name.casefold()
        if folded not in accepted:
            undeclared.append(below("", name))
        elif folded in types and not isinstance(evidence, int):
            undeclared += _within(below("", name), types[folded], least_common(evidence))
    there = {name.casefold() for name, _ in columns}
    words = {name.casefold(): word for name, word in table.accepted.words}
    lacking = [
        name
        for name in table.accepted.required
        if name.casefold() not in there
        and (
            table.schema_policy.missing == "freeze"
            or words.get(name.casefold(), "evolve") == "freeze"
        )
    ]
    return Deviation(undeclared=tuple(undeclared), lacking=tuple(lacking))


def _within(path: str, declared: str, found: str) -> Iterator[str]:
    """Paths of fields that a value has and its declared type has not."""
    (one, fields), (other, others) = inner(declared), inner(found)
    if one == other == STRUCT:
        known = {name.casefold(): kind for name, kind in fields}
        for name, kind in others:
            own = below(path, name)
            if name.casefold() not in known:
                yield own
            else:
                yield from _within(own, known[name.casefold()], kind)
    elif one == other == LIST:
        yield from _within(below(path, ""), fields[0][1], others[0][1])


def clashing(
    types: Mapping[str, str], columns: Sequence[tuple[str, Evidence]]
) -> tuple[str, str] | None:
    """A field that differs from a declared one by case alone, and that one: a document tells them apart."""
    for name, evidence in columns:
        declared = types.get(name.casefold())
        if declared and not isinstance(evidence, int):
            for pair in _misspelled(below("", name), declared, least_common(evidence)):
                return pair
    return None


def _misspelled(path: str, declared: str, found: str) -> Iterator[tuple[str, str]]:
    (one, fields), (other, others) = inner(declared), inner(found)
    if one != other:
        return
    known = {name.casefold(): (name, kind) for name, kind in fields}
    for name, kind in others:
        own, own_kind = known.get(name.casefold(), (name, ""))
        if own != name:
            yield below(path, name), below(path, own)
        elif own_kind:
            yield from _misspelled(below(path, name), own_kind, kind)


def is_refused(table: SourceTable, found: Deviation) -> bool:
    """Whether the columns alone have a delivery refused."""
    return bool(found.lacking) or (
        bool(found.undeclared) and table.schema_policy.columns == "freeze"
    )


def refusal(
    table: SourceTable, path: str, found: Deviation, unfit: Sequence[tuple[str, str, int]] = ()
) -> Problem:
    """Why a delivery is refused whole.

    Args:
        unfit: columns with their declared type and how many values do not fit it.
    """
    frozen = table.schema_policy.columns == "freeze"
    parts = [f"lacks `{name}`" for name in found.lacking]
    parts += [f"`{name}` is not declared" for name in found.undeclared if frozen]
    parts += [_unfit(*one) for one in unfit]
    rest = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return Problem(
        code="SRC071",
        what=f"`{path}` does not keep to the columns of `{table.name}`: "
        f"{', '.join(parts[:_SHOWN])}{rest}",
        why="`schema: freeze` refuses such a delivery whole",
        fix="have it delivered again as declared; or declare the change, and `andon run` reads it",
    )


def _unfit(name: str, kind: str, count: int) -> str:
    return (
        f"{count:,} value{'s' * (count != 1)} of `{name}` {'are' if count != 1 else 'is'} no {kind}"
    )


def heard(table: SourceTable, code: str) -> str:
    """Who should hear of a refusal, in words to be put behind its fix; empty for others."""
    return f"; {table.owner} should hear of it" if code == "SRC071" and table.owner else ""


def notes_of_discarded(
    left_out: Sequence[str], nulled: Sequence[tuple[str, str, int]]
) -> tuple[str, ...]:
    """What was left out of a delivery without setting rows aside, in words."""
    listed = ", ".join(f"`{path}`" for path in left_out)
    told = [f"left out, since not declared: {listed}"] if left_out else []
    told += [f"made null: {_unfit(*one)}" for one in nulled]
    return tuple(told)
