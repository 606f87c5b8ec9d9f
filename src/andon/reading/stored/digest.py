"""The digest of a file, which tells whether its bytes are known."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
