"""FROM clauses and expressions of random queries."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

TABLES = {
    "t": {"d": "DATE", "ts": "TIMESTAMP", "k": "INTEGER", "x": "INTEGER", "l": "INTEGER[]"},
    "u": {"d": "DATE", "k": "INTEGER", "y": "INTEGER"},
    "s.w": {"k": "INTEGER", "d": "DATE", "z": "INTEGER", "tz": "TIMESTAMP WITH TIME ZONE"},
}
TIMES = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
UNITS = ("hour", "day", "day", "week", "month", "month", "year", "quarter")
INTEGER = "INTEGER"


@dataclass(slots=True)
class Relation:
    """Text for FROM, and the columns that may be named with or without the alias."""

    text: str
    alias: str
    columns: dict[str, str]


@dataclass(slots=True)
class Query:
    """Text of a select, and its columns in order."""

    text: str
    columns: dict[str, str]


@dataclass(slots=True)
class Sources:
    """Writes what queries read, and expressions over it; `rng` decides everything."""

    rng: random.Random
    ctes: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: int = 0

    def body(self, depth: int) -> Query:
        """A select or a set operation."""
        raise NotImplementedError

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def relation(self, depth: int) -> Relation:
        """One relation: an input, a common table expression, a subquery."""
        self.aliases += 1
        alias = self.rng.choice("abpq") + str(self.aliases)
        if self.ctes and self.maybe(0.45):
            name = self.rng.choice(list(self.ctes))
            return Relation(f"{name} as {alias}", alias, self.ctes[name])
        if depth > 0 and self.maybe(0.3):
            one = self.body(depth - 1)
            return Relation(f"({one.text}) as {alias}", alias, one.columns)
        name = self.rng.choice(("t", "t", "t", "u", "u", "s.w"))
        if self.maybe(0.15):
            return Relation(name, name.rpartition(".")[2], TABLES[name])
        return Relation(f"{name} {alias}", alias, TABLES[name])

    def column(self, relations: Sequence[Relation], types: Sequence[str] = ()) -> str | None:
        """A column of some of the types, qualified or not."""
        found = [
            (one.alias, name)
            for one in relations
            for name, type_ in one.columns.items()
            if not types or type_ in types
        ]
        if not found:
            return None
        alias, name = self.rng.choice(found)
        names = [one for relation in relations for one in relation.columns]
        if names.count(name) == 1 and self.maybe(0.6):
            return self.rng.choice((name, name, name.upper(), f'"{name}"'))
        return f"{alias}.{name}" if alias else name

    def time(self, relations: Sequence[Relation]) -> tuple[str, str]:
        """An expression that gives a time, and its type."""
        column = self.column(relations, tuple(TIMES))
        if column is None:
            return "date '2024-01-01'", "DATE"
        name = column.rpartition(".")[2].strip('"').lower()
        type_ = next(
            one.columns[name]
            for one in relations
            if name in one.columns and (column.startswith(f"{one.alias}.") or "." not in column)
        )
        other = self.column(relations, (type_,)) or column
        return self.rng.choice(
            [
                *((column, type_) for _ in range(8)),
                *((f"{column}::date", "DATE") for _ in range(2)),
                (f"cast({column} as timestamp)", "TIMESTAMP"),
                (f"try_cast({column} as timestamptz)", "TIMESTAMP WITH TIME ZONE"),
                (f"date({column})", "DATE"),
                (f"date_trunc('{self.rng.choice(UNITS)}', {column})::timestamp", "TIMESTAMP"),
                *(
                    (f"date_trunc('{self.rng.choice(UNITS)}', {column})::date", "DATE")
                    for _ in range(4)
                ),
                (f"coalesce({column}, {other})", type_),
                (f"coalesce({column}, {other})", type_),
                (f"coalesce({column}, date '2024-01-02')", type_),
                (f"({column} + interval 1 day)::date", "DATE"),
                (f"case when {column} is null then null else {other} end", type_),
                (f"greatest({column}, {other})", type_),
            ]
        )

    def number(self, relations: Sequence[Relation]) -> str:
        one = self.column(relations, (INTEGER,)) or "1"
        other = self.column(relations, (INTEGER,)) or "2"
        return self.rng.choice(
            (
                one,
                one,
                one,
                one,
                f"{one} + {other}",
                f"coalesce({one}, {other})",
                f"abs({one})",
                f"nullif({one}, 1)",
                f"case when {one} > 1 then {other} end",
                "7",
            )
        )

    def condition(self, relations: Sequence[Relation]) -> str:
        """A condition on one row."""
        time, _ = self.time(relations)
        number, other = self.number(relations), self.number(relations)
        table = self.rng.choice(list(TABLES))
        inner = f"i{self.rng.randint(0, 9)}"
        return self.rng.choice(
            (
                f"{number} > 1",
                f"{number} = {other}",
                f"{time} is not null",
                f"{time} >= date '2024-01-02'",
                f"{number} is null or {other} < 3",
                f"{number} in (select k from {table})",
                f"exists (select 1 from {table} {inner} where {inner}.k = {number})",
                f"{number} >= (select min(k) from {table})",
                f"{number} not in (select k from {table} where k is not null)",
            )
        )

    def equality(self, left: Sequence[Relation], right: Relation) -> str:
        """What may hold two relations equal."""
        both = [
            (one.alias, name, other)
            for one in left
            for name, type_ in one.columns.items()
            for other, kind in right.columns.items()
            if (type_ in TIMES) == (kind in TIMES) and "[]" not in type_ + kind
        ]
        times = [one for one in both if right.columns[one[2]] in TIMES]
        if not both:
            return "true"
        alias, name, other = self.rng.choice(times if times and self.maybe(0.6) else both)
        sign = self.rng.choice(("=", "=", "=", "=", "is not distinct from", ">="))
        one, two = f"{alias}.{name}", f"{right.alias}.{other}"
        if right.columns[other] in TIMES and self.maybe(0.3):
            one, two = f"{one}::date", f"{two}::date"
            if self.maybe(0.2):
                two = f"{two} + 1"
        return f"{one} {sign} {two}" if self.maybe(0.7) else f"{two} = {one}"

    def source(self, depth: int) -> tuple[str, list[Relation], list[str]]:
        """A FROM clause, its relations, and conditions left for WHERE."""
        first = self.relation(depth)
        text, found, left_over = first.text, [first], []
        for _ in range(self.rng.choice((0, 0, 0, 1, 1, 1, 2))):
            other = self.relation(depth - 1)
            is_alone = len(found) == 1
            shared = [
                name
                for name in other.columns
                if is_alone and name in found[0].columns and "[]" not in other.columns[name]
            ]
            kind = self.rng.choice(
                (
                    "join",
                    "join",
                    "left join",
                    "left join",
                    "right join",
                    "full join",
                    "semi join",
                    "anti join",
                    ",",
                    "cross join",
                    "asof join",
                    "positional join",
                    "lateral",
                )
            )
            on = self.equality(found, other)
            for _ in range(self.rng.choice((0, 0, 1))):
                on += f" and {self.equality(found, other)}"
            if kind == "lateral":
                lists = self.column(found, ("INTEGER[]",))
                alias = f"n{self.aliases}"
                if lists is None or self.maybe(0.5):
                    number = self.number(found)
                    text += f", lateral (select {number} + 1 as v) as {alias}"
                else:
                    text += f", unnest({lists}) as {alias}(v)"
                found.append(Relation("", alias, {"v": INTEGER}))
                continue
            if kind in {",", "cross join"}:
                text += f"{kind} {other.text}" if kind == "," else f" cross join {other.text}"
                if self.maybe(0.8):
                    left_over.append(on)
            elif kind == "positional join":
                text += f" {kind} {other.text}"
            elif kind == "asof join":
                text += f" {kind} {other.text} on {on} and {found[0].alias}.d >= {other.alias}.d"
            elif (
                shared and self.maybe(0.4) and kind.split()[0] in {"join", "left", "right", "full"}
            ):
                using = self.rng.sample(shared, self.rng.randint(1, min(2, len(shared))))
                text += f" {kind} {other.text} using ({', '.join(using)})"
                merged = dict.fromkeys(using, "")
                for name in using:
                    merged[name] = found[0].columns[name]
                if any(other.columns[name] != merged[name] for name in using):
                    merged = {}
                found = [
                    Relation(
                        "", one.alias, {n: c for n, c in one.columns.items() if n not in using}
                    )
                    for one in (*found, other)
                ]
                # Bare names only: they mean the merged column.
                found.append(Relation("", "", merged))
                return text, found, left_over
            else:
                text += f" {kind} {other.text} on {on}"
            if kind not in {"semi join", "anti join"}:
                found.append(other)
        return text, found, left_over
