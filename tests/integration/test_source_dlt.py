"""dlt resources are read with the state that dlt keeps, and nothing of dlt leaves the project."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from andon.errors import TaskFailed
from tests.factories import andon_command, child_environment, rows_of, write_project
from tests.generating import Functions, firsts, functions

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:dlt")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
    monkeypatch.setenv("DLT_PROJECT_DIR", str(tmp_path))
    with functions(tmp_path) as made:
        yield made


ISSUES = """
import json, pathlib
import dlt
DATA = pathlib.Path(__file__).with_name("data.json")

@source(mode="append", {more})
@dlt.resource(name="issues")
def f(updated=dlt.sources.incremental("updated", initial_value=0)):
    with DATA.with_name("asked.txt").open("a") as asked:
        asked.write(f"{{updated.start_value}}\\n")
    yield from json.loads(DATA.read_text())
"""


def pages(shop: Functions, *found: object, more: str = "") -> None:
    shop.write(ISSUES.format(more=more))
    (shop.root / "sources/data.json").write_text(json.dumps(found))


def issues(*updated: int) -> list[dict[str, int]]:
    return [{"updated": number, "id": number} for number in updated]


def asked(shop: Functions) -> list[str]:
    return (shop.root / "sources/asked.txt").read_text().split()


def test_an_incremental_resource_goes_on_where_it_was(shop: Functions) -> None:
    pages(shop, issues(1, 3))
    shop.ask()
    pages(shop, issues(1, 3), issues(3, 4))
    shop.ask()
    assert asked(shop) == ["0", "3"]
    assert firsts(shop.rows()) == [1, 3, 4]


def test_nothing_new_is_no_delivery(shop: Functions) -> None:
    pages(shop, issues(1, 3))
    shop.ask()
    assert shop.ask() == ()


def test_the_state_is_that_of_the_deliveries_in_force(shop: Functions) -> None:
    pages(shop, issues(1, 3))
    shop.ask()
    before = list(shop.known)
    pages(shop, issues(3, 7))
    shop.ask()
    shop.known = before  # as a rollback leaves it
    shop.ask()
    assert asked(shop) == ["0", "3", "3"]
    assert firsts(shop.rows()) == [1, 3, 7]


MANY = """
import dlt
@source(mode="append")
def f():
    @dlt.resource
    def rows(n=dlt.sources.incremental("n", initial_value=-1, row_order=None)):
        for n in {numbers}:
            yield [{{"n": n, "fill": "x" * 2_000_000}}]
    return rows
"""


@pytest.mark.parametrize("batches", [1, 2])
def test_reading_that_was_interrupted_begins_again_and_repeats_nothing(
    shop: Functions, batches: int
) -> None:
    # Five rows of two million characters make a piece of eight megabytes.
    numbers = [9, 2, 8, 1, 7, 3, 6, 0, 5, 4, 11, 10, 12, 13]
    shop.write(MANY.format(numbers=numbers))
    shop.ask(batches=batches)
    shop.ask(batches=batches)
    shop.ask()
    assert firsts(shop.rows(columns="n")) == sorted(numbers, key=str)
    assert shop.ask() == ()


def test_all_rows_each_time_begin_without_a_state(shop: Functions) -> None:
    pages(shop, issues(1, 3))
    code = (shop.root / "sources/s.py").read_text().replace('mode="append", ', "")
    (shop.root / "sources/s.py").write_text(code)
    shop.ask()
    shop.ask()
    assert asked(shop) == ["0", "0"]
    assert firsts(shop.rows()) == [1, 3]


SOURCE = """
import dlt, pyarrow as pa

@dlt.source
def tracker(token=dlt.secrets.value):
    @dlt.resource
    def issues():
        yield {"id": 1, "token": token}

    @dlt.transformer(data_from=issues)
    def comments(issue):
        return [{"issue": issue["id"], "n": n} for n in (1, 2)]

    @dlt.resource
    def labels():
        yield pa.table({"label": ["a"]})

    return issues, comments, labels

"""


def test_a_source_with_several_resources_gives_several_tables(shop: Functions) -> None:
    shop.write(
        SOURCE + "@source(resources=['issues', 'comments', 'labels'], settings={'word': 'x'})\n"
        "def f(word):\n    return tracker(token=word)\n"
    )
    found = {}
    for name in ("issues", "comments", "labels"):
        shop.known = []
        shop.ask(f"s.{name}")
        found[name] = shop.rows(f"s.{name}")
    assert found == {"issues": [(1, "x")], "comments": [(1, 1), (1, 2)], "labels": [("a",)]}


def test_one_resource_of_a_source_needs_no_name(shop: Functions) -> None:
    shop.write(SOURCE + "@source\ndef f():\n    return tracker('x').with_resources('labels')\n")
    shop.ask()
    assert shop.rows() == [("a",)]


@pytest.mark.parametrize("declared", ["", "resources=['isues']"])
def test_a_resource_that_is_not_named_or_not_there_is_told(shop: Functions, declared: str) -> None:
    shop.write(SOURCE + f"@source({declared})\ndef f():\n    return tracker('x')\n")
    with pytest.raises(TaskFailed) as caught:
        shop.ask("s.isues" if declared else "s.f")
    assert caught.value.code == "SRC063"
    assert 'resources=["issues", "comments", "labels"]' in caught.value.problems[0].fix


def test_an_error_within_a_resource_begins_at_the_line_of_the_user(shop: Functions) -> None:
    shop.write(
        "import dlt\n@source(mode='append')\n@dlt.resource\ndef f():\n"
        "    yield {'n': 1}\n    raise KeyError('x')\n"
    )
    with pytest.raises(TaskFailed) as caught:
        shop.ask()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where and problem.where.line) == ("PYA001", 7)
    assert "KeyError" in problem.what
    assert firsts(shop.rows()) == [1]


RUN = """
from andon import source
import dlt

@source(mode="append")
@dlt.resource
def f(n=dlt.sources.incremental("n", initial_value=-1)):
    yield [{"n": n.start_value + 1}]
"""


def test_a_run_writes_nothing_outside_of_the_project_and_reports_to_nobody(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", write_project(tmp_path / "shop", {"sources/s.py": RUN})
    home.mkdir()
    environment = {k: v for k, v in child_environment().items() if not k.startswith("DLT")}
    for _ in range(2):
        subprocess.run(
            andon_command(folder, "run"),
            env={**environment, "HOME": str(home), "ANDON_TEST": "1"},
            cwd=home,
            check=True,
            capture_output=True,
        )
    assert list(home.iterdir()) == []
    assert not [path for path in folder.rglob("*") if ".dlt" in path.name]
    assert [row[0] for row in rows_of(folder, "select n from s.f")] == [0, 1]
    with andon.open(folder) as project:
        project.rollback()
        project.run()
        project.run()
    assert [row[0] for row in rows_of(folder, "select n from s.f")] == [0, 1, 2]


def test_secrets_of_dlt_are_found_in_the_project(tmp_path: Path) -> None:
    code = SOURCE + "@source\ndef f():\n    return tracker().with_resources('issues')\n"
    files = {
        ".dlt/secrets.toml": 'token = "from-file"\n',
        "sources/s.py": f"from andon import source\n{code}",
    }
    folder = write_project(tmp_path, files)
    with andon.open(folder) as project:
        project.run()
    assert rows_of(folder, "select id, token from s.f") == [(1, "from-file")]
