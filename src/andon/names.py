"""Names of assets and the nearest known name to a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NewType

AssetName = NewType("AssetName", str)
"""Dotted name of an asset, ``schema.table``, as its path gives it."""

REJECTED = "__rejected"
"""End of the name under which the rejected rows of an asset are read; no asset has such a name."""

_PART = re.compile(r"[a-z_][a-z0-9_]*\Z")


def is_asset_name(text: str) -> bool:
    """Whether `text` is two or more lower-case identifiers joined by dots.

    >>> is_asset_name("marts.customers"), is_asset_name("Marts"), is_asset_name("a.1b")
    (True, False, False)
    """
    parts = text.split(".")
    return len(parts) > 1 and all(_PART.match(part) for part in parts)


def is_identifier(text: str) -> bool:
    """Whether `text` is one lower-case identifier (letters, digits, underscore)."""
    return _PART.match(text) is not None


def asset_name_of(path: PurePosixPath) -> AssetName:
    """Name of an asset from its path below ``assets/``.

    >>> asset_name_of(PurePosixPath("marts/customers.sql"))
    'marts.customers'
    """
    return AssetName(".".join(path.with_suffix("").parts))


def closest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name nearest to a mistyped one, or None if none is near.

    Args:
        likeness: from 0 to 1, how alike both have to be; from 0.75 a slip of the keyboard is likely.

    >>> closest("ordres", ["orders", "customers"])
    'orders'
    """
    from difflib import get_close_matches  # only a mistake pays for it

    found = get_close_matches(name.lower(), list(known), n=1, cutoff=likeness)
    return found[0] if found else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A fix in words: the closest known name if there is one, else `otherwise`."""
    near = closest(name, known)
    return f"write `{near}` (closest known name)" if near else otherwise
