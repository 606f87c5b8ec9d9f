"""Whatever bytes a delimited file has, no record is lost, and good ones read as written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from andon.errors import TaskFailed
from andon.reading.delimited.survey import survey
from andon.spec.check import Tolerance
from andon.spec.source import CsvDialect
from tests.sourcing import Project, project, table

ALL = Tolerance(share=1.0)
CELL = st.text(st.sampled_from('ab1.5-,"\n\r; é0NAtrue'), max_size=6)
SOUP = st.text(st.sampled_from('ab1,"\n\r\n,x\0é'), max_size=40)
SLOW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@SLOW
@given(st.lists(st.tuples(CELL, CELL), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_by_the_rules_is_read_back(
    shop: Project, rows: list[tuple[str, str]], newline: str
) -> None:
    assume(("a", "b") not in rows)  # the header again is set aside
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=newline, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b"), *rows])
    shop.put("a.csv", text.getvalue().encode())
    shop.deliveries.clear()
    declared = table(
        "a.csv", columns=(("a", "VARCHAR"), ("b", "VARCHAR")), dialect=CsvDialect(nulls=())
    )
    read = shop.read(declared)
    assert [row[:2] for row in read] == [tuple(cell or None for cell in row) for row in rows]
    assert [row[3] for row in read] == list(range(1, len(rows) + 1))


@SLOW
@given(SOUP)
def test_any_bytes_are_served_or_set_aside_but_never_lost(shop: Project, soup: str) -> None:
    lines = [line for line in soup.encode().splitlines() if line]
    seen = _seen(shop, f"a,b\n{soup}")
    assert seen is None or bool(lines) == bool(seen)


@SLOW
@given(SOUP, SOUP)
def test_lines_around_a_table_are_served_or_set_aside_but_never_lost(
    shop: Project, above: str, below: str
) -> None:
    above = above.replace('"', "")  # an open quote takes the header in
    seen = _seen(shop, f"{above}\na,b,c\n1,x,3\n{below}")
    assert seen is None or seen >= 1


def _seen(shop: Project, text: str) -> int | None:
    """Rows served and set aside; None where the file is refused whole."""
    shop.put("a.csv", text.encode())
    shop.deliveries.clear()
    declared = table("a.csv", limit=ALL)
    shop.arrive(declared)
    try:
        raw = shop.build(declared)
    except TaskFailed as error:
        assert error.code in ("SRC003", "SRC006", "SRC011")  # noqa: PT017
        return None
    seen = len(shop.rows(raw)) + len(shop.rows(raw, "aside"))
    assert seen == raw.rows + raw.set_aside
    return seen


@given(st.binary(max_size=60).filter(lambda b: b"\0" not in b), st.integers(1, 7))
def test_counting_does_not_depend_on_how_the_bytes_are_cut(content: bytes, size: int) -> None:
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    assert survey(pieces, '"') == survey([content], '"')
