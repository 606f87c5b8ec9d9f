"""Macros that a project declares in ``macros/``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A `create macro` statement of ``macros/``.

    Attributes:
        name: lower-case name.
        sql: the whole statement.
        canonical: its canonical form.
        calls: lower-case names of functions its body calls.
    """

    name: str
    sql: str
    canonical: str
    calls: tuple[str, ...]
    path: str
