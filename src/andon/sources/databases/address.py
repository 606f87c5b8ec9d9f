"""Settings of a connection that may be given as one address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote, urlsplit


def parts_of(settings: Mapping[str, str]) -> dict[str, str]:
    """Host, port, user, password and database, from the address if there is one.

    >>> parts_of({"url": "postgresql://ana:p%40ss@db:6543/shop?sslmode=require"})["password"]
    'p@ss'
    """
    url = settings.get("url")
    if url is None:
        return dict(settings)
    split = urlsplit(url)
    found = {
        "host": split.hostname or "",
        "port": str(split.port or ""),
        "user": unquote(split.username or ""),
        "password": unquote(split.password or ""),
        "database": unquote(split.path.lstrip("/")),
        **dict(parse_qsl(split.query)),
    }
    return {name: value for name, value in found.items() if value}
