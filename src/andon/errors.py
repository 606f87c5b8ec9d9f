"""Errors as part of the product: a code, what, why, how to fix it, and where.

Every error that a user may see is an `AndonError`. It carries one or more
`Problem` records, so that all problems of a project are told at once. The
subclass decides the exit code of the command line.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

Severity = Literal["error", "warning"]


class Where(Struct, frozen=True, kw_only=True):
    """A place in a file of the project: path relative to the project, line and column from 1."""

    path: str
    line: int | None = None
    column: int | None = None
    length: int = 1
    text: str | None = None
    """The line itself, for the excerpt; never a row of data."""

    def __str__(self) -> str:
        if self.line is None:
            return self.path
        return f"{self.path}:{self.line}:{self.column or 1}"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, in words that name the next step.

    Attributes:
        code: documented code, for example ``PLN003``; ``andon explain PLN003`` tells more.
        what: one line that names the thing; never row values or secrets.
        why: the rule or fact behind it.
        fix: what to type or change.
        where: the place in the project, if there is one.
        severity: ``error`` stops, ``warning`` is told and goes on.
    """

    code: str
    what: str
    why: str
    fix: str
    where: Where | None = None
    severity: Severity = "error"


class AndonError(Exception):
    """Root of all errors of Andon.

    Attributes:
        problems: at least one problem, in the order of files and lines.
        exit_code: what the command line exits with.
        is_transient: whether the same call may succeed later without a change.
    """

    exit_code: ClassVar[int] = 70
    is_transient: ClassVar[bool] = False

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("an error needs at least one problem")
        self.problems = problems
        super().__init__("\n".join(render_problem(problem) for problem in problems))

    @property
    def code(self) -> str:
        """Code of the first problem."""
        return self.problems[0].code

    def __reduce__(self) -> tuple[type[AndonError], tuple[Problem, ...]]:
        return type(self), self.problems


class UsageError(AndonError):
    """The call is wrong: unknown asset, selector, option."""

    exit_code = 2


class ProjectInvalid(AndonError):
    """The declarations of the project are wrong."""

    exit_code = 3


class Conflict(AndonError):
    """Somebody else published first; plan again."""

    exit_code = 4


class RequirementFailed(Conflict):
    """A catalog requirement did not hold at commit; nothing was changed."""


class Denied(AndonError):
    """A rule refuses this."""

    exit_code = 5


class TaskFailed(AndonError):
    """An asset could not be built, read or proved."""

    exit_code = 1


class DataCorrupt(TaskFailed):
    """A stored file is missing, truncated or altered; it is named and never served."""


class Unavailable(AndonError):
    """Temporarily unavailable: busy, locked, disk full. Safe to repeat."""

    exit_code = 75
    is_transient = True


class OutcomeUnknown(AndonError):
    """A commit may or may not have landed; ask for its id before doing anything else."""

    exit_code = 76


class Cancelled(AndonError):
    """The user stopped the work; what was finished is kept."""

    exit_code = 130


class InternalError(AndonError):
    """A fault of Andon itself."""

    exit_code = 70


_EXCERPT_WIDTH = 120


def render_problem(problem: Problem) -> str:
    """A problem as people read it, without a final newline.

    The excerpt is one line of the project's own text, cut around the marked place if it is long;
    control characters are shown as spaces so that a file cannot steer the terminal.
    """
    lines = [f"{problem.severity}[{problem.code}]: {problem.what}"]
    if problem.where is not None:
        lines.append(f"  --> {problem.where}")
        lines.extend(_excerpt(problem.where))
    lines.append(f"  why: {problem.why}")
    lines.append(f"  fix: {problem.fix}")
    lines.append(f"  more: andon explain {problem.code}")
    return "\n".join(lines)


def _excerpt(where: Where) -> list[str]:
    if where.text is None or where.line is None:
        return []
    text = "".join(c if c.isprintable() else " " for c in where.text).rstrip()
    start = min((where.column or 1) - 1, len(text))
    if len(text) > _EXCERPT_WIDTH:
        cut = max(0, min(start - 40, len(text) - _EXCERPT_WIDTH))
        text, start = text[cut : cut + _EXCERPT_WIDTH], start - cut
    marks = "^" * max(1, min(where.length, len(text) - start))
    number = f"{where.line:>4}"
    return [f"{number} | {text}", f"{' ' * len(number)} | {' ' * start}{marks}"]
