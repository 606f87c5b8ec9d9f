"""A random project as a value: edited at random, rendered to files."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

SOURCES = ("raw.a", "raw.b")
LIMIT = 0.5
"""Share of rows that quarantine may set aside in these projects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One random asset with columns id, k, v (and perhaps w)."""

    form: str
    inputs: tuple[str, ...]
    kind: str = "table"
    literal: int = 1
    over: int | None = None
    has_extra: bool = False
    most: int | None = None
    on_fail: str = "warn"
    related: str | None = None
    remark: int = 0
    is_shouted: bool = False


@dataclass(slots=True)
class World:
    """A project as a value that is edited and rendered to files."""

    nodes: dict[str, Node] = field(default_factory=dict)
    data: dict[str, list[tuple[object, ...]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    factor: int = 2
    bump: int = 3
    remark: int = 0
    born: int = 0

    def readers(self, name: str) -> list[str]:
        return [n for n, node in self.nodes.items() if name in node.inputs]

    def below(self, names: set[str]) -> set[str]:
        found = set(names)
        while True:
            wider = found | {n for n, node in self.nodes.items() if found & set(node.inputs)}
            if wider == found:
                return found
            found = wider


FORMS = {
    "filter": "select id, k, {v} as v{extra} from {a}{where}",
    "join": (
        "select a.id, a.k, {v} as v{extra} from {a} a"
        " left join (select id, max(v) as top from {b} group by id) b on b.id = a.id{where}"
    ),
    "total": "select min(id) as id, k, sum({v}) % 1000 as v{extra} from {a}{where} group by k",
    "rank": (
        "select id, k, row_number() over (partition by k order by id, v) + {literal} as v{extra}"
        " from {a}{where}"
    ),
    "both": "select id, k, {v} as v{extra} from {a}{where} union select id, k, v::bigint, {pad} from {b}",
    "scaled": "select id, k, ({v} * $factor)::bigint as v{extra} from {a}{where}",
    "bumped": "select id, k, bump({v})::bigint as v{extra} from {a}{where}",
}

TABLES_ONLY = ("python", "scaled", "bumped")
"""Forms that a view cannot have: it holds no macros and no parameters."""


def render_sql(node: Node, *, stops: bool) -> str:
    second = node.inputs[1] if len(node.inputs) > 1 else node.inputs[0]
    value = "a.v" if node.form == "join" else "v"
    wide = "min(id)" if node.form == "total" else ("a.id" if node.form == "join" else "id")
    text = FORMS[node.form].format(
        a=node.inputs[0],
        b=second,
        v=f"(({value} + {node.literal}) % 1000)::bigint",
        literal=node.literal,
        extra=f", {wide} * 2 as w" if node.has_extra else "",
        where="" if node.over is None else f" where {value} > {node.over}",
        pad="id * 2" if node.has_extra else "",
    )
    text = text.replace(", " + " from", " from")
    if node.is_shouted:
        text = text.replace("select", "SELECT").replace(" from ", "\n   FROM\n\t")
    lines = [f"description: remark {node.remark}", f"materialize: {node.kind}"]
    if node.kind == "table":
        lines.append(f"limit: {LIMIT:.0%}" if stops else "limit: 100%")
    checks = [f"  - {line}" for line in _checks(node, stops=stops)]
    if checks:
        lines += ["checks:", *checks]
    return "/* andon\n" + "\n".join(lines) + f"\n*/\n{text}\n-- remark {node.remark}\n"


def _checks(node: Node, *, stops: bool) -> list[str]:
    found = []
    if node.most is not None and (stops or node.on_fail != "stop"):
        found.append(f"range: {{v: {{max: {node.most}}}}}\n    on_fail: {node.on_fail}")
    if node.related is not None:
        found.append(f"relationship: {{id: {node.related}.id}}\n    on_fail: warn")
    return found


def render_python(name: str, node: Node, *, stops: bool) -> str:
    checks = (
        f'in_range("v", max={node.most}, on_fail="{node.on_fail}")'
        if node.most is not None and (stops or node.on_fail != "stop")
        else ""
    )
    limit = LIMIT if stops else 1
    return f'''"""Remark {node.remark}."""

import polars as pl

from andon import asset, in_range


@asset(inputs={{"a": "{node.inputs[0]}"}}, checks=[{checks}], limit="{limit:.0%}")
def {name}(a: pl.DataFrame) -> pl.DataFrame:
    """Remark {node.remark}."""
    # remark {node.remark}
    return a.select("id", "k", ((pl.col("v") + {node.literal}) % 1000).cast(pl.Int64).alias("v"))
'''


def render(world: World, *, stops: bool = True) -> dict[str, str]:
    files = {
        "andon.toml": (
            f'# remark {world.remark}\n[project]\nname = "random"\n\n[settings]\nthreads = 2\n\n'
            f"[parameters]\nfactor = {world.factor}\nunread = {world.remark}\n"
        ),
        "macros/bump.sql": (
            f"-- remark {world.remark}\ncreate macro bump(x) as (x + {world.bump}) % 1000;\n"
        ),
        "sources/raw.yml": (
            f"# remark {world.remark}\ntables:\n"
            "  a: {path: data/a/*.csv, columns: {id: INTEGER, k: VARCHAR, v: INTEGER}}\n"
            "  b: {path: data/b/*.csv, columns: {id: INTEGER, k: VARCHAR, v: INTEGER}}\n"
        ),
    }
    for name, node in world.nodes.items():
        last = name.rpartition(".")[2]
        if node.form == "python":
            files[f"assets/m/{last}.py"] = render_python(last, node, stops=stops)
        else:
            files[f"assets/m/{last}.sql"] = render_sql(node, stops=stops)
    for path, rows in world.data.items():
        if stops and path in world.gone:
            continue
        body = "".join(",".join("" if x is None else str(x) for x in row) + "\n" for row in rows)
        files[path] = "id,k,v\n" + body
    return files


def write(root: Path, files: Mapping[str, str]) -> None:
    """Make a folder hold exactly these files, beside Andon's own."""
    for path in list(root.rglob("*")):
        inside = path.relative_to(root).as_posix()
        is_ours = inside.startswith(("assets/", "data/", "macros/", "sources/"))
        if is_ours and path.is_file() and inside not in files:
            path.unlink()
    for inside, text in files.items():
        target = root / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


