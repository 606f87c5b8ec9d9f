"""Times and checksums as places tell them."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MD5 = re.compile(r"[0-9a-f]{32}\Z")


def as_ns(moment: datetime | None) -> int:
    """Nanoseconds since 1970, 0 for no time."""
    if moment is None:
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000


def http_date_ns(text: str | None) -> int:
    """Nanoseconds since 1970 of a date in a header, 0 if it is none.

    >>> http_date_ns("Thu, 01 Jan 1970 00:00:02 GMT"), http_date_ns("soon"), http_date_ns(None)
    (2000000000, 0, 0)
    """
    if not text:
        return 0
    try:
        return as_ns(parsedate_to_datetime(text))
    except ValueError:
        return 0


def is_md5(text: str) -> bool:
    """Whether a text may be a checksum in hexadecimal."""
    return _MD5.match(text) is not None


def md5_of(encoded: str | bytes | bytearray | None) -> str:
    """A checksum as hexadecimal text, from base64 text or bytes; empty if there is none.

    >>> md5_of("1B2M2Y8AsgTpgAmY7PhCfg==")
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    if not encoded:
        return ""
    if isinstance(encoded, str):
        try:
            encoded = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return ""
    found = bytes(encoded).hex()
    return found if is_md5(found) else ""
