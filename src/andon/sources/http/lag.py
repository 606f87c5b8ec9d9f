"""How far below the newest cursor is read again, spelled as the server spells cursors. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from andon.acquisition.cursors.cursor import minus
from andon.sources.http.progress import Mark, Unordered, is_before

_WHOLE = re.compile(r"-?\d+\Z")
_SPELLED = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<between>[T ])(?P<clock>[\d:]+)"
    r"(?:(?P<sign>[.,])(?P<fraction>\d+))?(?P<zone>Z|[+-][\d:]+)?\Z"
)


def earlier(mark: Mark, lag: float, start: str = "") -> Mark:
    """The cursor so many seconds, or units of a number, earlier; never later than that.

    Args:
        start: what reading began with, which it does not go below.

    >>> earlier(Mark(text="2026-01-01T00:00:00Z"), 60.0).text
    '2025-12-31T23:59:00Z'

    Raises:
        Unordered: nothing can be subtracted from it.
    """
    found = Mark(text=_less(mark, lag), is_number=mark.is_number)
    first = Mark(text=start, is_number=mark.is_number)
    try:
        return first if start and is_before(found, first) else found
    except Unordered:
        return found  # spelled otherwise than cursors are, it is no bound of theirs


def _less(mark: Mark, lag: float) -> str:
    if mark.is_number:
        return minus("integer" if _WHOLE.match(mark.text) else "decimal", mark.text, lag)
    if mark.text.isdecimal():
        left = int(minus("integer", mark.text, lag))
        return str(max(0, left)).zfill(len(mark.text) if mark.text.startswith("0") else 0)
    try:
        moment = datetime.fromisoformat(mark.text)
    except ValueError:
        raise _unordered() from None
    spelled = _SPELLED.match(mark.text)
    if spelled is not None:
        return _respelled(moment, lag, spelled)
    if len(mark.text) == len("2026-01-01"):
        return minus("date", mark.text, lag)
    raise _unordered()


def _respelled(moment: datetime, lag: float, spelled: re.Match[str]) -> str:
    """A moment so many seconds earlier, with as many digits as before; the rest is cut off."""
    try:
        moment -= timedelta(seconds=lag)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=moment.tzinfo)
    clock = moment.time().isoformat("seconds")
    if ":" not in spelled["clock"]:
        clock = clock.replace(":", "")
    digits = spelled["fraction"] or ""
    fraction = f"{moment.microsecond:06}".ljust(len(digits), "0")[: len(digits)]
    return "".join(
        (
            moment.date().isoformat(),
            spelled["between"],
            clock[: len(spelled["clock"])],
            spelled["sign"] or "",
            fraction,
            spelled["zone"] or "",
        )
    )


def _unordered() -> Unordered:
    return Unordered("nothing can be subtracted from a text that is neither a number nor a time")
