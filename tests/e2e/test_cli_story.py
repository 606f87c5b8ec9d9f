"""A project from its first run to a rollback, as processes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.e2e.terminal import andon, on_a_terminal

SHAPES = Path(__file__).parents[2] / "docs" / "reference" / "json.md"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    andon("init", at=tmp_path)
    return tmp_path


@pytest.fixture
def published(project: Path) -> Path:
    assert andon("run", at=project).code == 0
    return project


def spoil(project: Path) -> None:
    """Append an order whose number is there already."""
    orders = project / "data" / "orders.csv"
    orders.write_text(orders.read_text("utf-8") + "8,1,2026-03-02,paid,5\n", "utf-8")


def mend(project: Path) -> None:
    orders = project / "data" / "orders.csv"
    orders.write_text(
        orders.read_text("utf-8").replace("8,1,2026-03-02", "9,1,2026-03-02"), "utf-8"
    )


def test_plan_check_tells_by_exit_code_whether_there_is_work(project: Path) -> None:
    before = andon("plan", "--check", at=project)
    assert before.code == 10
    assert "build  staging.orders" in before.out
    assert "next: andon run" in before.err
    assert andon("run", at=project).code == 0
    assert andon("plan", "--check", at=project).code == 0


def test_a_run_prints_one_line_per_asset_and_the_publication(project: Path) -> None:
    answer = andon("run", at=project)
    assert re.search(r"^ok +\S+ m?s  staging\.orders  8 rows$", answer.out, re.MULTILINE)
    assert "published 5 assets in prod as publication 1" in answer.out
    assert "next: andon show marts.customer_value" in answer.err
    assert "next:" not in answer.out


def test_a_second_run_has_nothing_to_do(published: Path) -> None:
    answer = andon("run", at=published)
    assert answer.code == 0
    assert "nothing to do in prod" in answer.out


def test_show_tells_what_is_declared_about_a_column(project: Path) -> None:
    (project / "sources" / "crm.yml").write_text(
        "tables:\n  people:\n    path: data/people.csv\n"
        "    columns:\n      mail: {description: as given, classification: pii.email}\n"
    )
    (project / "data" / "people.csv").write_text("id,mail\n1,a@b.example\n")
    assert andon("run", "crm.people", at=project).code == 0
    answer = andon("show", "crm.people", at=project)
    assert re.search(r"^  mail +VARCHAR  as given, pii\.email$", answer.out, re.MULTILINE)


def test_a_failed_check_holds_what_rests_on_it_and_shows_the_rows(published: Path) -> None:
    spoil(published)
    failed = andon("run", at=published)
    assert failed.code == 1
    assert "stop   unique: order_id: 2 of 9 rows" in failed.out
    assert re.search(r"^held +marts\.customer_value", failed.out, re.MULTILINE)
    assert "next: andon show staging.orders --failing" in failed.err
    shown = andon("show", "staging.orders", "--failing", at=published)
    assert "unique: order_id: 2 rows failed" in shown.out
    served = andon("query", "select count(*) as n from staging.orders", "--json", at=published)
    assert served.document["rows"] == [[8]]


def test_a_mended_file_is_published_and_can_be_taken_back(published: Path) -> None:
    spoil(published)
    andon("run", at=published)
    mend(published)
    assert andon("run", at=published).code == 0
    back = andon("rollback", "--to", "1", "--by", "ada", at=published)
    assert back.code == 0
    assert "taken back" in back.out
    listed = andon("history", "--json", at=published).document["publications"]
    assert [(p["kind"], p["held"] != []) for p in listed] == [
        ("rollback", False),
        ("publish", False),
        ("publish", True),
        ("publish", False),
    ]
    assert "ada" in listed[0]["note"]
    assert "blocked" in andon("plan", at=published).out
    assert andon("rollback", "--release", at=published).code == 0
    assert andon("run", at=published).code == 0


def test_check_judges_what_is_published_and_says_when_nothing_is(project: Path) -> None:
    before = andon("check", at=project)
    assert "nothing was judged" in before.out
    assert "next: andon run" in before.err
    andon("run", at=project)
    after = andon("check", "staging.orders", at=project)
    assert after.code == 0
    assert "5 checks of 1 asset: all passed" in after.out


def test_quiet_tells_failures_only(published: Path) -> None:
    spoil(published)
    answer = andon("run", "-q", at=published)
    assert answer.code == 1
    assert answer.out.splitlines()[0].startswith("FAIL")
    assert answer.err == ""


def test_an_earlier_publication_can_be_read(published: Path) -> None:
    spoil(published)
    mend(published)
    andon("run", at=published)
    question = "select count(*) as n from staging.orders"
    now = andon("query", question, "--format", "csv", at=published)
    then = andon("query", question, "--format", "csv", "--as-of", "1", at=published)
    assert (now.out, then.out) == ("n\n9\n", "n\n8\n")


def test_a_query_takes_parameters_and_standard_input(published: Path) -> None:
    question = "select name from staging.customers where country = $c order by name"
    answer = andon("query", "-", "-p", "c=GB", "--format", "csv", at=published, given=question)
    assert answer.out == "name\nAda\nDirac\n"


def test_a_cut_result_says_so_on_stderr(published: Path) -> None:
    answer = andon("query", "select * from raw.orders", "--limit", "2", at=published)
    assert len(answer.out.splitlines()) == 4
    assert "--limit 0" in answer.err


def test_a_wrong_query_is_a_wrong_call(published: Path) -> None:
    answer = andon("query", "select * from staging.order", at=published)
    assert (answer.code, answer.out) == (2, "")
    assert "`staging.orders`" in answer.err


def test_an_invalid_project_is_exit_3_with_the_place(project: Path) -> None:
    asset = project / "assets" / "staging" / "orders.sql"
    asset.write_text(asset.read_text("utf-8").replace("raw.orders", "raw.ordrs"), "utf-8")
    answer = andon("plan", at=project)
    assert answer.code == 3
    assert "assets/staging/orders.sql:" in answer.err
    assert "more: andon explain" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("run",),
        ("check",),
        ("show", "staging.orders"),
        ("show", "staging.orders", "--failing"),
        ("query", "select 1 as x"),
        ("ls",),
        ("history",),
        ("gc", "--dry-run"),
        ("doctor",),
    ],
)
def test_json_is_one_document_of_the_documented_shape(
    published: Path, arguments: tuple[str, ...]
) -> None:
    answer = andon(*arguments, "--json", at=published)
    assert (answer.code, answer.err) == (0, "")
    call = f"{arguments[0]} --failing" if "--failing" in arguments else arguments[0]
    line = re.search(rf"^\| `{call}` \| (.*) \|$", SHAPES.read_text("utf-8"), re.MULTILINE)
    assert line is not None
    assert set(answer.document) == {"andon", "command", *re.findall(r"`(\w+)`", line[1])}
    assert answer.document["andon"] == 1


def test_jsonl_is_a_line_per_event_and_then_the_result(project: Path) -> None:
    answer = andon("run", "--jsonl", at=project)
    lines = [json.loads(line) for line in answer.out.splitlines()]
    assert answer.err == ""
    assert {line["event"] for line in lines[:-1]} == {"landed", "started", "finished"}
    assert (lines[-1]["command"], lines[-1]["publication"]["number"]) == ("run", 1)


def test_nothing_drawn_is_piped(project: Path) -> None:
    answer = andon("run", "-v", at=project)
    assert "\x1b" not in answer.out + answer.err
    assert "\r" not in answer.out + answer.err


def test_a_terminal_gets_colours(project: Path) -> None:
    assert "\x1b[32mok" in on_a_terminal("run", at=project)


def test_a_terminal_sees_what_is_running(project: Path) -> None:
    slow = "select sum(hash(a.range * b.range)) as x from range(8000) a, range(20000) b"
    (project / "assets" / "staging" / "slow.sql").write_text(slow, "utf-8")
    sent = on_a_terminal("run", at=project)
    assert re.search(r"\r\x1b\[2K\x1b\[2m\d done, .* \| .*staging\.slow", sent)
    assert sent.rindex("\x1b[2K") < sent.index("published 6 assets")


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_plain_terminal_gets_plain_lines(project: Path, extra: dict[str, str]) -> None:
    sent = on_a_terminal("run", at=project, **extra)
    assert "\x1b" not in sent
    assert "published 5 assets" in sent


def test_commands_find_the_project_from_elsewhere(
    published: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    before = andon("--project", str(published), "ls", at=elsewhere)
    after = andon("ls", "--project", str(published / "assets"), at=elsewhere)
    assert before.code == 0
    assert before.out == after.out
    assert "marts.customer_value" in before.out