class Editor:
    """Draws random edits of a world."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def start(self) -> World:
        world = World()
        for path in ("data/a/1.csv", "data/a/2.csv", "data/b/1.csv"):
            world.data[path] = self.rows()
        for _ in range(7):
            self.new_asset(world)
        if not any(node.form == "python" for node in world.nodes.values()):
            world.nodes["m.frame"] = Node(form="python", inputs=(self.dice.choice(SOURCES),))
        return world

    def rows(self) -> list[tuple[object, ...]]:
        dice = self.dice
        return [
            (dice.randint(1, 12), dice.choice("xyz"), dice.choice((None, *range(10, 100, 7))))
            for _ in range(dice.randint(1, 12))
        ]

    def edit(self, world: World) -> str:
        edits = (
            (self.change_literal, 3),
            (self.change_filter, 3),
            (self.add_column, 1),
            (self.change_kind, 1),
            (self.change_check, 4),
            (self.change_data, 3),
            (self.change_parameter, 1),
            (self.change_macro, 1),
            (self.comment, 4),
            (self.rename, 1),
            (self.remove, 1),
            (self.new_asset, 1),
            (self.rewire, 1),
        )
        kinds = [edit for edit, weight in edits for _ in range(weight)]
        while True:
            edit = self.dice.choice(kinds)
            if edit(world):
                return edit.__name__

    def pick(self, world: World) -> str:
        return self.dice.choice(sorted(world.nodes))

    def change_literal(self, world: World) -> bool:
        name = self.pick(world)
        world.nodes[name] = replace(world.nodes[name], literal=self.dice.randint(1, 50))
        return True

    def change_filter(self, world: World) -> bool:
        name = self.pick(world)
        world.nodes[name] = replace(
            world.nodes[name], over=self.dice.choice((None, 0, 15, 40, 40, 70))
        )
        return True

    def add_column(self, world: World) -> bool:
        name = self.pick(world)
        if world.nodes[name].form == "python":
            return False
        world.nodes[name] = replace(world.nodes[name], has_extra=not world.nodes[name].has_extra)
        return True

    def change_kind(self, world: World) -> bool:
        name = self.pick(world)
        node = world.nodes[name]
        if node.form in TABLES_ONLY or node.on_fail == "quarantine":
            return False
        world.nodes[name] = replace(node, kind="view" if node.kind == "table" else "table")
        return True

    def change_check(self, world: World) -> bool:
        name = self.pick(world)
        node = world.nodes[name]
        failures = ("warn", "stop", "quarantine") if node.kind == "table" else ("warn", "stop")
        world.nodes[name] = replace(
            node,
            most=self.dice.choice((None, None, 2000, 2000, 500, 90, 60)),
            on_fail=self.dice.choice(failures),
            related=self.dice.choice((None, *SOURCES)),
        )
        return True

    def change_data(self, world: World) -> bool:
        dice = self.dice
        path = dice.choice(sorted(world.data))
        match dice.choice(("new", "changed", "removed", "again", "back")):
            case "new":
                world.data[f"data/{dice.choice('ab')}/{dice.randint(3, 30)}.csv"] = self.rows()
            case "changed":
                world.data[path] = self.rows()
                world.gone.discard(path)
            case "removed":
                world.gone.add(path)
            case "again":
                folder = path.rpartition("/")[0]
                world.data[f"{folder}/{dice.randint(31, 60)}.csv"] = list(world.data[path])
            case _:
                world.gone.discard(path)
        return True

    def change_parameter(self, world: World) -> bool:
        world.factor = self.dice.randint(2, 9)
        return True

    def change_macro(self, world: World) -> bool:
        world.bump = self.dice.randint(2, 30)
        return True

    def comment(self, world: World) -> bool:
        world.remark += 1
        for name in self.dice.sample(sorted(world.nodes), k=min(3, len(world.nodes))):
            node = world.nodes[name]
            world.nodes[name] = replace(
                node, remark=node.remark + 1, is_shouted=not node.is_shouted
            )
        return True

    def rename(self, world: World) -> bool:
        old, new = self.pick(world), f"m.again{world.born}"
        world.born += 1
        world.nodes = {
            (new if name == old else name): replace(
                node, inputs=tuple(new if read == old else read for read in node.inputs)
            )
            for name, node in world.nodes.items()
        }
        return True

    def remove(self, world: World) -> bool:
        name = self.pick(world)
        if world.readers(name) or len(world.nodes) < 5:
            return False
        del world.nodes[name]
        return True

    def new_asset(self, world: World) -> bool:
        if len(world.nodes) >= 10:
            return False
        name = f"m.n{world.born}"
        world.born += 1
        form = self.dice.choice((*FORMS, "python"))
        if form == "python" and any(n.form == "python" for n in world.nodes.values()):
            form = "filter"
        known = (*SOURCES, *world.nodes)
        world.nodes[name] = Node(
            form=form,
            inputs=tuple(self.dice.choices(known, k=2 if form in ("join", "both") else 1)),
            kind="view" if form not in TABLES_ONLY and self.dice.random() < 0.3 else "table",
            literal=self.dice.randint(1, 50),
        )
        return True

    def rewire(self, world: World) -> bool:
        name = self.pick(world)
        node = world.nodes[name]
        known = [n for n in (*SOURCES, *world.nodes) if n not in world.below({name})]
        world.nodes[name] = replace(node, inputs=(self.dice.choice(known), *node.inputs[1:]))
        return True
