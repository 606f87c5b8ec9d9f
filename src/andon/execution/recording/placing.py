"""Where in the project a failure of a task lies, if its error does not say so itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from andon.errors import Problem, Where
from andon.spec.asset import AssetSpec, SqlBody
from andon.spec.source import SourceTable

_NAMED = re.compile(r'"([^"\n]+)"|\bwith name (\w+)')
"""How the engine names what it did not find."""


def placed(asset: AssetSpec | SourceTable, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The problems, each with a place in a file of the project."""
    return tuple(
        replace(problem, where=_place(asset, problem))
        if problem.where is None or problem.where.path == "query"
        else problem
        for problem in problems
    )


def _place(asset: AssetSpec | SourceTable, problem: Problem) -> Where:
    if isinstance(asset, SourceTable):
        return Where(path=asset.where_path)
    if isinstance(asset.body, SqlBody) and problem.code == "ENG002":
        for name in _names(problem.what):
            found = _find(asset.body, name)
            if found is not None:
                return _at(asset.path, asset.body.text, found, len(name))
    return Where(path=asset.path)


def _names(what: str) -> Iterator[str]:
    """Names in a message, the last first: the engine tells the scope before the name in it."""
    for found in reversed(list(_NAMED.finditer(what))):
        yield found[1] or found[2]


def _find(body: SqlBody, name: str) -> int | None:
    """Where a name stands in the query, else in the header above it (a check may use it)."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    found = word.search(body.text, body.start) or word.search(body.text)
    return found.start() if found else None


def _at(path: str, text: str, offset: int, length: int) -> Where:
    first = text.rfind("\n", 0, offset) + 1
    return Where(
        path=path,
        line=text.count("\n", 0, offset) + 1,
        column=offset - first + 1,
        length=length,
        text=text[first:].split("\n", 1)[0],
    )
