"""Versions of the canonical form and of proofs, apart from the code that makes them: a warm start
needs only these."""

from __future__ import annotations

from typing import Final

CANONICAL_VERSION: Final = 1
"""Part of every fingerprint; raise it when equal texts could get another form."""

PROOF_VERSION: Final = 1
"""Part of what is remembered of queries; raise it when one is proved otherwise than before."""
