"""Checks as they are written in YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from andon.errors import ProjectInvalid
from andon.names import did_you_mean
from andon.project.conditions import judge_conditions
from andon.project.fields import Fields, where_of
from andon.project.text import Findings, TextFile
from andon.project.yaml import ListNode, MapNode, Node, Plain, ScalarNode, plain
from andon.spec import declare
from andon.spec.check import Check

SIBLINGS = ("on_fail", "tolerance", "name")
WHOLE = ("row_count", "reconcile", "freshness")
_Options = dict[str, str | int]
_Made = list[Check]


class CheckReader:
    """Reads the entries of one `checks:` list."""

    def __init__(self, file: TextFile, findings: Findings, *, is_view: bool) -> None:
        self._file, self._findings, self._is_view = file, findings, is_view

    def read(self, entries: Iterable[Node]) -> tuple[Check, ...]:
        """All checks of the entries that are right; the problems of the others are noted."""
        checks = tuple(check for entry in entries for check in self._entry(entry))
        judge_conditions(checks, self._findings)
        return checks

    def _entry(self, entry: Node) -> _Made:
        if not isinstance(entry, MapNode):
            return self._refuse(
                entry, "PRJ029", "a check is a mapping", "write `- not_null: column`"
            )
        kinds = [(name, key, value) for name, key, value in entry if name not in SIBLINGS]
        for name, key, _ in kinds:
            if name not in READERS:
                known = (*READERS, *SIBLINGS)
                fix = did_you_mean(
                    name, known, "use one of " + ", ".join(f"`{k}`" for k in READERS)
                )
                return self._refuse(key, "PRJ004", f"unknown check `{name}`", fix)
        if len(kinds) != 1:
            what = f"one entry declares {len(kinds)} checks"
            return self._refuse(entry, "PRJ029", what, "write each check as its own `- kind: ...`")
        name, key, value = kinds[0]
        options = self._options(entry)
        if options is None:
            return []
        if "tolerance" in options and name in WHOLE:
            what = f"check `{name}` has no `tolerance`"
            return self._refuse(
                key, "PRJ029", what, "remove it", "it does not count rows that fail"
            )
        made = self._make(name, value, options)
        where = where_of(self._file, key)
        for check in made:
            if self._is_view and check.on_fail == "quarantine":
                return self._refuse(
                    key,
                    "PRJ013",
                    f"check `{name}` cannot quarantine on a view",
                    "use `on_fail: stop`, or `materialize: table`",
                    "a view holds no rows of its own that could be set aside",
                )
        return [replace(check, where=where) for check in made]

    def _options(self, entry: MapNode) -> _Options | None:
        options: _Options = {}
        for name, key, value in entry:
            if name in SIBLINGS and isinstance(value, ScalarNode) and value.value is not None:
                options[name] = value.value  # type: ignore[assignment]  # judged by the builder
            elif name in SIBLINGS:
                self._refuse(
                    key, "PRJ029", f"`{name}` has no plain value", f"write `{name}: value`"
                )
                return None
        return options

    def _make(self, name: str, value: Node, options: _Options) -> _Made:
        made: _Made = []
        try:
            for node, build in READERS[name](value):
                try:
                    found = build(options)
                except ProjectInvalid as error:
                    self._findings.adopt(error, where_of(self._file, node))
                    continue
                made.extend(found if isinstance(found, tuple) else (found,))
        except _ShapeInvalid as error:
            return self._refuse(
                error.node, "PRJ029", f"check `{name}` {error.what}", f"write `{_EXAMPLES[name]}`"
            )
        if len(made) > 1 and options.get("name"):
            what = f"one name for {len(made)} checks"
            return self._refuse(value, "PRJ029", what, "write one entry per named check")
        return made

    def _refuse(
        self,
        node: Node,
        code: str,
        what: str,
        fix: str,
        why: str = "a check that is not understood cannot be judged",
    ) -> _Made:
        self._findings.add(code, where_of(self._file, node), what=what, why=why, fix=fix)
        return []


class _ShapeInvalid(Exception):
    def __init__(self, node: Node, what: str) -> None:
        super().__init__(what)
        self.node, self.what = node, what


_Builder = Callable[[_Options], declare.Checks]
_Builders = Iterable[tuple[Node, _Builder]]


def read_checks(fields: Fields, *, is_view: bool = False) -> tuple[Check, ...]:
    """The checks that the key `checks` of a declaration holds."""
    entries = fields.items("checks", "[not_null: id]")
    return CheckReader(fields.file, fields.findings, is_view=is_view).read(entries)


def _with(build: Callable[..., declare.Checks], *values: object, **named: object) -> _Builder:
    return lambda options: build(*values, **named, **options)


def _columns(node: Node) -> tuple[str, ...]:
    items = node.items if isinstance(node, ListNode) else (node,)
    return tuple(_word(item) for item in items)


def _word(node: Node) -> str:
    if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value:
        return node.value
    raise _ShapeInvalid(node, "needs a name here")


def _parts(node: Node, known: tuple[str, ...]) -> dict[str, Node]:
    if not isinstance(node, MapNode):
        raise _ShapeInvalid(node, "needs keys with values here")
    for name, key, _ in node:
        if name not in known:
            near = did_you_mean(name, known, "use " + ", ".join(f"`{word}`" for word in known))
            raise _ShapeInvalid(key, f"has the unknown key `{name}`; {near}")
    return {name: value for name, _, value in node}


def _by_column(node: Node) -> Iterable[tuple[str, ScalarNode, Node]]:
    if not isinstance(node, MapNode) or not node.entries:
        raise _ShapeInvalid(node, "needs `column: value` here")
    return node


def _not_null(node: Node) -> _Builders:
    yield node, _with(declare.not_null, *_columns(node))


def _unique(node: Node) -> _Builders:
    if not isinstance(node, MapNode):
        yield node, _with(declare.unique, *_columns(node))
        return
    parts = _parts(node, ("columns", "keep"))
    if "columns" not in parts:
        raise _ShapeInvalid(node, "needs `columns`")
    keep = _word(parts["keep"]) if "keep" in parts else None
    yield node, _with(declare.unique, *_columns(parts["columns"]), keep=keep)


def _accepted(node: Node) -> _Builders:
    for column, _, values in _by_column(node):
        if not isinstance(values, ListNode):
            raise _ShapeInvalid(values, "needs a list of values")
        yield values, _with(declare.accepted, column, plain(values))


def _range(node: Node) -> _Builders:
    for column, _, bounds in _by_column(node):
        if isinstance(bounds, ListNode):
            if len(bounds.items) != 2:
                raise _ShapeInvalid(bounds, "needs two bounds")
            low, high = (_scalar(item) for item in bounds.items)
        else:
            parts = _parts(bounds, ("min", "max"))
            low, high = (_scalar(parts[n]) if n in parts else None for n in ("min", "max"))
        yield bounds, _with(declare.in_range, column, low, high)


def _scalar(node: Node) -> Plain:
    if isinstance(node, ScalarNode):
        return node.value
    raise _ShapeInvalid(node, "needs a plain value here")


def _pattern(node: Node) -> _Builders:
    for column, _, regex in _by_column(node):
        yield regex, _with(declare.pattern, column, _scalar(regex))


def _expect(node: Node) -> _Builders:
    yield node, _with(declare.expect, _scalar(node))


def _relationship(node: Node) -> _Builders:
    if isinstance(node, MapNode) and any(name == "to" for name, _, _ in node):
        parts = _parts(node, ("columns", "to", "keys"))
        if len(parts) < 3:
            raise _ShapeInvalid(node, "needs `columns`, `to` and `keys`")
        yield (
            parts["to"],
            _with(
                declare.relationship,
                _columns(parts["columns"]),
                _word(parts["to"]),
                keys=_columns(parts["keys"]),
            ),
        )
        return
    for column, _, target in _by_column(node):
        yield target, _with(declare.relationship, column, _word(target))


def _row_count(node: Node) -> _Builders:
    parts = _parts(node, ("min", "max"))
    yield node, _with(declare.row_count, **{name: _scalar(part) for name, part in parts.items()})


def _reconcile(node: Node) -> _Builders:
    parts = _parts(node, ("to", "key", "completeness", "duplicates", "consistency"))
    if "to" not in parts:
        raise _ShapeInvalid(node, "needs `to`, the asset of the step before")
    options = {
        name: _scalar(parts[name])
        for name in ("completeness", "duplicates", "consistency")
        if name in parts
    }
    key = _columns(parts["key"]) if "key" in parts else ()
    yield parts["to"], _with(declare.reconcile, _word(parts["to"]), key, **options)


def _freshness(node: Node) -> _Builders:
    for column, _, age in _by_column(node):
        yield age, _with(declare.freshness, column, _scalar(age))


def _sql(node: Node) -> _Builders:
    yield node, _with(declare.sql_file, _scalar(node))


READERS: dict[str, Callable[[Node], _Builders]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted": _accepted,
    "range": _range,
    "pattern": _pattern,
    "expect": _expect,
    "relationship": _relationship,
    "row_count": _row_count,
    "reconcile": _reconcile,
    "freshness": _freshness,
    "sql": _sql,
}

_EXAMPLES = {
    "not_null": "not_null: [id, email]",
    "unique": "unique: [id, day]",
    "accepted": "accepted: {tier: [high, low]}",
    "range": "range: {amount: {min: 0}}",
    "pattern": "pattern: {code: '[A-Z]{3}'}",
    "expect": "expect: amount >= 0",
    "relationship": "relationship: {customer_id: staging.customers.id}",
    "row_count": "row_count: {min: 1}",
    "reconcile": "reconcile: {to: staging.orders, key: order_id, completeness: 99.9%}",
    "freshness": "freshness: {loaded_at: 2 days}",
    "sql": "sql: checks/name.sql",
}
