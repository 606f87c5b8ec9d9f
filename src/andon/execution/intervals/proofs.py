"""Proofs: how a query comes apart, remembered: the parser of SQL is loaded for new questions only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from andon.catalog.records import Snapshot
from andon.execution.line import Line
from andon.hashing import Value, value_hash
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.slicing import Keying, Slicing
from andon.sql.sliced import Sliced, Unproved

T = TypeVar("T")


def proved_slices(
    line: Line, asset: AssetSpec, body: SqlBody, slicing: Slicing, inputs: Mapping[str, Snapshot]
) -> Sliced | Unproved:
    """Whether a query may be built interval by interval."""
    columns = {name: snapshot.schema for name, snapshot in inputs.items()}
    macros = _macros(line)

    def work() -> Sliced | Unproved:
        from andon.sql.slices import slices

        return slices(body, slicing.column, slicing.every, columns, macros=macros)

    question = ["slices", _told(body, macros, inputs), slicing.column, slicing.every]
    return _remembered(line, f"{asset.name} parting", question, Sliced | Unproved, work)


def proved_keys(
    line: Line,
    asset: AssetSpec,
    body: SqlBody,
    keying: Keying,
    inputs: Mapping[str, Snapshot],
    growing: Sequence[str],
) -> Sliced | Unproved:
    """Whether a query may be built key by key, or of new rows alone where it only appends.

    Args:
        growing: the inputs that have new rows.
    """
    columns = {name: snapshot.schema for name, snapshot in inputs.items()}
    macros = _macros(line)
    appends = keying.strategy == "append"

    def work() -> Sliced | Unproved:
        from andon.sql.slices import keyed, row_wise

        if appends:
            return row_wise(body, columns, growing=growing, macros=macros)
        return keyed(body, keying.key, columns, macros=macros)

    own: list[Value] = [list(growing)] if appends else [None, list(keying.key)]
    question = ["keys", _told(body, macros, inputs), *own]
    return _remembered(line, f"{asset.name} parting", question, Sliced | Unproved, work)


def names_in(line: Line, asset: AssetSpec, body: SqlBody) -> frozenset[str] | None:
    """All names that stand in a query; None if it may read columns that it does not name."""
    macros = _macros(line)

    def work() -> frozenset[str] | None:
        from andon.sql.slicing.named import named

        return named(body, macros)

    question = ["names", _told(body, macros, {})]
    return _remembered(line, f"{asset.name} names", question, frozenset[str] | None, work)


def _macros(line: Line) -> frozenset[str]:
    return frozenset(macro.name for macro in line.spec.macros)


def _told(body: SqlBody, macros: frozenset[str], inputs: Mapping[str, Snapshot]) -> Value:
    """All that any answer rests on but what the question names itself."""
    schemas = [[name, snapshot.schema.hash] for name, snapshot in sorted(inputs.items())]
    return [msgspec.json.encode(body).decode(), sorted(macros), schemas]


def _remembered(
    line: Line, about: str, question: Sequence[Value], kind: Any, work: Callable[[], T]
) -> T:
    """What was answered before, if the last question about this was the same one."""
    memory, key = line.tools.memory(), value_hash(question)
    known: tuple[str, T] | None = memory.find(
        about, msgspec.msgpack.Decoder(tuple[str, kind]).decode
    )
    if known is not None and known[0] == key:
        return known[1]
    found = work()
    memory.keep(about, msgspec.msgpack.encode((key, found)))
    return found
