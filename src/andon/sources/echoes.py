"""A secret that comes back in the bytes of an answer: landed bytes stay as they are, and it must not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from urllib.parse import quote, quote_plus

_SHORTEST = 8
"""A shorter secret is looked for nowhere: it would be found in what is none."""


class Echoes:
    """Looks for secrets in the bytes of one answer, which may come in pieces.

    Looked for is the exact text, and that escaped as a whole for JSON, an address or a page: each is
    one pass of a search for plain bytes, which costs nothing beside the hash of the same bytes.

    Args:
        secrets: what each is called, and its value.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._sought = {
            text: name
            for name, value in secrets
            if len(value) >= _SHORTEST
            for text in _forms(value)
        }
        self._overlap = max(map(len, self._sought), default=1) - 1
        self._tail = b""

    def found(self, piece: bytes) -> str:
        """What the secret is called that ends in the next piece of bytes; empty if none does."""
        if not self._sought:
            return ""
        seen = self._tail + piece
        self._tail = seen[len(seen) - self._overlap :] if self._overlap < len(seen) else seen
        return next((name for text, name in self._sought.items() if text in seen), "")


def _forms(value: str) -> set[bytes]:
    in_json = json.dumps(value)[1:-1]
    forms = {
        value,
        in_json,
        json.dumps(value, ensure_ascii=False)[1:-1],
        in_json.replace("/", r"\/"),
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        escape(value),
        escape(value, quote=False),
    }
    return {form.encode("utf-8", "surrogatepass") for form in forms}
