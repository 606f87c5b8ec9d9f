"""Names as the engine compares them."""

from __future__ import annotations


def folded(name: str) -> str:
    """A name as the engine compares it: it takes A for a, and nothing beyond ASCII.

    >>> folded("Total"), folded("É")
    ('total', 'É')
    """
    return name.lower() if name.isascii() else name.encode().lower().decode()
