"""The format of a page, as declared or as the server and the bytes tell it."""

from __future__ import annotations

from typing import Final, get_args

from andon.spec.source import Format

_TYPES: Final = {
    "application/json": "json",
    "text/json": "json",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/jsonl": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/json-lines": "jsonl",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "tsv",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.avro": "avro",
    "avro/binary": "avro",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
HTML: Final = "text/html"


def media_type(header: str) -> str:
    """A content type without its parameters.

    >>> media_type('application/JSON; charset="utf-8"')
    'application/json'
    """
    return header.partition(";")[0].strip().lower()


def named_type(header: str) -> str:
    """A content type as it may be told: one that nobody knows may be a secret that is repeated.

    >>> named_type("image/PNG; x=1"), named_type("text/hunter22"), named_type("")
    ('`image/png`', 'none that is known', '`nothing`')
    """
    from mimetypes import types_map

    kind = media_type(header) or "nothing"
    is_known = kind in ("nothing", "application/octet-stream") or kind in types_map.values()
    return f"`{kind}`" if is_known or kind in _TYPES else "none that is known"


def form_of(declared: Format | None, header: str, body: bytes) -> Format | None:
    """The declared format, else that of the content type, else that of the first sign.

    None where nothing tells it, or where it is one that cannot be read.
    """
    if declared is not None:
        return declared
    kind = media_type(header)
    found = _TYPES.get(kind)
    if found is None and kind.endswith("+json"):
        found = "json"
    if found is None and kind.endswith("+xml"):
        found = "xml"
    if found is None and kind != HTML and body.lstrip()[:1] in (b"{", b"["):
        found = "json"
    return next((known for known in get_args(Format) if known == found), None)


def is_page_for_people(header: str, body: bytes) -> bool:
    """Whether an answer is an HTML page, as proxies and sign-in pages give with status 200.

    >>> is_page_for_people("application/json", b"<!DOCTYPE html><html>")
    True
    """
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    is_html = start.startswith((b"<!doctype html", b"<html"))
    return is_html or (media_type(header) == HTML and start[:1] not in (b"{", b"["))
