"""Three assets one behind the other, and what tests ask of them."""

from __future__ import annotations

import pytest

import andon
from andon.app.project import Project

CHAIN = {
    "sources/raw.yml": "tables:\n  a: {path: data/a.csv}\n",
    "data/a.csv": "id,v\n1,10\n2,20\n3,30\n",
    "assets/m/a.sql": "select id, v from raw.a",
    "assets/m/b.sql": "select id, v * 2 as v from m.a",
    "assets/m/c.sql": "select sum(v) as total from m.b",
}
STRICT = "/* andon\nchecks:\n  - range: {v: {max: 50}}\n*/\nselect id, v from raw.a"


def total(project: Project, as_of: int | None = None) -> int:
    ((value,),) = project.query("select total from m.c", as_of=as_of).rows
    return int(value)


def code(project: Project, sql: str, as_of: int | str | None = None) -> str:
    with pytest.raises(andon.AndonError) as caught:
        project.query(sql, as_of=as_of)
    return caught.value.problems[0].code
