"""Fields of text of fixed width, as a source declares them."""

from __future__ import annotations

from andon.project.fields import Fields, where_of
from andon.project.yaml import ListNode, Node, ScalarNode
from andon.spec.source import FixedField


def read_widths(fields: Fields, form: str) -> tuple[FixedField, ...]:
    """The fields in order, ``{name: width}`` or ``{name: [start, width]}``; PRJ038 if they overlap."""
    node = fields.mapping("widths", "{id: 6, name: 20}")
    if node is None:
        if form == "fixed":
            _wrong(
                fields,
                fields.values["format"],
                f"{fields.of} has no `widths`",
                "lines of fixed width have no delimiter; only the widths tell where a field ends",
            )
        return ()
    found: list[FixedField] = []
    end = 0
    for name, _, value in node:
        place = _place(value, end + 1)
        if place is None:
            fields.wrong(value, name, "a width, or its start and width", "[7, 20]")
            continue
        start, width = place
        if start <= end:
            _wrong(
                fields,
                value,
                f"`{name}` of `widths` begins at {start}, where the field before it still goes on",
                "two fields cannot share a character; the first character has the number 1",
            )
        found.append(FixedField(name=name, start=start, width=width))
        end = start + width - 1
    return tuple(found)


def _place(node: Node, following: int) -> tuple[int, int] | None:
    """Start and width; a width alone starts where the field before it ended."""
    items = node.items if isinstance(node, ListNode) else (node,)
    numbers = [item.value for item in items if isinstance(item, ScalarNode)]
    whole = [n for n in numbers if isinstance(n, int) and not isinstance(n, bool) and n > 0]
    if len(whole) < len(items) or len(whole) not in (1, 2):
        return None
    if isinstance(node, ListNode):
        return (whole[0], whole[1]) if len(whole) == 2 else None
    return following, whole[0]


def _wrong(fields: Fields, node: Node, what: str, why: str) -> None:
    fields.findings.add(
        "PRJ038",
        where_of(fields.file, node),
        what=what,
        why=why,
        fix="write `widths: {id: 6, name: 20}`, or with places `widths: {id: [1, 6], name: [9, 20]}`",
    )
