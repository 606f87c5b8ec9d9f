"""SQL by which values are held to declared types: casts, values that do not fit, values that are there.

Values come as text (delimited files), as JSON (documents), or in the types of their file (Parquet).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from andon.acquisition.columns.changes import is_wider
from andon.acquisition.columns.shape import LIST, STRUCT, inner, steps_of
from andon.reading.delimited.notation import usual
from andon.reading.delimited.queries import INTEGERS, is_whole, misfit_of
from andon.reading.documents import queries as json_queries
from andon.reading.quoting import literal
from andon.spec.source import CsvDialect

Form = Literal["text", "json", "typed"]
_TEXTS = ("VARCHAR", "TEXT", "STRING")


class Held(Struct, frozen=True, kw_only=True):
    """One value as SQL: cast to its type, and whether it does not fit; "" is never."""

    value: str
    misfit: str = ""


def hold(
    form: Form,
    value: str,
    own: str,
    kind: str,
    dialect: CsvDialect,
    *,
    declared: str | None,
) -> Held:
    """A value as it is in the table, and whether it fits what was declared.

    Args:
        form: how it comes; own: its type in a Parquet file; kind: its type in the table.
        dialect: how text writes numbers, dates and nulls.
        declared: its declared type, to which fields may have been added; None was found, and holds
            every value.
    """
    match form:
        case "text":
            return _hold_text(value, kind, dialect)
        case "json":
            return _hold_json(value, kind, declared)
        case "typed":
            return _hold_typed(value, own, kind, declared or kind)


def is_there(form: Form, column: str, path: str) -> str:
    """Whether there is a value at a path of a row, within a column given as SQL."""
    steps = steps_of(path)[1:]
    if not steps:
        if form != "json":
            return f"{column} is not null"
        return f"coalesce(json_type({column}), 'NULL') <> 'NULL'"
    return _any(_as_json(form, column), steps, _is_value)


def has_more(form: Form, value: str, own: str, declared: str) -> str:
    """Whether a value has fields that its declared type has not, where its own type does not tell them.

    Args:
        own: type that was found; "" is never.
    """
    if form == "text":
        return ""
    tests = [
        _any(_as_json(form, value), steps, _OtherKeys(names))
        for steps, names in _untold(own, declared, [])
    ]
    return f"({' or '.join(tests)})" if tests else ""


class _OtherKeys(Struct, frozen=True):
    """Whether a JSON value has keys beside some."""

    names: tuple[str, ...]

    def __call__(self, value: str) -> str:
        return f"coalesce(len(list_filter(json_keys({value}), lambda k: k not in ({', '.join(literal(name) for name in self.names)}))), 0) > 0"


def _untold(
    own: str, declared: str, steps: list[str]
) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """Paths and declared names of objects whose fields were not told, since what was found is JSON."""
    (found, others), (what, fields) = inner(own), inner(declared)
    if what not in (STRUCT, LIST) or (found != what and own != "JSON"):
        return
    if own == "JSON" and what == STRUCT:
        yield steps, tuple(name for name, _ in fields)
    known = {name.casefold(): kind for name, kind in others}
    for name, kind in fields:
        if below_it := "JSON" if own == "JSON" else known.get(name.casefold()):
            yield from _untold(below_it, kind, [*steps, name])


def _as_json(form: Form, value: str) -> str:
    return f"to_json({value})" if form == "typed" else value


def _hold_text(value: str, kind: str, dialect: CsvDialect) -> Held:
    if kind.upper() in _TEXTS:
        return Held(value=value)
    plain = usual(value, dialect)
    misfit = misfit_of(plain, kind, dialect.nulls)
    return Held(
        value=f"case when {misfit} then null else try_cast({plain} as {kind}) end", misfit=misfit
    )


def _hold_json(value: str, kind: str, declared: str | None) -> Held:
    if declared is None:
        return Held(value=value)
    cast = json_queries.cast(value, kind)
    if kind.upper() in (*_TEXTS, "JSON"):
        return Held(value=cast)
    if inner(declared)[0] in (STRUCT, LIST):
        tests = [_any(value, steps, test) for steps, test in _tests(declared, [])]
        return Held(value=cast, misfit=f"({' or '.join(tests)})")
    misfit = _unfit_leaf(value, kind)
    return Held(value=f"case when {misfit} then null else {cast} end", misfit=misfit)


def _hold_typed(value: str, own: str, kind: str, declared: str) -> Held:
    is_nested = inner(kind)[0] in (STRUCT, LIST) or inner(own)[0] in (STRUCT, LIST)
    if own == kind:
        return Held(value=f"cast({value} as {kind})")
    if is_wider(own, kind):
        # Of moments the wider type is the finer one, which does not reach as far.
        if "TIMESTAMP" not in kind:
            return Held(value=f"cast({value} as {kind})")
        if not is_nested:
            cast = f"try_cast({value} as {kind})"
            return Held(value=cast, misfit=f"({value} is not null and {cast} is null)")
    if is_nested:
        return _hold_json(f"to_json({value})", kind, declared)
    if kind.upper() in _TEXTS:
        return Held(value=f"cast({value} as {kind})")
    if own == "VARCHAR":
        return _hold_text(value, kind, CsvDialect(nulls=()))
    cast = f"try_cast({value} as {kind})"
    # What does not come back as it was has lost something: a fraction, digits, the time of day.
    back = f"try_cast({cast} as {own})"
    misfit = f"({value} is not null and ({cast} is null or {back} is distinct from {value}))"
    return Held(value=f"case when {misfit} then null else {cast} end", misfit=misfit)


class _Test(Struct, frozen=True):
    """What is wrong of a JSON value: it is no list, no object or has a name twice, or does not fit."""

    kind: str

    def __call__(self, value: str) -> str:
        if self.kind in (STRUCT, LIST):
            word = "OBJECT" if self.kind == STRUCT else "ARRAY"
            test = f"coalesce(json_type({value}), 'NULL') not in ('NULL', '{word}')"
            if self.kind == LIST:
                return test
            keys = f"json_keys({value})"
            return f"({test} or coalesce(len({keys}) <> len(list_distinct({keys})), false))"
        return _unfit_leaf(value, self.kind)


def _tests(kind: str, steps: list[str]) -> Iterator[tuple[list[str], _Test]]:
    """What has to hold at every path of a nested type."""
    what, fields = inner(kind)
    if what in (STRUCT, LIST):
        yield steps, _Test(what)
        for name, part in fields:
            yield from _tests(part, [*steps, name])
    elif what.upper() not in (*_TEXTS, "JSON"):
        yield steps, _Test(what)


def _unfit_leaf(value: str, kind: str) -> str:
    """Whether a JSON value is there and does not fit a type."""
    cast = json_queries.cast(value, kind)
    text = f"({value} ->> '$')"
    whole = f" or not {is_whole(text)}" if kind.upper() in INTEGERS else ""
    return f"(coalesce(json_type({value}), 'NULL') <> 'NULL' and ({cast} is null{whole}))"


def _is_value(value: str) -> str:
    return f"coalesce(json_type({value}), 'NULL') <> 'NULL'"


def _any(value: str, steps: list[str], test: object) -> str:
    """Whether a test holds for the value at a path, or for any of them below lists."""
    assert callable(test)
    if not steps:
        return str(test(value))
    parts = ("[*]" if not step else '."{}"'.format(step.replace('"', '\\"')) for step in steps)
    found = f"json_extract({value}, {literal('$' + ''.join(parts))})"
    if "" not in steps:
        return str(test(found))
    return f"coalesce(len(list_filter({found}, lambda x: {test('x')})), 0) > 0"
