"""Hashes: one place that decides how bytes and values become identities."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b, sha256
from typing import BinaryIO

Value = None | bool | int | float | str | Sequence["Value"] | Mapping[str, "Value"]


def content_hash(data: bytes) -> str:
    """SHA-256 of bytes as hexadecimal text; the identity of stored files."""
    return sha256(data).hexdigest()


def stream_hash(stream: BinaryIO) -> str:
    """SHA-256 of a stream as hexadecimal text, read in pieces."""
    found = sha256()
    while piece := stream.read(1 << 20):
        found.update(piece)
    return found.hexdigest()


def value_hash(value: Value) -> str:
    """128-bit hash of a plain value (mappings by sorted key), as hexadecimal text.

    >>> value_hash({"a": 1, "b": [2]}) == value_hash({"b": [2], "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def text_hash(text: str) -> str:
    """128-bit hash of a text, as hexadecimal text."""
    return blake2b(text.encode(), digest_size=16).hexdigest()
