"""Addresses of servers, as people write them."""

from __future__ import annotations

from urllib.parse import urlsplit


def address_fault(url: str) -> str:
    """Why a text is no address that can be asked; empty if it is one."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return "it cannot be understood"
    if parts.scheme not in ("http", "https"):
        return "it begins with neither https:// nor http://"
    if not parts.hostname or not has_port:
        return "it names no server"
    if parts.username is not None or parts.password is not None:
        return "it holds a user or a password"
    if parts.query or parts.fragment:
        return "it holds parameters"
    if not url.isprintable() or " " in url:
        return "it holds blanks"
    return ""
