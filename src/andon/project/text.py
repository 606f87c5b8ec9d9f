"""Text files of a project and the problems found in them."""

from __future__ import annotations

import re
from functools import cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from andon.errors import Problem, ProjectInvalid, Where
from andon.project.discreet import keys_of_python, keys_of_yaml
from andon.sql.body import Span


class TextFile(Struct, frozen=True, dict=True):
    """A file of the project: path relative to it (posix form) and its text."""

    path: str
    text: str

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def is_source(self) -> bool:
        """Whether it declares a source."""
        return self.path.startswith("sources/")

    @cached_property
    def may_hold_secrets(self) -> bool:
        """Whether it says how a source is reached, so that somebody may have written a secret out."""
        says = self.path.endswith(".py") or "connection" in self.text or "://" in self.text
        return self.is_source and says

    def where(self, line: int, column: int = 1, length: int = 1) -> Where:
        """The place at a line and column, both from 1, with what may be shown of the line."""
        text = self._lines[line - 1] if 0 < line <= len(self._lines) else None
        if text is not None and self.may_hold_secrets:
            text = keys_of_python(text) if self.path.endswith(".py") else keys_of_yaml(text)
        return Where(path=self.path, line=line, column=column, length=max(1, length), text=text)

    def where_at(self, offset: int, length: int = 1) -> Where:
        """The place at a character offset."""
        line = self.text.count("\n", 0, offset) + 1
        return self.where(line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1, length)

    def where_of(self, words: str, start: int = 0) -> Where:
        """The first place of `words` from `start` on, else the place of `start`."""
        found = self.text.find(words, start)
        return self.where_at(start) if found < 0 else self.where_at(found, len(words))

    def where_span(self, span: Span) -> Where:
        """The place of a span of characters."""
        return self.where_at(span.start, span.end - span.start)

    def where_quoted(self, name: str) -> Where:
        """The first place of `name` in quotes of either kind, else the first line."""
        found = re.search(rf"(?<=[\"']){re.escape(name)}(?=[\"'])", self.text)
        return self.where_at(found.start(), len(name)) if found else self.where(1)


class Findings(Struct):
    """Collects problems while a project is read, so that all are told at once."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, where: Where | None, *, what: str, why: str, fix: str) -> None:
        """Note an error."""
        self.problems.append(Problem(code=code, what=what, why=why, fix=fix, where=where))

    def adopt(self, error: ProjectInvalid, where: Where | None) -> None:
        """Note the problems of an error raised below, at `where` if they name no place."""
        for problem in error.problems:
            self.problems.append(replace(problem, where=problem.where or where))

    def sorted(self) -> tuple[Problem, ...]:
        """Each problem once, by file and position."""
        return tuple(sorted(dict.fromkeys(self.problems), key=_position))


def _position(problem: Problem) -> tuple[str, int, int, str, str]:
    where = problem.where
    if where is None:
        return ("", 0, 0, problem.code, problem.what)
    return (where.path, where.line or 0, where.column or 0, problem.code, problem.what)
