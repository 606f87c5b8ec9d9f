"""Values: what of a value, or of a pattern of values, can be told before any row is read."""

from __future__ import annotations

import re

from msgspec import Struct

_PLAIN = re.compile(r"[\w @:;,%&=~<>!\"'/#-]*")
_REPEATED = "?*{"
_SIMPLE = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DATE|UUID)\Z|DECIMAL|TIME"
)


class Wanted(Struct, frozen=True, kw_only=True):
    """What is looked for: one value, or a regular expression that a whole value matches."""

    text: str
    is_pattern: bool = False

    @property
    def bounds(self) -> tuple[str, str | None]:
        """Texts between which every match lies, the upper one not included; None is without end."""
        if not self.is_pattern:
            return self.text, self.text + "\0"
        start = prefix_of(self.text)
        return start, _after(start)

    def may_lie_in(self, least: str, most: str | None) -> bool:
        """Whether a text column between these two can hold a match, both included; None is without end.

        >>> wanted = Wanted(text="DE[0-9]{20}", is_pattern=True)
        >>> wanted.may_lie_in("AT61", "CH93"), wanted.may_lie_in("CH93", "FR14")
        (False, True)
        """
        low, high = self.bounds
        return (most is None or most >= low) and (high is None or least < high)


def prefix_of(pattern: str) -> str:
    """Text that everything a regular expression matches begins with; empty if that is not plain.

    >>> [prefix_of(p) for p in ("DE[0-9]{20}", "ab?c", "a|b", "(?i)de", "x-1.*", "ab{2}")]
    ['DE', 'a', '', '', 'x-1', 'a']
    """
    if "|" in pattern or pattern.startswith("(?"):
        return ""
    found = _PLAIN.match(pattern)
    start = found.group() if found else ""
    return start[:-1] if pattern[len(start) : len(start) + 1] in tuple(_REPEATED) else start


def _after(start: str) -> str | None:
    """The first text behind all that begin so."""
    if not start:
        return None
    # Letters behind this one do not occur at the end of a plain prefix.
    return start[:-1] + chr(ord(start[-1]) + 1)


def is_comparable(kind: str) -> bool:
    """Whether a value that is no text may be looked for in columns of a type.

    >>> [is_comparable(t) for t in ("BIGINT", "DECIMAL(18,2)", "BOOLEAN", "BLOB", "VARCHAR[]")]
    [True, True, False, False, False]
    """
    return _SIMPLE.match(kind) is not None and not kind.endswith("]")
