"""The digest of a file, which tells whether its bytes are known."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

_CHUNK = 1 << 20


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in chunks."""
    digest = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
