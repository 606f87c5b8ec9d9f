"""Random queries for the proofs of slicing: some distribute over days, many do not."""

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
UNITS = ("hour", "day", "day", "day", "week", "month", "year", "quarter")
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
class Writer:
    """Writes one query; `rng` decides everything."""

    rng: random.Random
    ctes: dict[str, dict[str, str]] = field(default_factory=dict)
    aliases: int = 0

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def query(self, depth: int = 2) -> Query:
        """A whole query, with common table expressions before it."""
        parts = []
        if self.maybe(0.35):
            for _ in range(self.rng.randint(1, 2)):
                name = f"c{len(self.ctes)}"
                one = self.body(depth - 1)
                columns = one.columns
                head = name
                if self.maybe(0.15) and len(columns) > 1:
                    names = self.rng.sample(("d", "k", "a", "b", "e", "f", "g", "h"), len(columns))
                    columns = dict(zip(names, columns.values(), strict=True))
                    head = f"{name}({', '.join(names)})"
                parts.append(f"{head} as ({one.text})")
                self.ctes[name] = columns
        found = self.body(depth)
        text = f"with {', '.join(parts)} {found.text}" if parts else found.text
        return Query(text, found.columns)

    def body(self, depth: int) -> Query:
        """A select or a set operation."""
        if depth > 0 and self.maybe(0.18):
            return self.set_operation(depth)
        return self.select(depth)

    def set_operation(self, depth: int) -> Query:
        first = self.select(depth - 1)
        operator = self.rng.choice(
            (
                "union all",
                "union all",
                "union",
                "except",
                "intersect",
                "except all",
                "intersect all",
                "union all by name",
                "union by name",
            )
        )
        second = self.like(first, self.select(depth - 1))
        columns = dict(first.columns)
        if "by name" in operator:
            columns |= {name: one for name, one in second.columns.items() if name not in columns}
        return Query(f"({first.text}) {operator} ({second.text})", columns)

    def like(self, first: Query, second: Query) -> Query:
        """The second query with columns of the types that the first has."""
        if list(second.columns.values()) == list(first.columns.values()):
            return second
        names, items, columns = list(second.columns), [], {}
        for name, type_ in first.columns.items():
            fitting = [
                one
                for one in names
                if one not in columns
                and (second.columns[one] == type_ or {second.columns[one], type_} <= TIMES)
            ]
            item = self.rng.choice(fitting) if fitting else f"null::{type_}"
            if name in fitting and self.maybe(0.7):
                item = name
            item_name = item if fitting else f"{name}0"
            items.append(item if fitting else f"{item} as {item_name}")
            columns[item_name] = type_
        return Query(f"select {', '.join(items)} from ({second.text})", columns)

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
                (f"date_trunc('{self.rng.choice(UNITS)}', {column})::date", "DATE"),
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

    def select(self, depth: int) -> Query:
        """One select."""
        text, relations, where = self.source(depth)
        where += [self.condition(relations) for _ in range(self.rng.choice((0, 0, 1)))]
        condition = f" where {' and '.join(where)}" if where else ""
        if self.maybe(0.12):
            star = self.starred(relations)
            if star is not None:
                return Query(f"select {star.text} from {text}{condition}", star.columns)
        if self.maybe(0.38):
            return self.grouped(text, relations, condition)
        return self.plain(text, relations, condition)

    def starred(self, relations: Sequence[Relation]) -> Query | None:
        """A star over one relation."""
        one = relations[0]
        if not one.alias or (len(relations) > 1 and self.maybe(0.3)):
            return None
        star = "*" if len(relations) == 1 else f"{one.alias}.*"
        columns = dict(one.columns)
        if "k" in columns and self.maybe(0.3):
            star += " exclude (k)"
            columns.pop("k")
        if "d" in columns and self.maybe(0.3):
            time, type_ = self.time([one])
            star += f" replace ({time} as d)"
            columns["d"] = type_
        elif "d" in columns and self.maybe(0.2) and "e" not in columns:
            star += " rename (d as e)"
            columns = {"e" if name == "d" else name: kind for name, kind in columns.items()}
        return Query(star, columns)

    def items(self, relations: Sequence[Relation], count: int) -> list[tuple[str, str, str]]:
        """Expressions with their names and types; one of them, as a rule, is the time."""
        found: list[tuple[str, str, str]] = []
        names = ["d", "k", "x", "e", "f", "ts", "y", "z"]
        for at in range(count):
            if at == 0 and self.maybe(0.9):
                text, type_ = self.time(relations)
                name = "d" if self.maybe(0.9) else self.rng.choice(names)
            elif self.maybe(0.25):
                text, type_ = self.time(relations)
                name = self.rng.choice(names)
            else:
                text, type_ = self.number(relations), INTEGER
                name = "k" if self.maybe(0.4) else self.rng.choice(names)
            if name in [one[1] for one in found]:
                continue
            found.append((text, name, type_))
        if self.maybe(0.5):
            self.rng.shuffle(found)
        return found

    def written(self, text: str, name: str) -> str:
        if text == name and self.maybe(0.7):
            return text
        return f"{text} as {name}"

    def plain(self, text: str, relations: Sequence[Relation], condition: str) -> Query:
        items = self.items(relations, self.rng.randint(1, 4))
        columns = {name: type_ for _, name, type_ in items}
        written = [self.written(one, name) for one, name, _ in items]
        tail = ""
        if self.maybe(0.3):
            window = self.window(relations, items)
            written.append(f"{window} as wn")
            columns["wn"] = INTEGER
            if self.maybe(0.3):
                tail += f" qualify {self.rng.choice((window, 'wn'))} = 1"
        elif self.maybe(0.12):
            tail += f" window g as ({self.partition(relations, items)}) "
            inner = self.rng.choice(("g", "(g order by 1)"))
            written.append(f"count(*) over {inner} as wn")
            columns["wn"] = INTEGER
        if self.maybe(0.1):
            number = self.number(relations)
            table = self.rng.choice(list(TABLES))
            written.append(
                self.rng.choice(
                    (
                        f"(select sum({number}) from {table} i where i.k = 1) as sq",
                        f"(select count(*) from {table} i where i.k = {number}) as sq",
                        f"(select max(i.k + {number}) from {table} i) as sq",
                    )
                )
            )
            columns["sq"] = INTEGER
        lists = self.column(relations, ("INTEGER[]",))
        if lists and self.maybe(0.15):
            written.append(f"unnest({lists}) as un")
            columns["un"] = INTEGER
        head = ""
        if self.maybe(0.12):
            head = "distinct "
        elif self.maybe(0.05):
            # Only what is compared may be shown: of the rest, any row would do.
            head = f"distinct on ({', '.join(one for one, _, _ in items)}) "
            written = written[: len(items)]
            columns = {name: type_ for _, name, type_ in items}
            tail = ""
        if self.maybe(0.06):
            tail += f" order by all limit {self.rng.randint(1, 4)}"
            tail += self.rng.choice(("", "", " offset 1"))
        elif self.maybe(0.1):
            tail += " order by 1"
        return Query(f"select {head}{', '.join(written)} from {text}{condition}{tail}", columns)

    def partition(
        self, relations: Sequence[Relation], items: Sequence[tuple[str, str, str]]
    ) -> str:
        choices = [one for one, _, _ in items] + [name for _, name, _ in items]
        choices += [self.time(relations)[0], self.number(relations), self.time(relations)[0]]
        count = self.rng.choice((0, 1, 1, 1, 2))
        return f"partition by {', '.join(self.rng.sample(choices, count))}" if count else ""

    def window(self, relations: Sequence[Relation], items: Sequence[tuple[str, str, str]]) -> str:
        number, order = self.number(relations), self.number(relations)
        call = self.rng.choice(
            (f"sum({number})", "count(*)", f"max({number})", "rank()", "dense_rank()")
        )
        ordered = f" order by {order}" if "rank" in call or self.maybe(0.3) else ""
        return f"{call} over ({self.partition(relations, items)}{ordered})"

    def grouped(self, text: str, relations: Sequence[Relation], condition: str) -> Query:
        items = self.items(relations, self.rng.randint(0, 3))
        number = self.number(relations)
        call = self.rng.choice(
            (
                f"sum({number})",
                "count(*)",
                f"min({number})",
                f"count(distinct {number})",
                f"sum({number}) filter (where {self.number(relations)} > 1)",
            )
        )
        written = [self.written(one, name) for one, name, _ in items]
        columns = {name: type_ for _, name, type_ in items}
        name = self.rng.choice(("n", "n", "x", "y"))
        if name not in columns:
            columns[name] = INTEGER
            written.append(f"{call} as {name}")
        if self.maybe(0.15):
            time = self.column(relations, tuple(TIMES))
            if time and "m" not in columns:
                written.append(f"max({time}) as m")
                columns["m"] = "DATE"
        if not written:
            written, columns = ["count(*) as n"], {"n": INTEGER}
        keys = [
            self.rng.choice((one, one, name, str(at + 1)))
            for at, (one, name, _) in enumerate(items)
        ]
        if self.maybe(0.15):
            keys.append(self.rng.choice((self.time(relations)[0], self.number(relations))))
        form = self.rng.choice(
            ("keys", "keys", "keys", "all", "all", "rollup", "sets", "mixed", "")
        )
        if form == "all":
            group = " group by all"
        elif not keys or not form:
            group = ""
        elif form == "keys":
            group = f" group by {', '.join(keys)}"
        elif form == "rollup":
            group = f" group by {self.rng.choice(('rollup', 'cube'))} ({', '.join(keys)})"
        elif form == "mixed":
            first, *rest = keys
            group = f" group by {first}, rollup ({', '.join(rest or [first])})"
        else:
            first, *rest = keys
            sets = [f"({', '.join([first, *rest])})", f"({first})"]
            if self.maybe(0.3):
                sets.append("()")
            group = f" group by grouping sets ({', '.join(sets)})"
        tail = " having count(*) > 1" if self.maybe(0.15) else ""
        if group and items and self.maybe(0.12):
            name = items[0][0]
            written.append(f"count(*) over (partition by {name}) as wn")
            columns["wn"] = INTEGER
        head = "distinct " if self.maybe(0.06) else ""
        return Query(
            f"select {head}{', '.join(written)} from {text}{condition}{group}{tail}", columns
        )
