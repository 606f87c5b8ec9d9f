"""Addresses of servers, as people write them."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"https?://(?P<place>[^/?#]*)[^?#]*(?P<rest>.*)\Z", re.DOTALL | re.IGNORECASE)
_PLACE = re.compile(
    r"(?:(?P<user>.*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\[\]@]*)(?::(?P<port>\d*))?\Z", re.DOTALL
)
_MOST = 65_535


def address_fault(url: str) -> str:
    """Why a text is no address that can be asked; empty if it is one.

    >>> address_fault("https://api.example.com/v2"), address_fault("https://me@a/")
    ('', 'it holds a user or a password')
    """
    found = _ADDRESS.match(url)
    if found is None:
        return "it begins with neither https:// nor http://"
    place = _PLACE.match(found["place"])
    if place is None or int(place["port"] or 1) > _MOST:
        return "it cannot be understood"
    if not place["host"] or int(place["port"] or 1) == 0:
        return "it names no server"
    if place["user"] is not None:
        return "it holds a user or a password"
    if found["rest"]:
        return "it holds parameters"
    if not url.isprintable() or " " in url:
        return "it holds blanks"
    return ""
