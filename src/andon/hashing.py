"""Hashes: one place that decides how bytes and values become identities."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b, sha256
from typing import BinaryIO

_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

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
    return text_hash(_json(value))


def hash_behind(first: Sequence[Value]) -> Callable[[Value], str]:
    """Hashes of lists that begin with the same values and end with one more.

    >>> hash_behind(["a", 1])([2]) == value_hash(["a", 1, [2]])
    True
    """
    begun = blake2b(f"{_json(first)[:-1]},".encode(), digest_size=16)

    def hashed(last: Value) -> str:
        found = begun.copy()
        found.update(f"{_json(last)}]".encode())
        return found.hexdigest()

    return hashed


def text_hash(text: str) -> str:
    """128-bit hash of a text, as hexadecimal text."""
    return blake2b(text.encode(), digest_size=16).hexdigest()
