"""Limits: which intervals a call lets be run, from what the user wrote."""

from __future__ import annotations

from datetime import datetime

from andon.errors import Problem, UsageError
from andon.intervals import span
from andon.planning.slices import Limits


def limits(first: str | None, last: str | None, *, restate: bool) -> Limits:
    """Bounds from texts such as ``2026-01`` and ``2026-03``; both are included, whole.

    Raises:
        UsageError: (APP009) a text is no moment, or the last one comes before the first.
    """
    start = _span(first)[0] if first else None
    end = _span(last)[1] if last else None
    if start is not None and end is not None and start >= end:
        raise UsageError(
            Problem(
                code="APP009",
                what=f"`{last}` comes before `{first}`",
                why="intervals are run from the first to the last one named, both included",
                fix=f"write `--from {last} --to {first}`",
            )
        )
    return Limits(first=start, end=end, restate=restate)


def _span(text: str) -> tuple[datetime, datetime]:
    try:
        return span(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            Problem(
                code="APP009",
                what=f"`{text}` is no moment",
                why="intervals are named by a year, month, day, hour or minute of UTC",
                fix="write for example `2026`, `2026-02`, `2026-02-03` or `2026-02-03T04`",
            )
        ) from error
