"""Random queries for the proofs of slicing: some distribute over days, many do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.property.slicing_sources import INTEGER, TABLES, TIMES, Query, Relation, Sources


@dataclass(slots=True)
class Writer(Sources):
    """Writes one query."""

    def query(self, depth: int = 2) -> Query:
        """A whole query, with common table expressions before it."""
        parts = []
        if self.maybe(0.35):
            for _ in range(self.rng.randint(1, 2)):
                name = f"c{len(self.ctes)}"
                one = self.body(depth - 1)
                columns = one.columns
                head = name
                if self.maybe(0.15) and 1 < len(columns) <= 8:
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
                *("union all", "union all", "union all by name", "union", "union", "union by name"),
                *("except", "except", "intersect", "except all", "intersect all"),
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
                        f"(select max({number})) as sq",
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
