"""Words of the business: what they mean, and what else they are called."""

from __future__ import annotations

from msgspec import Struct


class Term(Struct, frozen=True, kw_only=True):
    """One word, or a few, that the business uses.

    Attributes:
        name: as people write it.
        definition: what it means; synonyms: what else it is called.
        used_in: assets, sources, and columns as ``asset.column``, that hold it.
        owner: who decides what it means.
    """

    name: str
    definition: str = ""
    synonyms: tuple[str, ...] = ()
    used_in: tuple[str, ...] = ()
    owner: str = ""
