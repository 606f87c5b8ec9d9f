"""Version of the canonical form, apart from the code that makes it: a warm start needs only this."""

from __future__ import annotations

from typing import Final

CANONICAL_VERSION: Final = 1
"""Part of every fingerprint; raise it when equal texts could get another form."""
