"""The flagship example, a year of real flights: published figures, and arrival in any order."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import andon
from andon.app.project import Project

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flights"
DAYS = tuple(f"2013-01-{day:02}" for day in range(1, 11))
TABLES = (
    "raw.flights",
    "raw.weather",
    "raw.planes",
    "raw.airports",
    "raw.airlines",
    "staging.flights",
    "staging.weather",
    "staging.planes",
    "staging.airports",
    "staging.airlines",
    "marts.flight_facts",
    "marts.days",
    "marts.carriers",
    "marts.months",
    "marts.known_limits",
)
Contents = dict[str, tuple[tuple[str, ...], Counter[str]]]


def example(folder: Path, days: Sequence[str] | None = None) -> Path:
    """A copy of the example; with `days` only these days have arrived."""
    ignored = shutil.ignore_patterns(".andon", "prod.duckdb", "[12]*.csv.gz" if days else "")
    shutil.copytree(EXAMPLE, folder, ignore=ignored)
    for path in (folder / "data" / "flights", folder / "data" / "weather"):
        path.mkdir(exist_ok=True)
    if days is not None:
        # The example stops on days with too few or too many flights; ten days in January do not.
        arrive(folder, days)
    return folder


def arrive(folder: Path, days: Sequence[str], named: str = "{day}") -> None:
    for kind in ("flights", "weather"):
        for day in days:
            name = named.format(day=day)
            shutil.copy(
                EXAMPLE / "data" / kind / f"{day}.csv.gz", folder / "data" / kind / f"{name}.csv.gz"
            )


def contents(project: Project) -> Contents:
    found: Contents = {}
    for name in TABLES:
        result = project.query(f"select * from {name}")
        types = tuple(f"{c} {t}" for c, t in zip(result.columns, result.types, strict=True))
        found[name] = (types, Counter(repr(row) for row in result.rows))
    return found


def run_well(project: Project) -> None:
    report = project.run()
    assert report.exit_code == 0, [o.problems for o in report.outcomes if o.problems]


@pytest.fixture(scope="module")
def at_once(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    folder = example(tmp_path_factory.mktemp("once") / "flights", DAYS)
    with andon.open(folder) as project:
        run_well(project)
        return contents(project)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = example(tmp_path_factory.mktemp("year") / "flights")
    with andon.open(folder) as project:
        run_well(project)
        yield project


def test_days_that_arrive_one_by_one_end_as_all_at_once(tmp_path: Path, at_once: Contents) -> None:
    folder = example(tmp_path / "flights", DAYS[:1])
    with andon.open(folder) as project:
        run_well(project)
        for day in DAYS[1:]:
            arrive(folder, [day])
            run_well(project)
        assert differing(contents(project), at_once) == []


def test_a_day_that_comes_twice_under_another_name_counts_once(
    tmp_path: Path, at_once: Contents
) -> None:
    folder = example(tmp_path / "flights", DAYS)
    arrive(folder, [DAYS[4]], "again-{day}")
    with andon.open(folder) as project:
        run_well(project)
        assert differing(contents(project), at_once) == []


def test_a_day_that_comes_late_takes_its_place(tmp_path: Path, at_once: Contents) -> None:
    folder = example(tmp_path / "flights", (*DAYS[:3], *DAYS[4:]))
    with andon.open(folder) as project:
        run_well(project)
        arrive(folder, [DAYS[3]])
        run_well(project)
        assert differing(contents(project), at_once) == []


def test_the_published_figures_of_the_year_are_found(year: Project) -> None:
    limits = dict(year.query("select fact, n from marts.known_limits").rows)

    assert limits == {
        "flights": 336_776,
        "flights without a departure": 8_255,
        "flights whose plane is unknown": 52_606,
        "flights to an unknown airport": 7_602,
        "flights without weather": 1_556,
        "planes without a year": 70,
        "local weather hours that come twice": 3,
        "UTC weather hours that come twice": 0,
    }


def test_the_published_figures_of_days_months_and_keys_are_found(year: Project) -> None:
    def one(sql: str) -> tuple[object, ...]:
        return tuple(year.query(sql).rows[0])

    assert one(
        "select sum(flights)::int, min(flights), max(flights), count(*) from marts.days"
    ) == (
        336_776,
        634,
        1_014,
        365,
    )
    assert one("select count(*) from raw.weather") == (26_115,)
    assert one("select count(*) from raw.planes") == (3_322,)
    assert one("select count(*) from raw.airports") == (1_458,)
    assert one("select count(*) from raw.airlines") == (16,)
    assert one(
        "select count(distinct tailnum) from marts.flight_facts"
        " where not has_plane and tailnum is not null"
    ) == (721,)
    assert one("select count(distinct dest) from marts.flight_facts where destination is null") == (
        4,
    )
    assert one("select round(share_late, 2) from marts.months where month = 9") == (0.13,)
    assert one("select round(share_late, 2) from marts.months where month = 12") == (0.33,)


def test_the_impossible_wind_speed_is_set_aside_with_its_reason(year: Project) -> None:
    snapshot = year.table("staging.weather").snapshot
    failing = year.failing("staging.weather")

    assert (snapshot.rows, snapshot.set_aside) == (26_114, 1)
    aside = [
        dict(zip(found.columns, row, strict=True))
        for found in failing
        for row in found.rows
        if any("wind_speed" in str(value) for value in (found.check, *row))
    ]
    (row,) = aside
    assert (row["origin"], row["month"], row["day"], row["hour"]) == ("EWR", 2, 12, 3)
    assert round(float(row["wind_speed"])) == 1048


def test_the_bad_batch_stops_the_line_and_its_correction_lets_it_go_on(year: Project) -> None:
    """Uses the whole year of the module, and leaves it as it was."""
    day = year.root / "data" / "flights" / "2013-12-31.csv.gz"
    good, bad = day.read_bytes(), (EXAMPLE / "planted" / "2013-12-31.csv.gz").read_bytes()
    assert len(gzip.decompress(bad).splitlines()) == len(gzip.decompress(good).splitlines()) + 200
    before = year.history(limit=1)[0].number
    day.write_bytes(bad)
    report = year.run()
    stopped = {item.asset for item in report.held}

    assert report.exit_code == 1
    assert {"staging.flights", "marts.flight_facts", "marts.days"} <= stopped
    assert year.query("select sum(flights)::int from marts.days").rows == ((336_776,),)
    assert year.query("select count(*) from staging.flights", as_of=before).rows == ((336_776,),)

    day.write_bytes(good)
    run_well(year)
    assert year.query("select sum(flights)::int from marts.days").rows == ((336_776,),)
    assert year.run().status == "nothing"


def differing(found: Contents, expected: Contents) -> list[str]:
    """Names of tables that are not the same in schema and rows."""
    return [name for name in TABLES if found[name] != expected[name]]
