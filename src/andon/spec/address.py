"""Addresses of remote files: where they lie, and the name by which they are known to people."""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

Place = Literal["s3", "gcs", "azure", "http", "sftp"]

PLACES: Final[dict[str, Place]] = {
    "s3": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "http": "http",
    "https": "http",
    "sftp": "sftp",
}
"""What kind of place each scheme of an address leads to."""

SETTINGS: Final[dict[Place, tuple[str, ...]]] = {
    "s3": ("key", "secret", "token", "profile", "region", "endpoint_url", "anonymous", "payer"),
    "gcs": ("key_file", "token", "project", "endpoint_url", "anonymous", "payer"),
    "azure": (
        "account",
        "key",
        "token",
        "tenant_id",
        "client_id",
        "secret",
        "endpoint_url",
        "anonymous",
    ),
    "http": ("user", "password", "token", "query"),
    "sftp": ("user", "password", "key_file", "passphrase", "known_hosts"),
}
"""Settings of a connection that mean something, by kind of place."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_WILD = "*?["
_SIGNED = re.compile(
    r"(^|[&;])(x-amz-[^=]*|x-goog-[^=]*|awsaccesskeyid|googleaccessid|sig|signature|policy|sas"
    r"|[^=&;]*(token|secret|password|passwd|apikey|api[-_]key|access[-_]?key|credential)[^=&;]*"
    r"|key|auth|code)=",
    re.IGNORECASE,
)
"""Parameters of a query that let in whoever holds the address."""


class Address(Struct, frozen=True, kw_only=True):
    """A remote path or pattern in its parts.

    Attributes:
        scheme: as written, in lower case.
        host: bucket, container or host, with its port where it has one.
        key: path below it, without the first slash.
        query: of an HTTP address, without ``?``; no part of the name.
        account: host of the storage account in an address of Azure that has one.
    """

    scheme: str
    host: str
    key: str
    query: str = ""
    account: str = ""

    @property
    def place(self) -> Place:
        """Kind of place."""
        return PLACES[self.scheme]

    @property
    def name(self) -> str:
        """How a file at exactly this address is known: without anything that may be secret."""
        return self.name_of(self.key)

    def name_of(self, key: str) -> str:
        """Name of another file of the same place."""
        account = f"@{self.account}" if self.account else ""
        return f"{self.scheme}://{self.host}{account}/{key}"


def scheme_of(path: str) -> str:
    """Scheme of an address in lower case; empty for a path of the file system.

    >>> scheme_of("S3://shop/in/*.csv"), scheme_of("data/a.csv"), scheme_of("/data/a.csv")
    ('s3', '', '')
    """
    found = _SCHEME.match(path)
    return found.group(1).lower() if found else ""


def is_remote(path: str) -> bool:
    """Whether a path leads elsewhere than to the file system."""
    return bool(scheme_of(path))


def parse(path: str) -> Address:
    """The parts of an address.

    >>> parse("https://example.org/a.csv?day=1").name
    'https://example.org/a.csv'
    >>> parse("abfs://in@shop.dfs.core.windows.net/x/*.csv").account
    'shop.dfs.core.windows.net'

    Raises:
        ValueError: in words, without any part of the address that may be secret.
    """
    scheme = scheme_of(path)
    if scheme not in PLACES:
        known = ", ".join(f"`{word}://`" for word in PLACES)
        raise ValueError(f"`{scheme}://` is no scheme that is read; there are {known}")
    host, _, key = path[len(scheme) + 3 :].partition("/")
    query = account = ""
    if PLACES[scheme] == "http":
        host, _, in_host = host.partition("?")
        key, _, query = key.partition("?")
        query, key = query.partition("#")[0] or in_host, key.partition("#")[0]
    if PLACES[scheme] == "azure":
        host, _, account = host.partition("@")
    if "@" in host:
        raise ValueError("the address holds a user or a password")
    if not host or any(sign in host for sign in _WILD):
        raise ValueError("the address names no bucket, container or host")
    if not key:
        raise ValueError("the address names no file, only where files may lie")
    return Address(scheme=scheme, host=host, key=key, query=query, account=account)


def is_signed(query: str) -> bool:
    """Whether a query lets in whoever holds it.

    >>> is_signed("day=1&format=csv"), is_signed("sv=1&sig=abc"), is_signed("X-Amz-Signature=0")
    (False, True, True)
    """
    return _SIGNED.search(query) is not None
