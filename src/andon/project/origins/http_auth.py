"""`auth` of a connection: exactly one way to prove who asks, its secrets by reference."""

from __future__ import annotations

from typing import Final, Literal

from andon.project.fields import Fields, where_of
from andon.project.origins.settings import read_reference, read_setting
from andon.project.yaml import MapNode, Node
from andon.spec.origin import Auth, Setting, Settings
from andon.spec.server import address_fault

_By = Literal["basic", "bearer", "key", "oauth2"]
_EXAMPLE: Final = "{bearer: {env: API_TOKEN}}"
AUTH: Final[dict[_By, tuple[str, ...]]] = {
    "bearer": (),
    "basic": ("user", "password"),
    "key": ("name", "in", "value"),
    "oauth2": ("token_url", "client_id", "client_secret", "scope", "in"),
}
"""Kinds of `auth`, each with its keys."""
_SECRETS: Final = frozenset({"password", "value", "client_secret"})
_OPTIONAL: Final = frozenset({"scope", "in"})
_IN: Final = {"key": ("header", "query"), "oauth2": ("header", "body")}


def read_auth(connection: Fields) -> Auth:
    """How requests prove who asks; none where nothing is written or something is wrong."""
    node = connection.mapping("auth", _EXAMPLE)
    if node is None:
        return Auth()
    words = Fields(connection.file, connection.findings, node, AUTH, "`auth`")
    if len(words.values) != 1:
        if len(words.values) > 1 or not len(node.entries):
            connection.wrong(node, "auth", "one way to prove who asks", _EXAMPLE)
        return Auth()
    for by in AUTH:
        if by == "bearer" and by in words.values:
            token = read_reference(words, by)
            return Auth(by=by, settings=(("token", token),)) if token else Auth()
        if by in words.values:
            return _read(connection, by, words.values[by])
    return Auth()


def _read(connection: Fields, by: _By, node: Node) -> Auth:
    if not isinstance(node, MapNode):
        connection.wrong(node, by, "a mapping of " + ", ".join(f"`{k}`" for k in AUTH[by]), "{...}")
        return Auth()
    keys = Fields(connection.file, connection.findings, node, AUTH[by], f"`auth: {by}`")
    found: dict[str, Setting] = {}
    for name in AUTH[by]:
        if name not in keys.values:
            if name not in _OPTIONAL:
                connection.findings.add(
                    "PRJ005",
                    where_of(connection.file, node),
                    what=f"`auth: {by}` has no `{name}`",
                    why="without it the server would not know who asks",
                    fix=f"write `{name}` into it",
                )
            continue
        value = _value(keys, by, name)
        if value is not None:
            found[name] = value
    settings: Settings = tuple(sorted(found.items()))
    return Auth(by=by, settings=settings)


def _value(keys: Fields, by: _By, name: str) -> Setting | None:
    if name in _SECRETS:
        return read_reference(keys, name)
    if name == "in":
        return keys.choice("in", _IN[by], "")
    if name == "token_url" and isinstance(keys.values[name], MapNode):
        return read_reference(keys, name)
    if name in ("name", "token_url"):
        text = keys.text(name)
        if name == "token_url" and address_fault(text):
            keys.wrong(keys.values[name], name, "an address", "https://login.example.com/token")
        return text or None
    return read_setting(keys, name)
