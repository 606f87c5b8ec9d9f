"""What PostgreSQL says when it refuses, without values of rows."""

from __future__ import annotations

import re

from andon.ports.door import DoorClosed, Reason

_STATES: tuple[tuple[str, Reason], ...] = (
    ("28", "refused"),
    ("3D", "refused"),
    ("08", "lost"),
    ("57", "lost"),
    ("53", "unreachable"),
    ("XX", "lost"),
    ("42P01", "no_relation"),
    ("3F000", "no_relation"),
    ("42703", "no_column"),
    ("42501", "denied"),
    ("42", "invalid"),
    ("25006", "invalid"),
    ("40001", "lost"),
)
_MISMATCH = re.compile(r'"andon array ([0-9a-f]*) \d+"')
_PASSING = (
    "Connection refused", "timeout expired", "could not translate", "starting up", "shutting down",
    "too many clients", "server closed the connection", "Connection reset", "No route", "unreachable",
    "Connection timed out", "not yet accepting", "in recovery", "reserved for", "no connection to",
    "remaining connection slots", "canceling statement due to", "terminating connection", "could not receive data",
    "could not send", "SSL SYSCALL", "SSL connection has been closed", "Name or service not known",
)  # fmt: skip


def told(error: Exception, *, is_connecting: bool = False) -> DoorClosed:
    """The failure of the driver in the words of the port."""
    text = str(error)
    state = getattr(error, "sqlstate", None) or _state_in(text)
    if is_connecting:
        passing = any(word in text for word in _PASSING)
        return DoorClosed("unreachable" if passing else "refused", _first_line(text))
    if mixed := _MISMATCH.search(text):
        column = bytes.fromhex(mixed[1]).decode()
        return DoorClosed("value", "an array has several dimensions", column=column)
    reason = next((r for start, r in sorted(_STATES, key=_length) if state.startswith(start)), None)
    if reason is None and any(word in text for word in _PASSING):
        reason = "lost"
    if reason is None and not state and "ERROR:" not in text:
        # It was no answer of the server's, but the end of the connection.
        reason = "lost"
    if reason is None:
        # Other classes quote what stood in a row.
        word = f"SQLSTATE {state}" if state else "a value of a row does not suit an expression"
        return DoorClosed("invalid", word)
    return DoorClosed(reason, _first_line(text))


def _length(entry: tuple[str, Reason]) -> int:
    return -len(entry[0])


def _state_in(text: str) -> str:
    found = re.search(r"SQLSTATE:? ([0-9A-Z]{5})", text)
    return found[1] if found else ""


def _first_line(text: str) -> str:
    """What the server says, without the driver's words around it."""
    line = text.strip().partition("\n")[0]
    for mark in ("ERROR:", "FATAL:"):
        if mark in line:
            return line.partition(mark)[2].strip()
    return re.sub(r"^[A-Z_]+: (\[libpq\] )?", "", line).strip()
