"""Declared types as the engine spells them."""

from __future__ import annotations

from andon.ports.engine import Engine
from andon.reading.quoting import identifier
from andon.spec.source import SourceTable


def declared_types(table: SourceTable, engine: Engine) -> tuple[tuple[str, str], ...]:
    """Declared columns with their types, in order."""
    if not table.columns:
        return ()
    outputs = (f"cast(null as {kind}) as {identifier(name)}" for name, kind in table.columns)
    schema = engine.describe(f"select {', '.join(outputs)}", {})
    return tuple((column.name, column.type) for column in schema.columns)
