"""Files as an origin: `path`, `format` where the name does not tell it, and how a remote place is reached."""

from __future__ import annotations

from msgspec.structs import replace

from andon.acquisition.patterns import is_pattern
from andon.project.fields import Fields, where_of
from andon.project.origins.growing import read_grows
from andon.project.origins.kind import OriginKind
from andon.project.origins.settings import read_settings
from andon.project.yaml import ListNode, Node
from andon.spec.address import SETTINGS, Address, is_remote, is_signed, parse
from andon.spec.origin import FilesOrigin, Settings

KEYS = tuple(dict.fromkeys(name for names in SETTINGS.values() for name in names))
"""Every setting of a connection to files, of whatever place."""


def read(table: Fields, connection: Fields | None) -> FilesOrigin | None:
    """The files of a table."""
    paths = table.names("path", "data/orders/*.csv")
    if "path" not in table.values:
        table.findings.add(
            "PRJ005",
            table.where(""),
            what=f"{table.of} has no `path`",
            why="it is read from files",
            fix="write `path: data/orders.csv`, a glob, or a list of them",
        )
        return None
    before = len(table.findings.problems)
    found = _addresses(table, paths)
    settings = read_settings(connection, KEYS) if connection else ()
    if len(table.findings.problems) == before:
        _check_together(table, found)
        _check_settings(table, connection, found[0] if found else None, settings)
    grows = read_grows(table, paths)
    if len(table.findings.problems) > before:
        return None
    return FilesOrigin(paths=paths, settings=settings, grows=grows)


def _addresses(table: Fields, paths: tuple[str, ...]) -> list[Address]:
    """The remote ones among the paths; what is wrong with one is noted without showing it."""
    found = []
    for path, node in zip(paths, _nodes(table), strict=False):
        if not is_remote(path):
            continue
        try:
            address = parse(path)
        except ValueError as error:
            _refuse(
                table,
                node,
                what=f"{table.of} has an address that is not understood: {error}",
                why="an address is `scheme://bucket/path`; who asks is said in `connection`",
                fix="write for example `path: s3://shop/in/*.csv`, and `user`, `password` or `key` "
                "below `connection`, by reference",
            )
            continue
        found.append(address)
        if is_signed(address.query):
            _refuse(
                table,
                node,
                what=f"`{address.name}` is followed by a query that lets in whoever holds it",
                why="a secret in a file under version control is no secret any more",
                fix="take everything from `?` on out, write `query: {env: NAME}` below `connection`, "
                "and change the secret, since it has been seen",
            )
        if address.place == "http" and is_pattern(address.key):
            _refuse(
                table,
                node,
                what=f"`{address.name}` is a pattern, and HTTP cannot list files",
                why="a web server answers for one address at a time",
                fix="name every file in a list, or read them from where they can be listed "
                "(S3, GCS, Azure, SFTP)",
            )
    return found


def _check_together(table: Fields, found: list[Address]) -> None:
    """Refuse addresses of one table that are reached in several ways, or known by one name."""
    paths = table.names("path")
    places = {(address.scheme, address.account) for address in found}
    if len(places) > 1 or (found and len(found) < len(paths)):
        _refuse(
            table,
            table.values["path"],
            what=f"{table.of} mixes files of several kinds of place",
            why="one connection reaches one kind of place",
            fix="declare one table per place and unite them in an asset",
        )
    names = [address.name for address in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        _refuse(
            table,
            table.values["path"],
            what=f"two addresses of {table.of} are `{twice}` but for their query",
            why="a query may hold secrets and is no part of a file's name, so both were one file",
            fix="declare one table for each",
        )


def _check_settings(
    table: Fields, connection: Fields | None, first: Address | None, settings: Settings
) -> None:
    """Refuse settings that mean nothing where the files lie."""
    if connection is None:
        return
    known = SETTINGS[first.place] if first else ()
    place = f"files at `{first.scheme}://`" if first else "files of the project"
    for name, value in settings:
        if name not in known:
            listed = ", ".join(f"`{word}`" for word in known)
            _refuse(
                connection,
                connection.values[name],
                what=f"`{name}` means nothing for {place}, which {table.of} reads",
                why="a setting without an effect would let one believe in it",
                fix=f"use {listed}" if known else f"take `{name}` out",
            )
        elif name == "query" and isinstance(value, str) and is_signed(value):
            _refuse(
                connection,
                connection.values[name],
                what="`query` holds a secret that is written out",
                why="a secret in a file under version control is no secret any more",
                fix="write `query: {env: NAME}`, and change the secret, since it has been seen",
            )
        elif name in ("anonymous", "payer") and value not in ("true", "false"):
            connection.wrong(connection.values[name], name, "`true` or `false`", "true")
        elif name == "endpoint_url" and isinstance(value, str) and not _is_endpoint(value):
            _refuse(
                connection,
                connection.values[name],
                what="`endpoint_url` is no address of a server",
                why="it is `http://` or `https://` with a host, without user, password and query",
                fix="write for example `endpoint_url: https://minio.shop.example`",
            )


def _is_endpoint(text: str) -> bool:
    scheme, _, rest = text.partition("://")
    return scheme in ("http", "https") and bool(rest) and not any(sign in rest for sign in "@?#")


def _nodes(table: Fields) -> tuple[Node, ...]:
    node = table.values["path"]
    return node.items if isinstance(node, ListNode) else (node,)


def _refuse(fields: Fields, node: Node, *, what: str, why: str, fix: str) -> None:
    """Note a problem at a place whose text is not shown: it may hold a secret."""
    where = replace(where_of(fields.file, node), text=None)
    fields.findings.add("PRJ045", where, what=what, why=why, fix=fix)


FILES = OriginKind(
    connection_keys=KEYS, table_keys=("path", "format", "grows"), read=read, has_dialect=True
)
