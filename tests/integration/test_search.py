"""Search in real projects: a thousand datasets, and the rows of published tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from andon.app.project import Project
from andon.app.showing.search import DAYS, Shelves
from andon.app.showing.search_values import ValueAnswer
from andon.app.wiring.wire import wire
from andon.clock import FixedClock
from andon.errors import ProjectInvalid, UsageError
from andon.project.load import load
from tests.factories import SHOP, write_files, write_project
from tests.searching.catalogue import DATASETS, later_queries, queries, write_catalogue
from tests.searching.standing import NOON, publish


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelves]:
    folder = write_catalogue(tmp_path_factory.mktemp("catalogue"))
    spec = load(folder)
    wired = wire(folder, spec, clock=FixedClock(at=NOON))
    publish(wired.tools)
    yield Shelves(wired.tools, spec, "prod")
    wired.close()


def share_in_top_5(shelves: Shelves, labelled: list[tuple[str, str]]) -> float:
    found = [
        target in [one.name for one in shelves.search(words, 5).found] for words, target in labelled
    ]
    return sum(found) / len(found)


def test_of_1000_datasets_the_one_meant_is_in_the_top_5_for_90_of_100_queries(
    shelves: Shelves,
) -> None:
    labelled = queries()
    assert len(labelled) == len(set(labelled)) == 100
    assert shelves.search("orders", 1).datasets >= DATASETS
    assert share_in_top_5(shelves, labelled) >= 0.9


def test_so_it_is_for_queries_written_when_the_ranking_was_there(shelves: Shelves) -> None:
    assert share_in_top_5(shelves, later_queries()) >= 0.9


def test_reads_of_the_last_days_are_the_use_of_a_dataset(tmp_path: Path) -> None:
    folder = write_project(
        tmp_path / "shop", {**SHOP, "assets/old/value.sql": "select * from marts.value\n"}
    )
    with andon.open(folder) as project:
        project.run()
        for _ in range(20):
            project.table("old.value").head()
        found = {one.name: one for one in project.search("value").found}
    assert (found["old.value"].reads, found["marts.value"].reads) == (20, 0)
    assert found["old.value"].use > found["marts.value"].use
    assert DAYS == 30


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    files = {
        **SHOP,
        "sources/raw.yml": (
            "owner: growth\nsystem: webshop\ntables:\n"
            "  orders: {path: data/orders*.csv, description: Purchases as they come in}\n"
            "  customers: {path: data/customers.csv}\n"
        ),
        "assets/staging/later.sql": (
            "/* andon\ntags: [finance]\ncolumns:\n"
            "  iban: {type: VARCHAR, classification: pii.bank, description: Account to pay to}\n*/\n"
            "select 'x' as iban from staging.orders where error('never') is null\n"
        ),
        "glossary.yml": (
            "terms:\n  customer: {synonyms: [client], used_in: [raw.customers]}\n"
            "  turnover: {used_in: [marts.value.amount], definition: What was earned}\n"
            "  lead: Somebody who may buy\n"
        ),
    }
    folder = write_project(tmp_path_factory.mktemp("shop") / "shop", files)
    with andon.open(folder) as project:
        project.run()
        yield project


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("purchases", "raw.orders"),
        ("client", "raw.customers"),
        ("turnover", "marts.value"),
        ("term:customer", "raw.customers"),
        ("column:iban", "staging.later"),
        ("tag:finance", "staging.later"),
        ("pii", "staging.later"),
        ("account to pay", "staging.later"),
        ("webshop", "raw"),
        ("owner:growth", "raw.orders"),
    ],
)
def test_a_dataset_is_found_by_all_that_is_known_of_it(
    shop: Project, words: str, name: str
) -> None:
    assert shop.search(words, 1).found[0].name == name


def test_columns_that_were_found_are_named(shop: Project) -> None:
    (found,) = shop.search("name:value column:amount").found
    assert found.columns == ("amount",)


def test_what_is_published_comes_before_what_is_not(shop: Project) -> None:
    write_files(shop.root, {"assets/a/value.sql": "select 1 as customer_id\n"})
    found = [(one.name, one.is_served) for one in shop.search("value").found]
    (shop.root / "assets/a/value.sql").unlink()
    assert found == [("marts.value", True), ("a.value", False)]


def test_what_is_published_is_found_while_the_project_does_not_load(shop: Project) -> None:
    write_files(shop.root, {"assets/a/broken.sql": "select from from\n"})
    with pytest.warns(UserWarning, match="does not load"):
        found = shop.search("value").found
    (shop.root / "assets/a/broken.sql").unlink()
    assert [(one.name, one.kind) for one in found] == [("marts.value", "removed")]


def test_a_glossary_that_names_what_nobody_declares_is_refused(tmp_path: Path) -> None:
    glossary = "terms:\n  customer:\n    used_in: [marts.value, marts.valeu, raw.customers.name]\n"
    write_project(tmp_path, {**SHOP, "glossary.yml": glossary})
    with pytest.raises(ProjectInvalid) as error:
        load(tmp_path)
    (problem,) = error.value.problems
    assert (problem.code, problem.where and problem.where.line) == ("PRJ050", 3)
    assert problem.fix == "write `marts.value` (closest known name)"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("customer: {}\n", "PRJ004"),
        ("terms:\n  customer: {synonims: [client]}\n", "PRJ004"),
        ("terms:\n  customer: [client]\n", "PRJ005"),
        ("terms:\n  customer: 7\n", "PRJ005"),
        ("terms: [customer]\n", "PRJ005"),
        ("terms: {", "PRJ002"),
    ],
)
def test_a_glossary_that_cannot_be_read_is_refused(tmp_path: Path, text: str, code: str) -> None:
    write_project(tmp_path, {**SHOP, "glossary.yml": text})
    with pytest.raises(ProjectInvalid) as error:
        load(tmp_path)
    assert error.value.code == code


def test_an_empty_glossary_has_no_terms(tmp_path: Path) -> None:
    write_project(tmp_path, {**SHOP, "glossary.yml": "terms:\n"})
    assert load(tmp_path).glossary == ()


IBANS = "".join(f"{n},DE{n:020d},ok\n" for n in range(500))
BANK = {
    "sources/bank.yml": "tables:\n  accounts: {path: data/*.csv}\n",
    "data/a.csv": f"id,iban,note\n{IBANS}",
    "data/b.csv": "id,iban,note\n1000,FR7630006000011234567890189,DE00000000000000000007\n",
    "assets/m/all.sql": "/* andon\nmaterialize: view\n*/\nselect * from bank.accounts\n",
    "assets/m/payouts.sql": (
        "select id as number, iban as pay_to, date '2026-01-01' + id::int as due,"
        " id % 2 = 0 as is_even from bank.accounts\n"
    ),
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = write_project(tmp_path_factory.mktemp("bank") / "bank", BANK)
    later = folder / "data/b.csv"
    text = later.read_text()
    later.unlink()
    with andon.open(folder) as project:
        assert project.run().status == "done"
        later.write_text(text)
        assert project.run().status == "done"
        yield project


def where(answer: ValueAnswer) -> dict[str, int]:
    return {f"{one.table}.{one.column}": one.rows for one in answer.found}


def test_a_pattern_finds_the_columns_that_hold_it(bank: Project) -> None:
    answer = bank.search_values("DE[0-9]{20}", is_pattern=True)
    assert where(answer) == {
        "bank.accounts.iban": 500,
        "bank.accounts.note": 1,
        "m.payouts.pay_to": 500,
    }
    assert answer.tables == 2
    assert [(one.table, one.why) for one in answer.left_out] == [
        ("m.all", "a view, whose rows are made of tables")
    ]


def test_a_pattern_has_to_match_the_whole_of_a_value(bank: Project) -> None:
    assert where(bank.search_values("DE", is_pattern=True)) == {}
    assert where(bank.search_values("DE[0-9]+7", is_pattern=True))["bank.accounts.iban"] == 50


def test_a_value_is_looked_for_as_it_stands(bank: Project) -> None:
    assert where(bank.search_values("FR7630006000011234567890189")) == {
        "bank.accounts.iban": 1,
        "m.payouts.pay_to": 1,
    }
    assert where(bank.search_values("FR.*")) == {}


@pytest.mark.parametrize(
    ("value", "column"), [("499", "m.payouts.number"), ("2026-01-08", "m.payouts.due")]
)
def test_a_value_is_looked_for_in_columns_of_its_own_type(
    bank: Project, value: str, column: str
) -> None:
    assert where(bank.search_values(value))[column] == 1


def test_columns_that_cannot_hold_it_are_ruled_out_without_reading(bank: Project) -> None:
    answer = bank.search_values("zz9")
    assert (answer.columns, answer.rows) == (0, 0)
    assert answer.ruled_out >= 3


def test_only_files_that_can_hold_it_are_read(bank: Project) -> None:
    answer = bank.search_values("FR76[0-9]+", is_pattern=True, words="accounts")
    assert where(answer) == {"bank.accounts.iban": 1}
    assert answer.rows < 501


def test_a_table_of_which_only_the_first_rows_were_read_is_told(bank: Project) -> None:
    answer = bank.search_values("DE[0-9]{20}", is_pattern=True, words="payouts", most_rows=100)
    assert [(one.table, one.looked_at) for one in answer.found] == [("m.payouts", 100)]
    assert [one.why for one in answer.left_out] == ["all but its first 100 rows"]


def test_tables_for_which_there_was_no_time_are_told(bank: Project) -> None:
    answer = bank.search_values("x", most_seconds=0)
    assert (answer.tables, answer.found) == (0, ())
    assert {one.table for one in answer.left_out} == {"bank.accounts", "m.all", "m.payouts"}


def test_words_say_where_to_look(bank: Project) -> None:
    assert where(bank.search_values("DE[0-9]{20}", is_pattern=True, words="column:pay")) == {
        "m.payouts.pay_to": 500
    }


def test_a_pattern_that_is_none_is_refused_and_not_repeated(bank: Project) -> None:
    with pytest.raises(UsageError) as error:
        bank.search_values("secret(", is_pattern=True)
    assert error.value.code == "APP013"
    assert "secret" not in str(error.value)


def test_looking_for_values_is_no_use_of_what_is_looked_at(bank: Project) -> None:
    bank.search_values("DE[0-9]{20}", is_pattern=True)
    assert bank.sources.use().sources[0].whole.use.reads == 0


def test_a_damaged_table_is_left_out_and_the_others_are_looked_at(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "bank", BANK)
    with andon.open(folder) as project:
        project.run()
        (broken,) = (folder / ".andon/data/m.payouts").glob("*.parquet")
        broken.write_bytes(b"PAR1")
        answer = project.search_values("DE[0-9]{20}", is_pattern=True)
    assert where(answer) == {"bank.accounts.iban": 500, "bank.accounts.note": 1}
    assert ("m.payouts", "it cannot be read (STO003)") in [
        (one.table, one.why) for one in answer.left_out
    ]


def test_long_texts_whose_statistics_are_cut_are_found(tmp_path: Path) -> None:
    long = "b" * 300 + "tail"
    files = {"assets/m/texts.sql": f"select '{long}' as text union all select 'a'\n"}
    with andon.open(write_project(tmp_path / "long", files)) as project:
        project.run()
        assert where(project.search_values(long)) == {"m.texts.text": 1}
        assert where(project.search_values("b+tail", is_pattern=True)) == {"m.texts.text": 1}
        assert project.search_values("A").ruled_out == 1
