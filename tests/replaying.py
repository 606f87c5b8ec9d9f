"""Small projects with rejected records, and what a test does with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import andon
from andon.app.project import Project
from andon.app.rejects.replay import Replayed
from andon.errors import AndonError

Row = dict[str, Any]
LOOSE = "    limit: 90%\n    quarantine_limit: 90%\n"
SHOP = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": f"owner: sales\ntables:\n  t:\n    path: data/*.csv\n{LOOSE}"
    "    checks:\n      - {expect: n >= 0, on_fail: quarantine}\n",
    "data/a.csv": "id,n\n1,10\n2\n3,-5\n",
    "data/b.csv": "id,n\n4,40\n5,50,6\n",
}
POLICY = {
    "andon.toml": '[project]\nname = "shop"\n',
    "sources/raw.yml": f"tables:\n  t:\n    path: data/*\n{LOOSE}"
    "    schema: discard-row\n    columns: {id: BIGINT, n: INTEGER}\n",
}
ALL = "select id, n from raw.t"


def run(folder: Path) -> None:
    with andon.open(folder) as project:
        assert project.run().exit_code == 0


def exported(folder: Path, name: str = "rejected.jsonl") -> list[Row]:
    with andon.open(folder) as project:
        project.export_rejected("raw.t", folder / name)
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def repaired(folder: Path, repair: Callable[[Row], str | None]) -> Path:
    """A file with the rejected rows of which `repair` gives a text."""
    rows = [{**row, "_text": text} for row in exported(folder) if (text := repair(row))]
    (folder / "repaired.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "repaired.jsonl"


def replay(folder: Path, file: Path | str | None, **how: Any) -> Replayed:
    with andon.open(folder) as project:
        done = project.replay("raw.t", file, by="ana", **how)
        assert project.run().exit_code == 0
    return done


def balance(folder: Path) -> int:
    """Rows served and rows still set aside."""
    with andon.open(folder) as project:
        snapshot = project.table("raw.t").snapshot
    return snapshot.rows + snapshot.set_aside


def waiting(folder: Path) -> list[str]:
    with andon.open(folder) as project:
        found = project.quarantine("raw.t")
    return [f"{one.count} {one.by} {one.origin}: {one.reason}" for one in found]


def events(folder: Path, kind: type) -> list[Any]:
    with andon.open(folder) as project:
        found = project._session.wired(project.spec).tools.catalog.events(kinds=(kind.__name__,))
    return [event for _, _, event in found]


def mend(row: Row) -> str | None:
    """Every row of the shop as it should have been."""
    text = row["_text"]
    if row["_by"] == "check":
        return json.dumps({**json.loads(text), "n": 5})
    return {"2": "2,20", "5,50,6": "5,50"}[text]


def problem(project: Project, file: Path | str, **how: Any) -> tuple[str, str]:
    with pytest.raises(AndonError) as caught:
        project.replay(how.pop("name", "raw.t"), file, **how)
    return caught.value.code, caught.value.problems[0].what


def written(folder: Path, *rows: Row) -> Path:
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "r.jsonl"
