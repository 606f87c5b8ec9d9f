"""Look into a JSON document without reading more of it than is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from msgspec import Raw

Text = bytes | Raw
"""JSON text of one value."""

_BOM = b"\xef\xbb\xbf"
_INDEX = re.compile(r"-?\d{1,9}\Z")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+|"', re.DOTALL)


class Malformed(ValueError):
    """A document that is no JSON; the text says why, without any of its values."""


def plain(body: bytes) -> bytes:
    """A document without its byte order mark."""
    return body.removeprefix(_BOM)


def dig(text: Text, path: str) -> Text | None:
    """The value at a dotted path, or None where there is none.

    A number picks from a list, -1 its last: ``data.-1.id``.

    >>> bytes(dig(b'{"a": {"b": [1, 2]}}', "a.b.-1"))
    b'2'

    Raises:
        Malformed: the document is no JSON.
    """
    for name in path.split(".") if path else ():
        found: Text | None = None
        if kind(text) == "object":
            found = _members(text).get(name)
        elif kind(text) == "list" and is_index(name):
            items = elements(text)
            found = items[int(name)] if -len(items) <= int(name) < len(items) else None
        if found is None:
            return None
        text = found
    return text


def elements(text: Text) -> list[Text]:
    """The values of a list.

    Raises:
        Malformed: the document is no JSON.
    """
    try:
        return list(msgspec.json.decode(text, type=list[Raw]))
    except RecursionError:
        return [value for _, value in _children(bytes(text))]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(_reason(error)) from None


def scalar(text: Text | None) -> str | int | float | bool | None:
    """The text, number or truth value that a value is; None where it is none, null or nested."""
    if text is None or kind(text) in ("object", "list"):
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(_reason(error)) from None
    return found if isinstance(found, (str, int, float)) else None


def kind(text: Text) -> str:
    """What a value is, by its first sign: object, list, text, or other.

    Raises:
        Malformed: there is nothing.
    """
    first = bytes(memoryview(text)[:64]).lstrip()[:1] or bytes(text).strip()[:1]
    if not first:
        raise Malformed("it is empty")
    return {b"{": "object", b"[": "list", b'"': "text"}.get(first, "other")


def is_null(text: Text) -> bool:
    """Whether a value is null."""
    return bytes(memoryview(text)[:64]).strip() == b"null"


def is_index(name: str) -> bool:
    """Whether a name picks from a list.

    >>> is_index("-1"), is_index("id")
    (True, False)
    """
    return _INDEX.match(name) is not None


def _members(text: Text) -> dict[str, Text]:
    try:
        return dict(msgspec.json.decode(text, type=dict[str, Raw]))
    except RecursionError:
        return {_name(key): value for key, value in _children(bytes(text))}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Why a document is no JSON, with the place and without what stands there."""
    place = re.search(r"\(byte (\d+)\)", str(error))
    if "truncated" in str(error):
        return "it ends before it is complete"
    return f"it is not valid JSON at byte {place[1]}" if place else "it is not valid JSON"


def _name(key: bytes) -> str:
    try:
        return str(msgspec.json.decode(key, type=str))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(_reason(error)) from None


def _children(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys (empty in a list) and values of a document that is nested too deeply to be decoded.

    Only the brackets inside of a value are looked at; whoever reads the value judges the rest.
    """
    depth, start, key = 0, -1, b""
    is_object = kind(text) == "object"
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign == b'"':
            raise Malformed("it ends before it is complete")
        is_end = sign in (b"]", b"}")
        if depth == 1 and (is_end or sign == b","):
            if start >= 0:
                yield key, text[start : token.start()].strip()
            start, key = -1, b""
        elif depth == 1 and sign == b":" and is_object and not key:
            key, start = text[start : token.start()].strip(), -1
        elif depth == 1 and start < 0:
            start = token.start()
        depth += (sign in (b"[", b"{")) - is_end
        if depth == 0 and is_end:
            if text[token.end() :].strip():
                raise Malformed(f"it is not valid JSON at byte {token.end()}")
            return
    raise Malformed("it ends before it is complete")
