"""`pages` of a table: how the next page is found."""

from __future__ import annotations

from typing import Final, Literal

from andon.project.fields import Fields, where_of
from andon.project.yaml import MapNode, ScalarNode
from andon.spec.origin import Paging

_By = Literal["cursor", "next", "page", "offset"]
_SIZE: Final = ("size_param", "size", "more")
PAGES: Final[dict[_By, tuple[str, ...]]] = {
    "cursor": ("cursor", "param", *_SIZE),
    "next": ("next", *_SIZE),
    "page": ("page", "first", *_SIZE),
    "offset": ("offset", *_SIZE),
}
"""Ways to find the next page, by the key that tells them apart, each with its keys."""
_EXAMPLE: Final = "{page: page, size_param: per_page, size: 100}"


def read_paging(table: Fields) -> Paging:
    """How the next page is found; one page where nothing is written or something is wrong."""
    node = table.values.get("pages")
    if node is None:
        return Paging()
    if isinstance(node, ScalarNode) and node.value == "link":
        return Paging(by="link")
    if not isinstance(node, MapNode):
        table.wrong(node, "pages", "`link` or a mapping", _EXAMPLE)
        return Paging()
    written = {name for name, _, _ in node}
    ways = [by for by in PAGES if by in written]
    if len(ways) != 1:
        table.findings.add(
            "PRJ041",
            where_of(table.file, node),
            what="`pages` names more than one way to the next page"
            if ways
            else "`pages` names no way to the next page",
            why="the next page is found in exactly one way: by a `cursor` or the `next` address in "
            "the body, the number of a `page`, or the `offset` of a row",
            fix=f"write for example `pages: {_EXAMPLE}`, or `pages: link`",
        )
        return Paging()
    return _read(table, ways[0], node)


def _read(table: Fields, by: _By, node: MapNode) -> Paging:
    keys = Fields(table.file, table.findings, node, PAGES[by], f"`pages` by `{by}`")
    in_body = by in ("cursor", "next")
    parameter = keys.text("param") if by == "cursor" else "" if by == "next" else keys.text(by)
    if by == "cursor" and "param" not in keys.values:
        _miss(keys, "`pages` by `cursor` has no `param`", "write `param: cursor`")
    size = keys.count("size")
    if size == 0:
        keys.wrong(keys.values["size"], "size", "a whole number from 1", "100")
    for one, other in (("size", "size_param"), ("size_param", "size")):
        if one in keys.values and other not in keys.values:
            example = "per_page" if other == "size_param" else "100"
            _miss(keys, f"`pages` has `{one}` and no `{other}`", f"write `{other}: {example}`")
    first = keys.count("first")
    return Paging(
        by=by,
        where=keys.text(by) if in_body else "",
        more=keys.text("more"),
        parameter=parameter,
        size_parameter=keys.text("size_param"),
        size=size,
        first=1 if first is None else first,
    )


def _miss(keys: Fields, what: str, fix: str) -> None:
    keys.findings.add(
        "PRJ041",
        keys.where(""),
        what=what,
        why="the parameter and what it carries go together",
        fix=fix,
    )
