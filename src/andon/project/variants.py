"""The `for:` key: one file, many like assets."""

from __future__ import annotations

import re

from msgspec import Struct

from andon.names import is_identifier
from andon.project.fields import Fields
from andon.project.yaml import ListNode, MapNode, Node, Scalar, ScalarNode

_PLACE = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
SCALAR_KEY = "value"


class Variant(Struct, frozen=True):
    """One entry: full name of its asset, and values bound as parameters."""

    name: str
    values: tuple[tuple[str, Scalar], ...] = ()


def read_variants(fields: Fields, path_name: str) -> tuple[Variant, ...]:
    """Variants of a file; one without values if it has no `for:`. Problems are PRJ017.

    Entries are mappings, or plain values that are bound as ``$value``.
    """
    template = fields.text("name")
    if "for" not in fields.values:
        if template:
            _refuse(
                fields,
                fields.values["name"],
                "`name` stands without `for`",
                "an asset's name comes from its path",
                "remove `name`, or rename the file",
            )
        return (Variant(path_name),)
    node = fields.values["for"]
    if not isinstance(node, ListNode) or not node.items:
        fields.wrong(node, "for", "a list of at least one entry", "[{region: eu}, {region: us}]")
        return ()
    if not _PLACE.search(template):
        _refuse(
            fields,
            fields.values.get("name", node),
            "`for` needs a `name` that tells its assets apart",
            "one file gives several assets",
            'write for example `name: "{region}_orders"`',
        )
        return ()
    schema = path_name.rpartition(".")[0]
    found = [
        variant for item in node.items if (variant := _variant(fields, item, template, schema))
    ]
    _refuse_repeats(fields, node, found)
    return tuple(found)


def _variant(fields: Fields, item: Node, template: str, schema: str) -> Variant | None:
    entries = list(item) if isinstance(item, MapNode) else []
    values: dict[str, Scalar] = {}
    if isinstance(item, ScalarNode):
        values[SCALAR_KEY] = item.value
    for key, key_node, value in entries:
        if not is_identifier(key) or not isinstance(value, ScalarNode):
            _refuse(
                fields,
                key_node,
                f"entry `{key}` is no parameter",
                "each key is bound as `$key`",
                "use lower-case names with plain values",
            )
            return None
        values[key] = value.value
    missing = [key for key in _PLACE.findall(template) if key not in values]
    if missing or not values:
        _refuse(
            fields,
            item,
            f"this entry has no `{missing[0] if missing else SCALAR_KEY}`",
            f"the name template `{template}` uses it",
            "give every entry the same keys",
        )
        return None
    last = _PLACE.sub(lambda place: str(values[place[1]]).lower(), template)
    if not is_identifier(last):
        _refuse(
            fields,
            item,
            f"this entry gives the name `{last}`",
            "names are lower-case letters, digits and underscores",
            "change the entry or the template",
        )
        return None
    return Variant(f"{schema}.{last}", tuple(values.items()))


def _refuse_repeats(fields: Fields, node: Node, variants: list[Variant]) -> None:
    seen: set[str] = set()
    for variant in variants:
        if variant.name in seen:
            _refuse(
                fields,
                node,
                f"two entries give the name `{variant.name}`",
                "every asset has its own name",
                "make the entries differ in what the template uses",
            )
        seen.add(variant.name)


def _refuse(fields: Fields, node: Node, what: str, why: str, fix: str) -> None:
    where = fields.file.where(node.line, node.column, node.length)
    fields.findings.add("PRJ017", where, what=what, why=why, fix=fix)
