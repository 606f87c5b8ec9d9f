"""Where a schema policy is declared: in a source, a table, a column, a decorator."""

from __future__ import annotations

from pathlib import Path

import andon
from andon.acquisition.readings.fingerprint import reading
from tests.factories import rows_of, write_project
from tests.policies import (
    held,
)


def test_the_policy_is_part_of_how_a_table_is_read() -> None:
    base = held("csv", "evolve")
    other = [held("csv", word) for word in ("freeze", "discard-row", "discard-value")]
    assert len({reading(one) for one in [base, *other]}) == 4


def test_a_project_says_it_in_its_source(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "sources/raw.yml": (
                "owner: sales\nschema: freeze\ntables:\n"
                "  t:\n    path: data/t*.csv\n    columns: {id: BIGINT, n: {type: INTEGER, "
                "schema: discard-value}}\n"
                "  u:\n    path: data/u.csv\n    schema: {columns: discard-value}\n"
                "    columns: {id: BIGINT}\n"
            ),
            "data/t1.csv": "id,n\n1,x\n",
            "data/t2.csv": "id,n,more\n1,1,1\n",
            "data/u.csv": "id,more\n1,1\n",
        },
    )
    with andon.open(tmp_path) as opened:
        report = opened.run()
        notes = dict(opened.show("raw.t").facts)["notes"]
        columns = [c.name for c in opened.table("raw.u").schema.columns]
    assert report.exit_code == 0
    assert [p.code for p in report.warnings] == ["SRC071"]
    assert [o.note for o in report.outcomes if o.asset == "raw.t"] == ["1 value made null"]
    assert "made null: 1 value of `n` is no INTEGER" in notes
    assert columns == ["id", "_file", "_row"]


def test_a_python_source_says_it_in_its_decorator(tmp_path: Path) -> None:
    source = (
        "import andon\n\n\n"
        '@andon.source(columns={"id": "BIGINT"}, schema={"columns": "discard-value"})\n'
        'def rows():\n    yield {"id": 1, "more": 2}\n'
    )
    write_project(tmp_path, {"sources/made.py": source})
    with andon.open(tmp_path) as opened:
        assert opened.run().exit_code == 0
        columns = [c.name for c in opened.table("made.rows").schema.columns]
    assert columns == ["id", "_file", "_row"]
    assert rows_of(tmp_path, "select id from made.rows") == [(1,)]
