"""`andon search` and `andon source ls` as a person and a script call them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from andon.app.running.order import Order
from andon.app.running.run import run
from andon.app.wiring.wire import wire
from andon.clock import FixedClock
from andon.project.load import load
from tests.e2e.terminal import andon
from tests.factories import SHOP, write_project


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("cli") / "shop", SHOP)
    assert andon("run", at=folder).code == 0
    assert andon("query", "select * from marts.value", at=folder).code == 0
    return folder


def test_what_was_found_is_told_with_the_reason(shop: Path) -> None:
    answer = andon("search", "custmer", "name", at=shop)
    assert answer.code == 0
    assert answer.out.splitlines()[2].startswith("staging.customers")
    assert "name (customers), column" in answer.out
    assert "next: andon show staging.customers" in answer.err


def test_a_script_gets_scores_and_what_they_are_made_of(shop: Path) -> None:
    document = andon("search", "value", "--json", at=shop).document
    (found,) = document["found"]
    assert document["total"] == 1
    assert found["dataset"] == "marts.value"
    made = found["text"] * (0.7 + 0.3 * found["trust"]) * (1 + 0.25 * found["use"])
    assert found["score"] == pytest.approx(made, rel=1e-3)
    assert found["matches"] == [{"typed": "value", "field": "name", "words": ["value"]}]


def test_finding_nothing_is_no_failure(shop: Path) -> None:
    answer = andon("search", "penguins", at=shop)
    assert (answer.code, answer.out) == (0, "")
    assert "none of 6 datasets" in answer.err


def test_values_are_found_with_what_was_looked_at(shop: Path) -> None:
    answer = andon("search", "--value", "Ann", at=shop)
    assert answer.code == 0
    assert [line.split()[:3] for line in answer.out.splitlines()[2:]] == [
        ["marts.value", "name", "1"],
        ["raw.customers", "name", "1"],
        ["staging.customers", "name", "1"],
    ]
    assert "looked at" in answer.err
    document = andon("search", "--values", "[AB].*", "--json", at=shop).document
    assert [one["rows"] for one in document["found"]] == [2, 2, 2]


@pytest.mark.parametrize("arguments", [[], ["--value", "a", "--values", "b"]])
def test_what_is_looked_for_is_said_once(shop: Path, arguments: list[str]) -> None:
    assert andon("search", *arguments, at=shop).code == 2


def test_sources_are_listed_with_cost_and_use(shop: Path) -> None:
    answer = andon("source", "ls", at=shop)
    assert answer.code == 0
    assert answer.out.splitlines()[2].split()[:3] == ["raw", "files", "2"]
    (source,) = andon("source", "ls", "--json", at=shop).document["sources"]
    assert (source["runs"], source["reads"], len(source["readers"])) == (1, 1, 1)
    assert [table["table"] for table in source["tables"]] == ["raw.customers", "raw.orders"]
    shown = andon("show", "raw.orders", "--json", at=shop).document
    assert shown["usage"] == {k: v for k, v in source["tables"][1].items() if k != "table"}


def test_nothing_is_unread_that_came_just_now(shop: Path) -> None:
    answer = andon("source", "ls", "--unread", "90", at=shop)
    assert (answer.code, answer.out) == (0, "")
    assert "no source is known to be unread for 90 days" in answer.err
    assert andon("source", "ls", "--unread", "90", "--json", at=shop).document["sources"] == []


def test_a_source_that_nobody_read_for_91_days_is_listed_with_what_it_costs(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "shop", SHOP)
    wired = wire(folder, load(folder), clock=FixedClock(at=datetime.now(UTC) - timedelta(days=91)))
    run(wired.tools, load(folder), Order(environment="prod"))
    wired.close()
    answer = andon("source", "ls", "--unread", "90", "--days", "100", at=folder)
    assert answer.code == 0
    row = answer.out.splitlines()[2].split()
    assert row[:3] == ["raw", "files", "2"]
    assert row[-2:] == ["never", "0"]
    assert "1 source unread for 90 days" in answer.err
    assert "not seen: reads through views for other tools" in answer.err
    assert andon("query", "select * from marts.value", at=folder).code == 0
    assert andon("source", "ls", "--unread", "90", at=folder).out == ""
