"""A world in which rows are set aside: assets kept in part beside twins that are built in full, and what
happens to their data, their checks and what they read."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from msgspec import Struct

from tests.factories import write_files, write_project

EVENTS = "seen,id,kind,a,b\n"
KINDS = ("a", "b", "c", "d")
SOURCES = """tables:
  ev: {path: data/*.csv, columns: {seen: TIMESTAMP, id: INTEGER, kind: VARCHAR, a: INTEGER, b: INTEGER}}
  kinds: {path: kinds.csv, columns: {kind: VARCHAR}}
"""
VALUES = (*("5::integer",) * 4, "5::bigint", "6.5::double", "7.25::decimal(9, 2)", "3::smallint")


class Kept(Struct, frozen=True):
    """How an asset is kept, its query, and the columns that its checks may look at."""

    how: str
    query: str
    columns: tuple[str, ...]
    numbers: tuple[str, ...]


def by(every: str) -> str:
    return f"interval: {{column: day, every: {every}}}"


ASSETS: Mapping[str, Kept] = {
    "rows": Kept(
        by("day"),
        "select seen::date as day, id, kind, x, y from via.u where x > 0",
        ("day", "id", "kind", "x", "y"),
        ("x", "y"),
    ),
    "types": Kept(
        by("week"),
        "select seen::date as day, typeof(x) as kind, x / 2 as x, y::varchar as t from via.u",
        ("day", "kind", "x", "t"),
        ("x",),
    ),
    "daily": Kept(
        by("day"),
        "select seen::date as day, kind, sum(x) as x, count(*) as n from via.u group by all",
        ("day", "kind", "x", "n"),
        ("x", "n"),
    ),
    "above": Kept(
        by("month"),
        "select day, kind, count(*) as n, max(x) as x from keep.rows group by all",
        ("day", "kind", "n", "x"),
        ("n", "x"),
    ),
    "back": Kept(
        "interval: {column: day, every: day, lookback: 2, inputs: {keep.daily: day}}",
        """select day, kind, n, sum(x) over (partition by kind order by day
        range between interval 2 days preceding and current row) as x from keep.daily""",
        ("day", "kind", "n", "x"),
        ("n", "x"),
    ),
    "star": Kept(by("day"), "select *, seen::date as day from via.u", ("id", "x", "y"), ("x", "y")),
    "totals": Kept(
        "key: id",
        "select id, count(*) as n, max(x) as x, min(y) as y from via.u group by all",
        ("id", "n", "x", "y"),
        ("n", "x", "y"),
    ),
    "many": Kept(
        "key: kind\nstrategy: delete+insert",
        "select kind, id, x, y, rank() over (partition by kind order by x, y) as r from via.u",
        ("kind", "id", "x", "y", "r"),
        ("x", "y", "r"),
    ),
    "copied": Kept(
        "strategy: append",
        "select seen, id, kind, a as x, b as y from raw.ev where a > 0",
        ("seen", "id", "kind", "x", "y"),
        ("x", "y"),
    ),
    "landed": Kept(
        by("day"),
        "select seen::date as day, id, v::varchar as t, length(v::varchar) as x from files.pq",
        ("day", "id", "t", "x"),
        ("x",),
    ),
    "latest": Kept(
        "key: id",
        "select id, max(v)::varchar as t, max(v) as x from files.pq group by all",
        ("id", "t", "x"),
        ("x",),
    ),
}


@dataclass(slots=True)
class Via:
    """The step between the source and most assets."""

    names: list[str] = field(default_factory=lambda: ["x", "y"])
    types: dict[str, str] = field(default_factory=lambda: {"a": "", "b": ""})
    places: list[int] = field(default_factory=lambda: [0, 1, 2, 3])
    seen: str = "seen"
    more: str = ""
    head: str = ""

    @property
    def text(self) -> str:
        one, two = self.names
        a, b = self.types["a"], self.types["b"]
        columns = [f"a{a} as {one}", f"b{b} as {two}", "id", "kind"]
        shown = ", ".join(columns[place] for place in self.places)
        return f"{self.head}select {self.seen}, {shown}{self.more} from raw.ev\n"


class World:
    """Files of the outside world, and what the assets and checks say."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.files: dict[str, list[str]] = {"e000": [self._row() for _ in range(12)]}
        self.kinds: Sequence[str] = KINDS[:3]
        self.via = Via()
        self.checks = {name: self._checks(kept) for name, kept in ASSETS.items()}
        self.landed = 0
        write_project(
            folder,
            {"sources/raw.yml": SOURCES, "sources/files.yml": self._landed_source("")},
        )
        self._land()

    def write(self) -> None:
        files = {f"data/{name}.csv": EVENTS + "".join(rows) for name, rows in self.files.items()}
        files["kinds.csv"] = "kind\n" + "".join(f"{kind}\n" for kind in self.kinds)
        files["assets/via/u.sql"] = self.via.text
        for name, kept in ASSETS.items():
            checks = self.checks[name]
            head = f"/* andon\nmaterialize: incremental\n{kept.how}\n{checks}*/\n"
            files[f"assets/keep/{name}.sql"] = f"{head}{kept.query}\n"
            full = f"/* andon\n{checks}*/\n{kept.query}\n"
            files[f"assets/full/{name}.sql"] = full.replace("keep.", "full.")
        write_files(self.folder, files)

    def step(self) -> str:
        """Something happens outside, in the code or in the checks."""
        rng = self.rng
        what = rng.choice(
            ("arrive", "arrive", "late", "gone", "kinds", *("via", "checks", "land") * 2, "type")
        )
        names = sorted(self.files)
        match what:
            case "arrive":
                self.files[f"e{len(names):03}"] = [self._row() for _ in range(rng.randint(1, 4))]
            case "late":
                self.files[rng.choice(names)].append(self._row())
            case "gone":
                rows = self.files[rng.choice(names)]
                if len(rows) > 1:
                    rows.pop(rng.randrange(len(rows)))
            case "kinds":
                self.kinds = rng.sample(KINDS, rng.randint(2, 4))
            case "via":
                self._change_via()
            case "checks":
                for name in rng.sample(sorted(ASSETS), 4):
                    self.checks[name] = self._checks(ASSETS[name])
            case "land":
                self._land()
            case _:
                kind = rng.choice(("", "DOUBLE", "BIGINT", "VARCHAR"))
                write_files(self.folder, {"sources/files.yml": self._landed_source(kind)})
        return what

    def _row(self) -> str:
        rng = self.rng
        month, day = rng.choice((1, 1, 2)), rng.randint(1, 9)
        seen = rng.choice((f"2026-{month:02}-{day:02} {rng.randint(0, 23):02}:30:00",) * 20 + ("",))
        kind = rng.choice((*KINDS, ""))
        return f"{seen},{rng.randint(1, 6)},{kind},{rng.randint(0, 9)},{rng.randint(0, 9)}\n"

    def _change_via(self) -> None:
        """One thing about the columns of the step above: names, places, types, or how it is kept."""
        rng, via = self.rng, self.via
        match rng.choice(("names", "names", "places", "type", "type", "more", "seen", "head")):
            case "names":
                via.names.reverse()
            case "places":
                rng.shuffle(via.places)
            case "type":
                via.types[rng.choice("ab")] = rng.choice(("", "::bigint", "::double"))
            case "more":
                via.more = rng.choice(("", ", id as more"))
            case "seen":
                via.seen = rng.choice(("seen", "seen::date as seen"))
            case _:
                via.head = rng.choice(("", "/* andon\nmaterialize: view\n*/\n"))

    def _checks(self, kept: Kept) -> str:
        rng = self.rng
        found = [self._check(kept) for _ in range(rng.choice((0, 1, 1, 2)))]
        if not found:
            return ""
        asked = "".join(
            f"  - {one}\n    on_fail: {rng.choice(('quarantine',) * 5 + ('warn',))}\n"
            for one in dict.fromkeys(found)
        )
        return f"limit: {rng.choice(('100%', '100%', '60%', 4))}\nchecks:\n{asked}"

    def _check(self, kept: Kept) -> str:
        rng = self.rng
        number, column = rng.choice(kept.numbers), rng.choice(kept.columns)
        everything = ", ".join(kept.columns)
        kinds = [
            f"range: {{{number}: {{max: {rng.choice((3, 6, 8, 12))}}}}}",
            f"expect: {number} <> {rng.randint(0, 6)}",
            f"not_null: {column}",
            f"unique: [{', '.join(rng.sample(kept.columns, rng.choice((1, 2))))}]",
            f"unique: {{columns: {column}, keep: 'first by {everything}'}}",
        ]
        if {"x", "y"} <= set(kept.columns):
            # Of its own rows, so that each verdict depends on all of them.
            kinds.append(f"relationship: {{x: keep.{self._name(kept)}.y}}")
        if "id" in kept.columns and kept is not ASSETS["rows"]:
            kinds.append("relationship: {id: keep.rows.id}")
        if "kind" in kept.columns:
            kinds += ["relationship: {kind: raw.kinds.kind}"] * 2
            kinds.append(f"accepted: {{kind: [{', '.join(rng.sample(KINDS, 3))}]}}")
        return rng.choice(kinds)

    def _name(self, kept: Kept) -> str:
        return next(name for name, one in ASSETS.items() if one is kept)

    def _land(self) -> None:
        """One more file that is served as it is, or other bytes in place of one; its types vary."""
        rng = self.rng
        if self.landed < 2 or rng.random() < 0.7:
            self.landed += 1
        path = self.folder / f"files/{rng.randint(max(1, self.landed - 1), self.landed)}.parquet"
        path.parent.mkdir(exist_ok=True)
        columns = [
            f"timestamp '2026-01-0{rng.randint(1, 5)} 10:00:00' + to_days(i::integer) as seen",
            f"(i + {rng.randint(0, 3)})::integer as id",
            f"{rng.choice(VALUES)} + i::tinyint as v",
        ]
        if rng.random() < 0.3:
            columns.insert(rng.randint(0, 2), "i::varchar as w")
        query = f"select {', '.join(columns)} from range(3) r(i)"
        duckdb.execute(f"copy ({query}) to '{path}' (format parquet)")

    def _landed_source(self, kind: str) -> str:
        columns = f", columns: {{v: {kind}}}" if kind else ""
        return f"tables:\n  pq: {{path: files/*.parquet{columns}}}\n"
