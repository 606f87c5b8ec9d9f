"""After any arrivals and edits, an asset kept by intervals equals its twin that is built in full."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.execution.outcome import Outcome
from tests.factories import write_files, write_project

HEAD = "id,seen,kind,amount\n"
KINDS = ("a", "b", "c")


def by(column: str, every: str) -> str:
    return f"interval: {{column: {column}, every: {every}}}"


QUERIES: Mapping[str, tuple[str, str]] = {
    "daily": (
        by("day", "day"),
        """select seen::date as day, kind, sum(amount) as amount, count(*) as n
        from raw.events group by all""",
    ),
    "rows": (by("seen", "day"), "select id, seen, kind, amount from raw.events where amount > 2"),
    "named": (
        by("day", "week"),
        """select e.seen::date as day, k.title, count(*) as n, min(e.amount) as least
        from raw.events e left join raw.kinds k on k.kind = e.kind group by all""",
    ),
    "ranked": (
        by("seen", "day"),
        """select id, seen, amount, row_number() over (partition by seen::date
        order by id, amount, seen, kind) as place from raw.events""",
    ),
    "monthly": (
        by("month", "month"),
        """select date_trunc('month', day)::date as month, kind, sum(amount) as amount
        from keep.daily group by all""",
    ),
    "both": (
        by("day", "day"),
        "select day, kind, n from keep.daily union all select seen::date, kind, 1 from raw.events",
    ),
    "shared": (
        by("day", "day"),
        "select d.day, d.kind, n.title, d.n from keep.daily d join keep.named n using (day)",
    ),
    "totals": (
        "key: id",
        """select id, count(*) as n, sum(amount) as amount, max(seen) as last
        from raw.events group by all""",
    ),
    "many": (
        "key: kind\nstrategy: delete+insert",
        (
            "select kind, id, amount, rank() over (partition by kind order by amount, id) as place"
            " from raw.events"
        ),
    ),
    "over": (
        "key: [kind, title]",
        """select t.kind, k.title, sum(t.amount) as amount from keep.many t
        left join raw.kinds k on k.kind = t.kind group by all""",
    ),
    "copied": (
        "strategy: append",
        "select e.*, k.title from raw.events e left join raw.kinds k using (kind) where e.id > 1",
    ),
}
"""Name -> how it is kept, query."""


class World:
    """Files of the outside world, and what the assets say."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.files: dict[str, list[str]] = {}
        self.wide: set[str] = set()
        self.least = 2

    def write(self) -> None:
        files = {
            f"data/{name}.csv": "".join(self._line(name, row) for row in [HEAD, *rows])
            for name, rows in self.files.items()
        }
        for name, (how, query) in QUERIES.items():
            text = query.replace("amount > 2", f"amount > {self.least}")
            head = f"/* andon\nmaterialize: incremental\n{how}\n*/\n"
            files[f"assets/keep/{name}.sql"] = f"{head}{text}\n"
            files[f"assets/full/{name}.sql"] = text.replace("keep.", "full.") + "\n"
        write_files(self.folder, files)

    def _line(self, name: str, row: str) -> str:
        """A row as it stands in a file, which may have a column that few queries read."""
        if name not in self.wide:
            return row
        return row.replace("\n", ",more\n" if row == HEAD else f",{len(row)}\n")

    def rows(self, count: int) -> list[str]:
        return [self._row() for _ in range(count)]

    def _row(self) -> str:
        rng = self.rng
        day = rng.randint(1, 31)
        seen = (
            f"2026-{rng.choice((1, 1, 1, 2, 3)):02}-{min(day, 28):02} {rng.randint(0, 23):02}:30:00"
        )
        if rng.random() < 0.05:
            seen = ""
        kind = rng.choice((*KINDS, ""))
        return f"{rng.randint(1, 5)},{seen},{kind},{rng.randint(0, 9)}\n"

    def step(self) -> str:
        """Something happens outside, or in the code."""
        rng = self.rng
        names = sorted(self.files)
        match rng.choice(("arrive", "arrive", "arrive", "late", "change", "kinds", "code", "wide")):
            case "arrive":
                self.files[f"e{len(names):03}"] = self.rows(rng.randint(1, 6))
                return "arrive"
            case "late" if names:
                self.files[rng.choice(names)].append(self._row())
                return "late"
            case "change" if names:
                rows = self.files[rng.choice(names)]
                if len(rows) > 1:
                    rows.pop(rng.randrange(len(rows)))
                return "change"
            case "wide":
                self.wide.add(rng.choice(names))
                return "wide"
            case "kinds":
                titles = "".join(f"{kind},{rng.choice('xyz')}\n" for kind in KINDS)
                write_files(self.folder, {"kinds.csv": f"kind,title\n{titles}"})
                return "kinds"
            case _:
                self.least = rng.randint(0, 5)
                return "code"


def soak(folder: Path, seed: int, steps: int) -> None:
    world = World(folder, random.Random(seed))
    source = (
        "tables:\n  events:\n    path: data/*.csv\n    columns: {seen: TIMESTAMP, id: BIGINT,"
        " amount: BIGINT, kind: VARCHAR}\n  kinds: {path: kinds.csv}\n"
    )
    write_project(folder, {"sources/raw.yml": source, "kinds.csv": "kind,title\na,x\n"})
    world.files["e000"] = world.rows(30)
    print(f"seed {seed}")
    did: list[str] = ["begin"]
    spared: Counter[str] = Counter()
    for _ in range(steps):
        world.write()
        with andon.open(folder) as project:
            report = project.run()
            assert report.status in ("done", "nothing"), (seed, did, report)
            for outcome in report.outcomes:
                spare(outcome, spared)
            for name in QUERIES:
                assert differences(project, name) == 0, f"seed {seed}: {name} after {did[-6:]}"
        did.append(world.step())
    assert spared["intervals"] * 4 > spared["all"], f"seed {seed}: {spared}"
    assert spared["kept"] * 6 > spared["runs"], f"seed {seed}: {spared}"


def spare(outcome: Outcome, spared: Counter[str]) -> None:
    """Count what was kept, so that the test does not pass because everything is always made again."""
    note = outcome.note.replace(",", "")
    if found := re.match(r"(\d+) of (\d+) ", note):
        spared["all"] += int(found[2])
        spared["intervals"] += int(found[2]) - int(found[1])
    elif note:
        spared["runs"] += 1
        spared["kept"] += not note.startswith("in full")


def differences(project: Project, name: str) -> int:
    both = (
        f"(from keep.{name} except all from full.{name})"
        f" union all (from full.{name} except all from keep.{name})"
    )
    return int(project.query(f"select count(*) from ({both})").rows[0][0])


def a_seed() -> int:
    return int(os.environ.get("ANDON_SEED", "0")) or random.SystemRandom().randint(1, 10**6)


def test_assets_kept_by_intervals_equal_a_build_in_full(tmp_path: Path) -> None:
    soak(tmp_path, a_seed(), 8)


@pytest.mark.soak
def test_two_hundred_arrivals_and_edits(tmp_path: Path) -> None:
    soak(tmp_path, a_seed(), 200)
