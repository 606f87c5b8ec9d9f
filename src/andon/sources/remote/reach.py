"""Reaching a place: the one spot where settings of a connection become options of a library."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from andon.sources.remote.failures import Failure
from andon.sources.remote.place import Place
from andon.spec.address import Address

Plain = dict[str, str]


class Reach:
    """Places by what they are reached with; each is made once.

    Args:
        root: folder of the project; files that settings name are relative to it.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: dict[tuple[str, ...], Place] = {}

    def place(self, address: Address, settings: Plain, hidden: Collection[str] = ()) -> Place:
        """The place an address leads to.

        Args:
            hidden: names of settings that are secrets.

        Raises:
            TaskFailed: (SRC021) its library is not installed.
            Failure: it cannot be reached.
        """
        kind = address.place
        items = (part for item in sorted(settings.items()) for part in item)
        key = (kind, address.account, *items, "", *sorted(hidden))
        if key not in self._made:
            self._made[key] = self._make(address, settings, hidden)
        return self._made[key]

    def _make(self, address: Address, settings: Plain, hidden: Collection[str]) -> Place:
        match address.place:
            case "s3":
                from andon.sources.remote.s3 import S3Place

                return S3Place(s3_options(settings))
            case "gcs":
                from andon.sources.remote.gcs import GcsPlace

                return GcsPlace(gcs_options(settings, self._root))
            case "azure":
                from andon.sources.remote.azure import AzurePlace

                return AzurePlace(azure_options(settings, address.account))
            case "http":
                from andon.sources.remote.http import HttpPlace

                return HttpPlace(
                    address.scheme,
                    http_headers(settings),
                    settings.get("query", "").lstrip("?"),
                    secrets=http_secrets(settings, hidden),
                )
            case "sftp":
                from andon.sources.remote.sftp import SftpPlace

                return SftpPlace(sftp_options(settings, self._root))


def s3_options(settings: Plain) -> dict[str, Any]:
    """Options of s3fs. Andon tries again by itself, so the libraries below do not.

    >>> s3_options({"region": "eu-central-1", "anonymous": "true"})["client_kwargs"]
    {'region_name': 'eu-central-1'}
    """
    client = {"region_name": settings["region"]} if "region" in settings else {}
    return {
        **_taken(settings, "key", "secret", "token", "profile", "endpoint_url"),
        "anon": settings.get("anonymous") == "true",
        "requester_pays": settings.get("payer") == "true",
        "client_kwargs": client,
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 60,
            "max_pool_connections": 32,
            "retries": {"total_max_attempts": 1},
        },
    }


def gcs_options(settings: Plain, root: Path) -> dict[str, Any]:
    """Options of gcsfs: a key file or token of its own, else what the machine is logged in as."""
    options: dict[str, Any] = _taken(settings, "project", "endpoint_url")
    if settings.get("anonymous") == "true":
        options["token"] = "anon"  # noqa: S105  (a word of gcsfs)
    elif "key_file" in settings:
        options["token"] = _key_file(settings, root)
    elif "token" in settings:
        options["token"] = _google_token(settings["token"])
    return {
        **options,
        "access": "read_only",
        "requester_pays": settings.get("payer") == "true",
        "requests_timeout": 60,
    }


def azure_options(settings: Plain, account_host: str) -> dict[str, Any]:
    """Options of adlfs.

    >>> azure_options({"key": "k"}, "shop.dfs.core.windows.net")["account_name"]
    'shop'
    """
    account = settings.get("account") or account_host.partition(".")[0]
    if "endpoint_url" in settings:
        parts = [f"BlobEndpoint={settings['endpoint_url']}"]
        if "key" in settings:
            parts += [f"AccountName={account}", f"AccountKey={settings['key']}"]
        elif "token" in settings:
            parts.append(f"SharedAccessSignature={settings['token'].lstrip('?')}")
        if len(parts) > 1:
            return {"account_name": account, "connection_string": ";".join(parts)}
    options: dict[str, Any] = {"account_name": account}
    options |= _taken(settings, "key account_key", "token sas_token", "secret client_secret")
    options |= _taken(settings, "tenant_id", "client_id")
    if account_host:
        options["account_host"] = account_host.replace(".dfs.", ".blob.")
    if "endpoint_url" in settings:
        options["account_host"] = settings["endpoint_url"].partition("://")[2]
    return {**options, "anon": settings.get("anonymous") == "true"}


def http_headers(settings: Plain) -> dict[str, str]:
    """Headers that prove to a web server who asks."""
    from base64 import b64encode

    if "token" in settings:
        return {"Authorization": f"Bearer {settings['token']}"}
    if "user" in settings:
        pair = f"{settings['user']}:{settings.get('password', '')}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}
    return {}


def http_secrets(settings: Plain, hidden: Collection[str]) -> tuple[tuple[str, str], ...]:
    """What a web server is shown and must not repeat, each by its name.

    >>> http_secrets({"user": "ana", "password": "of-the-shop"}, ("user", "password"))
    (('`password` of `connection`', 'of-the-shop'),)
    """
    names = [name for name in ("password", "token", "query") if name in hidden]
    return tuple((f"`{name}` of `connection`", settings[name]) for name in names)


def sftp_options(settings: Plain, root: Path) -> dict[str, Any]:
    """Options of sshfs, which are those of asyncssh.

    The key of the host is always checked: against `known_hosts`, else the user's own file.
    """
    known = settings.get("known_hosts")
    options: dict[str, Any] = _taken(settings, "user username", "password", "passphrase")
    if "key_file" in settings:
        options["client_keys"] = [_key_file(settings, root)]
    elif "password" in settings:
        options["client_keys"] = None
    # Without a value of its own sshfs would trust any host.
    options["known_hosts"] = str(root / known) if known else ()
    return {**options, "connect_timeout": 15}


def _taken(settings: Plain, *names: str) -> dict[str, Any]:
    """Those of the settings that are there; a second word is the name of the option.

    >>> _taken({"user": "ana"}, "user username", "password")
    {'username': 'ana'}
    """
    pairs = [(name.split()[0], name.split()[-1]) for name in names]
    return {option: settings[name] for name, option in pairs if name in settings}


def _key_file(settings: Plain, root: Path) -> str:
    """Where a key file lies; a missing one is told before anybody is asked without it."""
    place = root / settings["key_file"]
    if not place.is_file():
        raise Failure("denied", f"the key file `{settings['key_file']}` is not there")
    return str(place)


def _google_token(token: str) -> object:
    """The content of a key file as a mapping, or an access token as it is."""
    import json

    if not token.lstrip().startswith("{"):
        return token
    return json.loads(token)
