"""Identities of sets of checks, and which of them read other assets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from andon.hashing import value_hash
from andon.spec.check import Check, Tolerance, identity_of, is_crossing


def checks_identity(checks: Sequence[Check]) -> str:
    """Hash over the identities of checks, in order; names and places are not part of it."""
    return value_hash([identity_of(check) for check in checks])


def split_identity(checks: Sequence[Check], limit: Tolerance | None = None) -> str:
    """Hash of what decides which rows are set aside; empty without a quarantine check.

    Args:
        checks: all checks of an asset; those that do not quarantine are left out.
        limit: how much may be set aside.
    """
    setting_aside = quarantine(checks)
    if not setting_aside:
        return ""
    bound = None if limit is None else [limit.rows, limit.share]
    return value_hash([checks_identity(setting_aside), bound])


def quarantine(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Checks whose failing rows are set aside."""
    return tuple(check for check in checks if check.on_fail == "quarantine")


def local(checks: Iterable[Check], own: str) -> tuple[Check, ...]:
    """Checks that read asset `own` only; their verdict holds for its snapshot for ever."""
    return tuple(check for check in checks if not is_crossing(check, own))


def cross(checks: Iterable[Check], own: str) -> tuple[Check, ...]:
    """Checks that read other assets; judged again on the set about to be published."""
    return tuple(check for check in checks if is_crossing(check, own))
