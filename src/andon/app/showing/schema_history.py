"""What the log tells of the columns of a raw table."""

from __future__ import annotations

from andon.events import SchemaChanged
from andon.execution.line import Tools


def last_change(tools: Tools, table: str, environment: str) -> SchemaChanged | None:
    """The newest publication of a raw table with other columns than before."""
    published = {p.id for p in tools.catalog.publications(environment)}
    found = (
        event
        for _, _, event in tools.catalog.events(limit=None, kinds=(SchemaChanged.__name__,))
        if isinstance(event, SchemaChanged)
    )
    own = [e for e in found if e.table == table and e.publication_id in published]
    return own[-1] if own else None
