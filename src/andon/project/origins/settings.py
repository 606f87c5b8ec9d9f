"""Settings of a connection: plain values, and secrets by reference."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, cast, get_args

from andon.project.fields import Fields, unseen, where_of
from andon.project.yaml import MapNode, Node, ScalarNode
from andon.spec.origin import Secret, Setting, Settings

_Via = Literal["env", "file", "keyring"]
SECRET_WORDS = ("password", "secret", "token", "key", "passphrase")
"""Names of settings that hold a secret; it may only be written by reference."""


def read_setting(fields: Fields, name: str) -> Setting | None:
    """A text, number or truth value as text, or a reference such as ``{env: SHOP_PASSWORD}``."""
    node = fields.values.get(name)
    return None if node is None else _setting(fields, name, node)


def read_reference(fields: Fields, name: str) -> Secret | None:
    """A secret, whatever its name: it may only be written by reference."""
    node = fields.values.get(name)
    if node is None:
        return None
    if isinstance(node, MapNode):
        return _secret(fields, name, node)
    _refuse_written_out(fields, name, node)
    return None


def read_settings(fields: Fields, names: Collection[str]) -> Settings:
    """The settings that are written, by name, sorted."""
    found = ((name, read_setting(fields, name)) for name in sorted(names))
    return tuple((name, setting) for name, setting in found if setting is not None)


def read_mapping_of_settings(fields: Fields, name: str, example: str) -> Settings:
    """A mapping whose values are settings, such as headers; its keys are free."""
    return tuple(_each(fields, fields.mapping(name, example)))


def _each(fields: Fields, node: MapNode | None) -> Iterator[tuple[str, Setting]]:
    for word, _, value in node or ():
        setting = _setting(fields, word, value)
        if setting is not None:
            yield word, setting


def _setting(fields: Fields, name: str, node: Node) -> Setting | None:
    if isinstance(node, MapNode):
        return _secret(fields, name, node)
    if not isinstance(node, ScalarNode) or node.value is None:
        fields.wrong(node, name, "a text or a reference to a secret", "{env: SHOP_PASSWORD}")
        return None
    words = name.lower().replace("-", "_").split("_")
    if words[-1] != "file" and any(word in words for word in SECRET_WORDS):
        _refuse_written_out(fields, name, node)
        return None
    value = node.value
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _refuse_written_out(fields: Fields, name: str, node: Node) -> None:
    fields.findings.add(
        "PRJ037",
        unseen(where_of(fields.file, node)),
        what=f"`{name}` is written out",
        why="a secret in a file under version control is no secret any more",
        fix=f"write `{name}: {{env: NAME}}`, `{{file: path}}` or `{{keyring: service/user}}`, and "
        "change the secret, since it has been seen",
    )


def _secret(fields: Fields, name: str, node: MapNode) -> Secret | None:
    entries = [(word, value) for word, _, value in node]
    if len(entries) == 1:
        (via, value) = entries[0]
        if via in get_args(_Via) and isinstance(value, ScalarNode) and isinstance(value.value, str):
            return Secret(via=cast("_Via", via), name=value.value)
    fields.wrong(
        node, name, "one of `env`, `file` and `keyring` with a name", "{env: SHOP_PASSWORD}"
    )
    return None
