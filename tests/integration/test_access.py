"""Who may read: what lands is there for a second identity at once, and every door asks the rules."""

from __future__ import annotations

import warnings
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

import andon
from andon.app.holding.permit import require
from andon.app.wiring.wire import wire
from andon.errors import Denied, ProjectInvalid
from andon.events import ReadDenied
from andon.stores.sqlite.catalog import SqliteCatalog
from tests.factories import run_andon, write_files, write_project

SECRET = "Zanzibar"
"""Stands in guarded tables only."""

BANK = {
    "sources/raw.yml": (
        "owner: desk\ntables:\n"
        "  payments:\n    path: data/payments*.csv\n    quarantine_limit: 90%\n    checks:\n"
        "      - expect: amount >= 0\n        on_fail: quarantine\n"
        "  web_visits: {path: data/visits.csv}\n"
        "  salaries: {path: data/salaries.csv, tags: [hr], owner: people}\n"
        "  branches: {path: data/branches.csv}\n"
    ),
    "data/payments.csv": f"id,town,amount\n1,{SECRET},10\n2,{SECRET},-5\n3,{SECRET},7\n",
    "data/visits.csv": f"id,town\n1,{SECRET}\n",
    "data/salaries.csv": f"id,name\n1,{SECRET}\n",
    "data/branches.csv": "id,town\n1,Bern\n",
    "assets/marts/totals.sql": (
        "/* andon\nchecks:\n  - sql: checks/odd.sql\n    on_fail: warn\n*/\n"
        "select count(*) as n from raw.payments\n"
    ),
    "checks/odd.sql": "select * from raw.salaries\n",
    "policies/access.yml": (
        "groups:\n  analysts: [ana, bob]\n  hr: [eve]\nrules:\n"
        "  raw-for-analysts:\n    allow: [analysts]\n    read: [raw.payments, raw.web_*]\n"
        "    why: Payments tell who lives where.\n"
        '  people-data:\n    allow: [hr]\n    read: ["tag:hr"]\n'
        "  bob-left:\n    deny: [leavers]\n    read: [raw.web_*]\n"
        "  totals-are-open:\n    allow: [everyone]\n    read: [marts.totals]\n"
    ),
    "policies/people.yaml": "groups:\n  leavers: [bob]\n",
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published project; whoever ran it may read none of its guarded tables."""
    folder = write_project(tmp_path_factory.mktemp("bank"), BANK)
    assert run_andon(folder, "run", user="loader").returncode == 0
    return folder


def test_what_landed_is_read_by_a_second_identity_within_a_minute(tmp_path: Path) -> None:
    folder = write_project(tmp_path, BANK)
    assert run_andon(folder, "run", user="loader").returncode == 0
    read = run_andon(folder, "query", "select town from raw.payments", "--json", user="ana")
    assert (read.returncode, SECRET in read.stdout) == (0, True)
    with andon.open(folder) as project:
        tools = project._session.tools(project.spec)
        (landed,) = tools.catalog.deliveries("raw.payments")
        (use,) = tools.uses.reads(landed.arrived_at.date())
    assert (use.asset, use.reader) == ("raw.payments", "ana")
    assert timedelta(0) < use.newest - landed.arrived_at < timedelta(seconds=60)


DOORS = {
    "query": ("query", "select * from raw.payments"),
    "query in other letters": (
        "query",
        'with a as (from RAW."payments") select a.* from a, a as b where a.id = b.id',
    ),
    "query in a subquery": ("query", "select 1 where (select max(town) from raw.payments) > ''"),
    "query of rejected rows": ("query", "from raw.payments__rejected"),
    "query of then": ("query", "select * from raw.payments", "--as-of", "1"),
    "failing rows": ("show", "raw.payments", "--failing"),
    "quarantine show": ("quarantine", "show", "raw.payments"),
    "quarantine export": ("quarantine", "export", "raw.payments", "{}/out.csv"),
    "replay": ("replay", "raw.payments"),
    "source test": ("source", "test", "raw.payments"),
    "source contract": ("source", "contract", "raw.payments"),
}
SHOWS_VALUES = set(DOORS) - {"query in a subquery", "quarantine export", "replay"}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_opens_to_whom_a_rule_allows_and_to_nobody_else(
    door: str, bank: Path, tmp_path: Path
) -> None:
    arguments = [one.format(tmp_path) for one in DOORS[door]]
    opened = run_andon(bank, *arguments, user="ana")
    assert opened.returncode == 0, opened.stderr
    if door == "source contract":
        assert "town" in opened.stdout
    elif door in SHOWS_VALUES:
        assert SECRET in opened.stdout
    (tmp_path / "out.csv").unlink(missing_ok=True)
    closed = run_andon(bank, *arguments, user="joe")
    assert closed.returncode == 5
    assert closed.stderr.startswith(
        "error[POL001]: `joe` may not read `raw.payments`: "
        "rule `raw-for-analysts` allows only `analysts`\n  --> policies/access.yml:5:3\n"
    )
    assert "why: Payments tell who lives where." in closed.stderr
    assert "fix: ask `desk`, who owns it, or whoever keeps `policies/access.yml`" in closed.stderr
    assert SECRET not in closed.stdout + closed.stderr
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "select n, town from marts.totals, lateral (select town from raw.payments)",
        "select (select list(p) from raw.payments p) as p from marts.totals",
        "from (pivot raw.payments on town in ('Zanzibar') using count(*))",
        "select n::varchar as town from marts.totals union all by name select town from raw.payments",
        "select * from marts.totals where exists (from raw.payments where town like 'Z%')",
        "with recursive a as (select 1 as i union all from a where i < 0) from a, raw.payments",
        "from raw.payments semi join marts.totals on true",
    ],
)
def test_a_guarded_table_is_guarded_wherever_a_query_names_it(sql: str, bank: Path) -> None:
    with andon.open(bank, user="ana") as project:
        assert project.query(sql).rows
    with andon.open(bank, user="joe") as project, pytest.raises(Denied, match="POL001"):
        project.query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "from query_table('raw.payments')",
        "from query('from raw.payments')",
        "from read_parquet('{}/.andon/**/*.parquet')",
        "from '{}/data/payments.csv'",
        "select content from read_text('{}/data/payments.csv')",
        "select * from parquet_metadata('{}/.andon/**/*.parquet')",
        "attach '{}/prod.duckdb' as p",
    ],
)
def test_no_query_gets_round_the_names_of_tables(sql: str, bank: Path) -> None:
    with andon.open(bank, user="joe") as project, pytest.raises(ProjectInvalid) as caught:
        project.query(sql.format(bank))
    assert {problem.code for problem in caught.value.problems} <= {"SQL001", "SQL002", "SQL003"}
    assert SECRET not in str(caught.value)


def test_a_query_names_all_tables_that_are_refused_and_only_these(bank: Path) -> None:
    sql = "select * from raw.payments, raw.web_visits, raw.salaries, raw.branches, marts.totals"
    answer = run_andon(bank, "query", sql, "--json", user="bob")
    assert answer.returncode == 5
    with andon.open(bank, user="bob") as project, pytest.raises(Denied) as caught:
        project.query(sql)
    assert [problem.what for problem in caught.value.problems] == [
        "`bob` may not read `raw.web_visits`: rule `bob-left` denies it",
        "`bob` may not read `raw.salaries`: rule `people-data` allows only `hr`",
    ]
    assert "`people`, who owns it" in caught.value.problems[1].fix


def test_a_value_is_not_found_in_tables_that_may_not_be_read(bank: Path) -> None:
    found = run_andon(bank, "search", "--value", SECRET, user="ana").stdout
    assert "raw.payments    town" in found
    with andon.open(bank, user="joe") as project:
        answer = project.search_values(SECRET)
    assert answer.found == ()
    assert {one.table: one.why for one in answer.left_out} == {
        "raw.payments": "you may not read it: rule `raw-for-analysts` allows only `analysts`",
        "raw.web_visits": "you may not read it: rule `raw-for-analysts` allows only `analysts`",
        "raw.salaries": "you may not read it: rule `people-data` allows only `hr`",
    }


def test_a_trial_of_all_sources_shows_the_rows_of_those_that_may_be_read(bank: Path) -> None:
    tried = run_andon(bank, "source", "test", user="joe")
    assert tried.returncode == 1
    assert "FAIL  raw.payments" in tried.stdout
    assert "Bern" in tried.stdout
    assert SECRET not in tried.stdout + tried.stderr


def test_failing_rows_that_a_check_took_from_a_guarded_table_are_guarded(bank: Path) -> None:
    refused = run_andon(bank, "show", "marts.totals", "--failing", user="ana")
    assert (refused.returncode, "`raw.salaries`" in refused.stderr) == (5, True)
    assert SECRET in run_andon(bank, "show", "marts.totals", "--failing", user="eve").stdout


def test_a_table_in_hand_is_refused_as_a_query_is(bank: Path) -> None:
    with andon.open(bank, user="joe") as project:
        for as_of in (None, 1):
            with pytest.raises(Denied, match="raw-for-analysts"):
                project.table("raw.payments", as_of=as_of)
    with andon.open(bank, user="ana") as project:
        assert len(project.table("raw.payments").head().rows) == 2


def test_a_program_that_asks_for_others_never_lends_them_its_own_name(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANDON_USER", "ana")
    with andon.open(bank) as project:
        assert project.query("from raw.payments").rows
    with andon.open(bank, user="") as project, pytest.raises(Denied, match="`` may not read"):
        project.query("from raw.payments")


def test_names_columns_and_plans_stay_visible(bank: Path) -> None:
    for arguments in (("ls",), ("show", "raw.payments"), ("plan",), ("quarantine",), ("doctor",)):
        answer = run_andon(bank, *arguments, user="joe")
        assert answer.returncode == 0, answer.stderr
        assert SECRET not in answer.stdout
    assert "town" in run_andon(bank, "show", "raw.payments", user="joe").stdout


def test_a_refusal_is_recorded_with_reader_table_and_rules(bank: Path) -> None:
    run_andon(bank, "query", "from raw.salaries", user="mallory")
    with andon.open(bank) as project:
        tools = project._session.tools(project.spec)
        events = [event for _, _, event in tools.catalog.events(0, None, (ReadDenied.__name__,))]
    expected = ReadDenied(table="raw.salaries", reader="mallory", rules=("people-data",))
    assert expected in events


def test_where_a_refusal_cannot_be_recorded_it_is_a_refusal(bank: Path) -> None:
    with andon.open(bank, user="joe") as project:
        spec = project.spec
    wired = wire(bank, spec, user=lambda: "joe")
    read_only = SqliteCatalog(bank / ".andon" / "catalog.sqlite", read_only=True)
    tools = replace(wired.tools, catalog=read_only)
    with pytest.raises(Denied, match="POL001"):
        require(tools, spec, ("raw.payments",))
    read_only.close()
    wired.close()


def test_rules_hold_while_an_asset_is_half_edited(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path,
        {**BANK, "policies/access.yml": "rules:\n  a: {deny: [everyone], read: [raw.*]}\n"},
    )
    with andon.open(folder, user="joe") as project:
        project.run()
        write_files(folder, {"assets/marts/totals.sql": "selct"})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            assert project.query("select n from marts.totals").rows == ((2,),)
            with pytest.raises(Denied, match="rule `a` denies it"):
                project.query("from raw.payments")
            with pytest.raises(Denied, match="rule `a` denies it"):
                project.table("raw.payments")


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"assets/marts/totals.sql": "selct"}, id="an asset, and rules speak of tags"),
        pytest.param({"policies/access.yml": "rules: ["}, id="the rules"),
        pytest.param({"policies/people.yaml": "group: {}"}, id="the people"),
    ],
)
def test_nothing_is_read_while_it_cannot_be_told_who_may(
    broken: dict[str, str], tmp_path: Path
) -> None:
    folder = write_project(tmp_path, BANK)
    with andon.open(folder, user="ana") as project:
        project.run()
        write_files(folder, broken)
        for name in ("raw.payments", "raw.branches"):
            with pytest.raises(ProjectInvalid):
                project.query(f"from {name}")
            with pytest.raises(ProjectInvalid):
                project.table(name)


def test_old_publications_of_a_renamed_table_are_guarded_as_it_is(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path,
        {
            "assets/hr/pay.sql": f"select '{SECRET}' as town\n",
            "policies/a.yml": "rules:\n  pay: {deny: [everyone], read: [hr.pay]}\n",
        },
    )
    with andon.open(folder, user="joe") as project:
        project.run()
        (folder / "assets/hr/pay.sql").rename(folder / "assets/hr/wages.sql")
        write_files(
            folder, {"policies/a.yml": "rules:\n  w: {deny: [everyone], read: [hr.wages]}\n"}
        )
        project.run()
        for name in ("hr.wages", "hr.pay"):
            with pytest.raises(Denied, match="rule `w` denies it"):
                project.query(f"from {name}", as_of=None if name == "hr.wages" else 1)


def test_tables_of_a_pattern_stay_closed_when_nobody_declares_them_any_more(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path,
        {
            "assets/hr/pay.sql": f"select '{SECRET}' as town\n",
            "assets/hr/staff.sql": "select 1 as n\n",
            "policies/a.yml": 'rules:\n  pay: {deny: [everyone], read: ["hr.pay*"]}\n',
        },
    )
    with andon.open(folder, user="joe") as project:
        project.run()
        (folder / "assets/hr/pay.sql").unlink()
        project.run()
        with pytest.raises(Denied, match="rule `pay` denies it"):
            project.query("from hr.pay", as_of=1)
        assert [warning.code for warning in project.spec.warnings] == ["POL004"]


def test_what_is_built_from_guarded_tables_and_covered_by_no_rule_is_told(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {**BANK, "assets/marts/copy.sql": "from raw.payments\n"})
    with andon.open(folder, user="joe") as project:
        (warning,) = project.plan().warnings
        assert (warning.code, warning.severity) == ("POL007", "warning")
        assert "`marts.copy` (reads `raw.payments`)" in warning.what
        assert project.run().exit_code == 0
        assert (1, SECRET, 10) in project.query("select id, town, amount from marts.copy").rows
