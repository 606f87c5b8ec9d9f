"""Marks in a stored query for what is filled in when it is read: snapshots, files of the store."""

from __future__ import annotations

from collections.abc import Mapping


def mark(name: str) -> str:
    """Mark for the snapshot with that id, or for the file at that path relative to the store.

    >>> fill_marks(f"from {mark('a')}", {"a": "t"})
    'from t'
    """
    return f"⟨{name}⟩"


def fill_marks(query: str, values: Mapping[str, str]) -> str:
    """The query with every mark replaced by its text; texts are put in as they are."""
    for name, text in values.items():
        query = query.replace(mark(name), text)
    return query
