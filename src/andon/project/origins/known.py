"""The kinds of origin by the word that `connection: {kind: ...}` gives; each is loaded when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from andon.project.origins.kind import OriginKind

_PLACES: Final[dict[str, tuple[str, str]]] = {
    "files": ("files", "FILES"),
    "postgres": ("database", "POSTGRES"),
    "mysql": ("database", "MYSQL"),
    "sqlite": ("database", "SQLITE"),
    "duckdb": ("database", "DUCKDB"),
    "http": ("http", "HTTP"),
    "push": ("push", "PUSH"),
}
"""Word -> module of this package and name in it."""

KINDS: Final = tuple(_PLACES)


def kind_of(word: str) -> OriginKind | None:
    """What the kind lets people write; None for a word that is none."""
    if word not in _PLACES:
        return None
    module, name = _PLACES[word]
    found: OriginKind = getattr(import_module(f"andon.project.origins.{module}"), name)
    return found
