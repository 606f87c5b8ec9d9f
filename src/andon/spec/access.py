"""Who may read which tables: groups of people, and rules over assets."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from andon.errors import Where

EVERYONE: Final = "everyone"
"""The group that everybody is in; nobody declares it."""

TAG: Final = "tag:"
"""Beginning of what covers the assets that have a tag."""


class Group(Struct, frozen=True, kw_only=True):
    """People under one name.

    Attributes:
        people: as `ANDON_USER`, or the system that they are signed in to, names them.
    """

    name: str
    people: tuple[str, ...]
    where: Where


class Rule(Struct, frozen=True, kw_only=True):
    """Which groups may read the tables that it covers, and which may not.

    Attributes:
        read: what it covers: names of assets, patterns of them, and tags as ``tag:finance``.
        allow, deny: groups that may read it, and groups that may not.
        why: for those who are refused.
        where: the rule in its file.
    """

    name: str
    read: tuple[str, ...]
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    why: str = ""
    where: Where


class Access(Struct, frozen=True, kw_only=True):
    """Everything that is said about who may read."""

    groups: tuple[Group, ...] = ()
    rules: tuple[Rule, ...] = ()
