"""Rules of a data contract: those that are held to as checks of the table, and names of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from andon.project.fields import Fields, where_of
from andon.project.yaml import MapNode, Node, Plain, Scalar, ScalarNode, plain
from andon.spec import declare
from andon.spec.check import Check, NotNull, RowCount, Unique, kind_of, label_of
from andon.spec.policy import ColumnRule

_TELLS_NO_RULE = frozenset({"timezone", "defaultTimezone"})
_TELLS_WHY = frozenset(
    """
    id name description dimension businessImpact tags type unit method schedule scheduler
    authoritativeDefinitions customProperties
    """.split()
)
_BOUNDS = {"mustBeGreaterThan": ("min", 1), "mustBeGreaterOrEqualTo": ("min", 0)}
_BOUNDS |= {"mustBeLessThan": ("max", -1), "mustBeLessOrEqualTo": ("max", 0)}
_OF_PARTS = ("required", "unique", "primaryKey", "enum", "quality", "relationships")


class Rules(Struct, frozen=True, kw_only=True):
    """Rules of a table.

    Attributes:
        checks: what is held to; rows that break a rule of single rows are set aside, others stop.
        unheld: what is not, in words.
    """

    checks: tuple[Check, ...] = ()
    unheld: tuple[str, ...] = ()


class RuleReader:
    """Reads the rules of one object of a contract."""

    def __init__(self) -> None:
        self._checks: list[Check] = []
        self._unheld: list[str] = []
        self._key: list[tuple[int, str, Fields]] = []

    def column(self, fields: Fields, name: str) -> None:
        """Take the rules of a property that is a column."""
        if fields.boolean("required"):
            self._hold(fields, "required", lambda: declare.not_null(name, on_fail="quarantine"))
        if fields.boolean("unique"):
            self._hold(fields, "unique", lambda: declare.unique(name))
        if fields.boolean("primaryKey"):
            self._key.append((fields.count("primaryKeyPosition") or 0, name, fields))
        if "enum" in fields.values:
            words = [_value(item) for item in fields.items("enum", "[{value: open}]")]
            self._accepted(fields, "enum", name, words)
        self._options(fields, name)
        for entry in fields.items("quality", "[]"):
            words_of = _valid_values(entry)
            if words_of is None:
                self._unheld.append(f"{_entry(entry)} of `{name}`")
            else:
                self._accepted(fields, "quality", name, words_of)
        if "relationships" in fields.values:
            self._unheld.append(f"`relationships` of `{name}`")

    def part(self, fields: Fields, path: str) -> None:
        """Take the rules of a field within a column: they are not held to."""
        said = [word for word in _OF_PARTS if _says(fields.values.get(word))]
        said += [word for word, _, _ in _entries(fields, "logicalTypeOptions")]
        self._unheld += [f"`{word}` of `{path}`" for word in said if word not in _TELLS_NO_RULE]

    def finish(self, owner: Fields) -> Rules:
        """All rules, those of the object itself among them."""
        if self._key:
            key = sorted(self._key, key=lambda part: part[0])
            names = [name for _, name, _ in key]
            self._hold(key[0][2], "primaryKey", lambda: declare.unique(*names))
        for entry in owner.items("quality", "[]"):
            found = _row_count(entry)
            if found is None:
                self._unheld.append(_entry(entry))
            else:
                self._checks.append(replace(found, where=where_of(owner.file, entry)))
        if "relationships" in owner.values:
            self._unheld.append("`relationships`")
        return Rules(checks=tuple(dict.fromkeys(self._checks)), unheld=tuple(self._unheld))

    def _options(self, fields: Fields, name: str) -> None:
        found = {word: value for word, _, value in _entries(fields, "logicalTypeOptions")}
        ends = {word: found.pop(word) for word in ("minimum", "maximum") if word in found}
        if ends:
            low, high = (_scalar(ends.get(word)) for word in ("minimum", "maximum"))
            self._hold(
                fields,
                "logicalTypeOptions",
                lambda: declare.in_range(name, low, high, on_fail="quarantine"),
            )
        self._unheld += [f"`{word}` of `{name}`" for word in found if word not in _TELLS_NO_RULE]

    def _accepted(self, fields: Fields, word: str, name: str, values: Sequence[Plain]) -> None:
        listed = [value for value in values if not isinstance(value, list | dict)]
        if len(listed) < len(values):
            fields.wrong(fields.values[word], word, "a list of plain values", "[open, paid]")
            return
        self._hold(fields, word, lambda: declare.accepted(name, listed, on_fail="quarantine"))

    def _hold(self, fields: Fields, word: str, make: Callable[[], declare.Checks]) -> None:
        node = fields.values[word]
        made = fields.try_make(node, make)
        found = made if isinstance(made, tuple) else () if made is None else (made,)
        where = where_of(fields.file, node)
        self._checks += [replace(check, where=where) for check in found]


def promised(
    rules: Rules, own: Sequence[Check], written: Sequence[ColumnRule], path: str, owner: str
) -> tuple[Check, ...]:
    """The checks that a contract adds to those of a table.

    A check of the author that is of the same kind and about the same columns wins; a column that
    by what is written beside the contract need not be there may be null.

    Args:
        path: of the contract, by which people know the check; owner: who should hear of a failure.
    """
    taken = {_about(check) for check in own}
    optional = {rule.name.casefold() for rule in written if rule.required is False}
    return tuple(
        replace(check, name=f"{label_of(check)} ({path})", heard_by=owner)
        for check in rules.checks
        if _about(check) not in taken
        and not (isinstance(check, NotNull) and check.column.casefold() in optional)
    )


def _about(check: Check) -> tuple[str, tuple[str, ...]]:
    """Kind of a check, and its columns."""
    match check:
        case Unique(columns=columns):
            return "unique", tuple(sorted(column.casefold() for column in columns))
        case _:
            column = getattr(check, "column", "")
            return kind_of(check), (column.casefold(),)


def _entries(fields: Fields, name: str) -> Iterator[tuple[str, ScalarNode, Node]]:
    return iter(fields.mapping(name, "{minimum: 0}") or MapNode((), 1, 1))


def _says(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, ScalarNode) and node.value is False)


def _value(node: Node) -> Plain:
    """The value of an entry of `enum`."""
    found = plain(node)
    return found.get("value", found) if isinstance(found, dict) else found


def _scalar(node: Node | None) -> Scalar:
    return node.value if isinstance(node, ScalarNode) else None


def _valid_values(entry: Node) -> Sequence[Plain] | None:
    """The values of a rule that says that there are no others; None of other rules."""
    rule = plain(entry)
    if not isinstance(rule, dict) or rule.get("metric") != "invalidValues":
        return None
    arguments = rule.get("arguments")
    if not isinstance(arguments, dict) or set(arguments) != {"validValues"}:
        return None
    is_none = rule.get("mustBe") == 0 and not isinstance(rule["mustBe"], bool)
    if not is_none or not set(rule) <= _TELLS_WHY | {"metric", "arguments", "mustBe"}:
        return None
    words = arguments["validValues"]
    return words if isinstance(words, list) and words else None


def _row_count(entry: Node) -> RowCount | None:
    """A rule about the number of rows; None of other rules."""
    rule = plain(entry)
    if not isinstance(rule, dict) or rule.get("metric") != "rowCount":
        return None
    said = set(rule) - _TELLS_WHY - {"metric"}
    if len(said) != 1 or not said <= set(_BOUNDS) or rule.get("unit", "rows") != "rows":
        return None
    (word,) = said
    end, step = _BOUNDS[word]
    number = rule[word]
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    bound = number + step
    return RowCount(min=bound) if end == "min" else RowCount(max=bound)


def _entry(entry: Node) -> str:
    """A rule of quality by its metric or type."""
    rule = plain(entry)
    of = rule.get("metric", rule.get("rule", rule.get("type"))) if isinstance(rule, dict) else None
    return f"`quality` ({of})" if isinstance(of, str) else "`quality`"
