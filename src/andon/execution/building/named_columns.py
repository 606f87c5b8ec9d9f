"""Columns that an asset's declaration names: each must be in its result."""

from __future__ import annotations

from andon.errors import Problem, TaskFailed
from andon.names import did_you_mean
from andon.schema import Schema
from andon.spec.asset import AssetSpec
from andon.spec.slicing import Slicing


def refuse_unknown(asset: AssetSpec, schema: Schema) -> None:
    """Hold `key` and `interval` to the columns of the result.

    Raises:
        TaskFailed: (PRJ051) one of them names a column that is not there.
    """
    named = [("key", name) for name in asset.key]
    if isinstance(asset.slicing, Slicing):
        named.append(("interval", asset.slicing.column))
    problems = tuple(
        unknown(asset.name, word, name, schema)
        for word, name in named
        if schema.column(name) is None
    )
    if problems:
        raise TaskFailed(*problems)


def unknown(asset: str, word: str, name: str, schema: Schema) -> Problem:
    """A key of a declaration that names a column which the result does not have."""
    return Problem(
        code="PRJ051",
        what=f"`{word}` of `{asset}` names the column `{name}`, which the result does not have",
        why="what is told by a column that is not there cannot be told at all",
        fix=did_you_mean(name, schema.names, "give the column, or correct the name"),
    )
