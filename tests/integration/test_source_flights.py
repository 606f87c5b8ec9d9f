"""Real files: a week of flights and weather, as they came day by day."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from andon.catalog.records import Snapshot
from andon.ports.source_reader import RawTable
from tests.sourcing import NOON, Project, project, table, types

DATA = Path(__file__).parents[2] / "examples" / "flights" / "data"
FLIGHTS = table("flights/*.csv.gz")
DAYS = [f"flights/2013-02-{day:02}.csv.gz" for day in range(6, 13)]


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        (tmp_path / "flights").mkdir()
        (tmp_path / "weather").mkdir()
        yield made


def bring(made: Project, *paths: str) -> None:
    for path in paths:
        shutil.copyfile(DATA / path, made.root / path)


def digest(made: Project, raw: RawTable) -> tuple[object, ...]:
    """Rows as a multiset, with origin and number."""
    paths = [part.staged for part in raw.parts] + [made.store.path(f) for f in raw.kept]
    high, low = made.engine.digest_columns(raw.schema)
    scan = made.engine.scan(raw.schema, paths)
    return made.engine.rows(f"select count(*), {high}, {low} from {scan}")[0]


def test_a_week_of_flights_has_the_right_types_and_every_row(week: Project) -> None:
    bring(week, *DAYS)
    week.arrive(FLIGHTS)
    raw = week.build(FLIGHTS)
    lines = sum(gzip.decompress((DATA / day).read_bytes()).count(b"\n") - 1 for day in DAYS)
    assert (raw.rows, raw.set_aside) == (lines, 0)
    found = types(raw)
    assert {name for name, kind in found.items() if kind == "VARCHAR"} == {
        "carrier", "tailnum", "origin", "dest",
    }  # fmt: skip
    assert found["time_hour"] == "TIMESTAMP WITH TIME ZONE"
    assert {found[name] for name in ("dep_time", "arr_delay", "air_time")} == {"BIGINT"}


def test_day_by_day_late_and_twice_gives_the_table_of_all_at_once(week: Project) -> None:
    prior: Snapshot | None = None
    by_days: tuple[object, ...] = ()
    late = [*DAYS[:2], *DAYS[3:], DAYS[2]]
    for number, day in enumerate(late):
        bring(week, day)
        if number == 4:
            shutil.copyfile(DATA / late[0], week.root / "flights/2013-02-06-again.csv.gz")
        week.arrive(FLIGHTS, NOON + timedelta(days=number))
        raw = week.build(FLIGHTS, prior)
        by_days = digest(week, raw)
        prior = week.keep(raw)
    with project(week.root / "other") as other:
        (other.root / "flights").mkdir(parents=True)
        bring(other, *DAYS)
        other.arrive(FLIGHTS)
        assert digest(other, other.build(FLIGHTS)) == by_days


def test_numbers_of_rows_follow_the_lines_of_each_file(week: Project) -> None:
    bring(week, *DAYS[:3])
    rows = week.read(FLIGHTS)
    lines = [
        (day, number, line.split(",")[3].replace("NA", ""))
        for day in DAYS[:3]
        for number, line in enumerate(
            gzip.decompress((DATA / day).read_bytes()).decode().splitlines()[1:], start=1
        )
    ]
    assert [(r[-2], r[-1], "" if r[3] is None else str(r[3])) for r in rows] == lines


def test_a_number_written_as_1e3_among_decimals_is_a_number(week: Project) -> None:
    paths = sorted(path.name for path in (DATA / "weather").glob("2013-01-*.csv.gz"))
    bring(week, *(f"weather/{name}" for name in paths))
    weather = table("weather/*.csv.gz")
    week.arrive(weather)
    found = types(week.build(weather))
    assert {found[name] for name in ("temp", "pressure", "wind_gust")} == {"DOUBLE"}
