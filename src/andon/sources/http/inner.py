"""Which hosts are of an inner network: this machine, its neighbours, the services of a cloud."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import ip_address


def is_inner(host: str) -> bool:
    """Whether a host is known to be of an inner network by its address; of other names nothing is known.

    >>> [is_inner(h) for h in ("127.0.0.1", "169.254.169.254", "::1", "10.1.2.3", "0x7f.1", "localhost")]
    [True, True, True, True, True, True]
    >>> [is_inner(h) for h in ("93.184.216.34", "api.example.com", "2606:2800:220:1::1")]
    [False, False, False]
    """
    name = host.partition("%")[0].rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    with suppress(ValueError):  # a name, or an address in another spelling
        return not ip_address(name).is_global
    try:
        return not ip_address(socket.inet_aton(name)).is_global  # "127.1" and numbers are taken too
    except (OSError, UnicodeError, ValueError):
        return False
