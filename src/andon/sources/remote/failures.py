"""What can go wrong on the way to a remote file, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeVar

from msgspec.structs import replace

from andon.errors import AndonError, Problem, TaskFailed, Unavailable

T = TypeVar("T")
Kind = Literal[
    "denied", "absent", "gone", "away", "busy", "broken", "changed", "astray", "telling", "odd"
]
"""denied: the credentials are wrong or not enough. absent: no such bucket, container or folder.
gone: no such file. away: the host is not known or does not answer. busy: it answers, but not now.
broken: other bytes than were told of. changed: other bytes than a moment ago. astray: it is sent on to
where nothing is read. telling: its bytes hold a secret. odd: all else."""

_TRANSIENT: Final = frozenset({"away", "busy", "broken", "changed"})
_PASSING: Final = frozenset({"away", "busy", "gone", "changed"})
_CODES: Final[dict[Kind, str]] = {
    "denied": "SRC022",
    "absent": "SRC023",
    "gone": "SRC025",
    "away": "SRC024",
    "busy": "SRC024",
    "broken": "SRC025",
    "changed": "SRC025",
    "astray": "SRC058",
    "telling": "SRC073",
    "odd": "SRC023",
}
_WHY: Final[dict[Kind, str]] = {
    "denied": "the place refuses who asks: the credentials are wrong, or they do not allow this",
    "absent": "nothing is there under that name, so nothing can be read from it",
    "gone": "it is declared, or was listed a moment ago, and is not there",
    "away": "the host is not known or does not answer; what arrived before stays as it is",
    "busy": "the place answers that it cannot serve now; what arrived before stays as it is",
    "broken": "bytes that are not whole are never landed; what arrived before stays as it is",
    "changed": "bytes of two versions are never mixed; what arrived before stays as it is",
    "astray": "whoever answers outside is not to decide what is read inside, what was asked for in secret is "
    "not asked for in the open, and a way without an end is no way",
    "telling": "bytes are landed as they came and secrets are kept nowhere, so this file is not landed",
    "odd": "the place answered in a way that Andon does not expect",
}
_FIX: Final[dict[Kind, str]] = {
    "denied": "correct the secrets that `connection` refers to, or have the right to read granted",
    "absent": "correct the name in `path`, or `endpoint_url`, `region` or `account` in `connection`",
    "gone": "run again: what is there then is read",
    "away": "correct the host in `path` or `endpoint_url`, or run again when the network is there",
    "busy": "run again later",
    "broken": "run again; if it comes back, the place or something between it and here is faulty",
    "changed": "run again when nobody writes to it",
    "astray": "write the address that answers into `path`",
    "telling": "have the server mended, and take another secret if this one is a common word",
    "odd": "look at `path` and `connection`; if both are right, report it",
}
_OF_THE_SERVER: Final = frozenset({"away", "busy"})
_SHOWN: Final = 3


class Failure(Exception):
    """One thing that went wrong; never an OSError, which would be taken for a fault of the disk.

    Args:
        kind: decides what is done about it.
        reason: in words, without secrets.
        wait_s: seconds that the place asks to be left alone.
    """

    def __init__(self, kind: Kind, reason: str, *, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        self.kind: Kind = kind
        self.reason = reason

    @property
    def is_of_the_server(self) -> bool:
        """Whether it tells nothing of the file: no other one would come either."""
        return self.kind in _OF_THE_SERVER

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return self.kind in _TRANSIENT


def unless_gone(ask: Callable[[], T]) -> T | None:
    """What `ask` gives; None if the file is not there."""
    try:
        return ask()
    except Failure as failure:
        if failure.kind != "gone":
            raise
        return None


Failed = tuple[str, Failure]
"""Name of a file, and why it did not come."""


def left_out(table: str, failed: Sequence[Failed]) -> tuple[Problem, ...]:
    """Warnings for files that did not come while others of the table are there."""
    return tuple(
        replace(
            problem,
            what=f"left out of `{table}`: {problem.what}",
            why=f"{problem.why}; the other files are read, and it is asked for again at the next run",
            severity="warning",
        )
        for problem in _problems(failed)
    )


def _problem_of(failure: Failure, names: Sequence[str]) -> Problem:
    """One problem for all files that failed alike."""
    shown = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return Problem(
        code=_CODES[failure.kind],
        what=f"{shown}{more} cannot be read: {failure.reason}",
        why=_WHY[failure.kind],
        fix=_FIX[failure.kind],
    )


def told(failed: Sequence[Failed]) -> AndonError:
    """The error for files that could not be read; each kind of failure is one problem.

    It is `Unavailable` if every one of them may pass by itself.
    """
    problems = _problems(failed)
    is_passing = all(failure.kind in _PASSING for _, failure in failed)
    return Unavailable(*problems) if is_passing else TaskFailed(*problems)


def _problems(failed: Sequence[Failed]) -> list[Problem]:
    kinds: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Failure] = {}
    for name, failure in failed:
        key = (failure.kind, failure.reason)
        kinds.setdefault(key, []).append(name)
        first.setdefault(key, failure)
    return [_problem_of(first[key], names) for key, names in kinds.items()]


def not_installed(library: str, extra: str) -> TaskFailed:
    """A library that is an extra of its own is missing."""
    return TaskFailed(
        Problem(
            code="SRC021",
            what=f"`{library}` is not installed, which reads such addresses",
            why="what reads remote places is large, so it is installed by those who need it",
            fix=f"`pip install 'andon[{extra}]'`",
        )
    )
