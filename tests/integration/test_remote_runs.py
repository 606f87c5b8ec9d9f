"""Runs over remote files: what is told, what is kept when something fails, what is asked for again."""

from __future__ import annotations

from pathlib import Path

import pytest

import andon
from andon.execution.outcome import Landed, Notice
from tests.factories import rows_of, run_andon, write_project
from tests.remotes import Gcs, secret
from tests.webserver import PlainHttp


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("andon.sources.remote.retries.FIRST_WAIT_S", 0.005)


def shop(folder: Path, web: PlainHttp, *names: str, connection: str = "{kind: files}") -> Path:
    paths = ", ".join(f"'http://{web.host}/{name}'" for name in names)
    text = f"connection: {connection}\ntables:\n  t: {{path: [{paths}]}}\n"
    return write_project(
        folder, {"sources/raw.yml": text, "assets/m/n.sql": "select count(*) n from raw.t\n"}
    )


def landed(folder: Path) -> tuple[list[Landed], andon.RunReport]:
    told: list[Notice] = []
    with andon.open(folder) as project:
        report = project.run(observer=told.append)
    return [notice for notice in told if isinstance(notice, Landed)], report


def test_repeated_and_changed_files_are_told_once_they_are_landed(
    tmp_path: Path, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n")
    web.put("copy-of-a.csv", b"id\n1\n")
    web.put("b.csv", b"id\n2\n")
    shop(tmp_path, web, "a.csv", "copy-of-a.csv", "b.csv")
    (first,), _ = landed(tmp_path)
    same = (f"http://{web.host}/copy-of-a.csv", f"http://{web.host}/a.csv")
    assert (first.new, first.changed, first.repeated) == (2, 0, (same,))
    web.put("b.csv", b"id\n2\n3\n")
    (second,), _ = landed(tmp_path)
    assert (second.new, second.changed, second.repeated) == (0, 1, ())
    assert rows_of(tmp_path, "from m.n") == [(3,)]


def test_what_is_the_same_after_all_builds_nothing(tmp_path: Path, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = "tagless timeless"
    shop(tmp_path, web, "a.csv")
    landed(tmp_path)
    with andon.open(tmp_path) as project:
        verbs = {action.asset: action.verb for action in project.plan().actions}
    told, report = landed(tmp_path)
    assert verbs == {"raw.t": "ask", "m.n": "maybe"}
    assert (told, report.publication) == ([], None)
    assert report.status == "done"


def test_a_file_that_does_not_come_is_left_out_told_and_asked_for_again(
    tmp_path: Path, web: PlainHttp
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        web.put(name, b"id\n%d\n" % ord(name[0]))
    web.manners["b.csv"] = "short"
    shop(tmp_path, web, "a.csv", "b.csv", "c.csv")
    (first,), report = landed(tmp_path)
    assert (first.new, report.status, report.exit_code) == (2, "done", 0)
    assert [warning.code for warning in report.warnings] == ["SRC025"]
    assert [warning.code for warning in report.outcomes[0].warnings] == ["SRC025"]
    assert rows_of(tmp_path, "from m.n") == [(2,)]
    told, report = landed(tmp_path)
    assert (told, report.publication) == ([], None)
    assert [warning.code for warning in report.warnings] == ["SRC025"]
    web.manners.clear()
    web.asked.clear()
    (second,), report = landed(tmp_path)
    assert (second.new, report.status, report.warnings) == (1, "done", ())
    assert web.bodies() == ["b.csv"]
    assert rows_of(tmp_path, "from m.n") == [(3,)]


def test_a_file_that_is_refused_is_told_on_every_run_and_stops_no_other(
    tmp_path: Path, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["b.csv"] = "refuse"
    shop(tmp_path, web, "a.csv", "b.csv")
    for status in ("done", "nothing"):
        report = landed(tmp_path)[1]
        assert report.status == status
        assert [warning.code for warning in report.warnings] == ["SRC022"]
    done = run_andon(tmp_path, "run")
    assert done.returncode == 0
    assert "warning[SRC022]: left out of `raw.t`" in done.stderr


def test_a_place_that_cannot_be_reached_leaves_what_was_published(
    tmp_path: Path, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n")
    shop(tmp_path, web, "a.csv")
    landed(tmp_path)
    web.manners["a.csv"] = "refuse"
    _, report = landed(tmp_path)
    assert report.status == "failed"
    assert rows_of(tmp_path, "from m.n") == [(1,)]


def test_no_secret_is_printed_or_kept(tmp_path: Path, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    secret("ANDON_TEST_SIG", "sig=s3cr3t")
    query = "{kind: files, query: {env: ANDON_TEST_SIG}}"
    shop(tmp_path, web, "a.csv", connection=query)
    done = run_andon(tmp_path, "run", "--verbose")
    web.manners["a.csv"] = "refuse"
    failed = run_andon(tmp_path, "run", "--json")
    assert (done.returncode, failed.returncode) == (0, 1)
    for text in (done.stdout, done.stderr, failed.stdout, failed.stderr):
        assert "s3cr3t" not in text
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"s3cr3t" not in path.read_bytes(), path


def test_a_file_set_aside_is_not_fetched_again(tmp_path: Path, gcs: Gcs) -> None:
    gcs.put("in/a.csv", b"id\n1\n")
    gcs.put("in/b.csv", b"id\n2\n")
    source = (
        f"connection: {{kind: files, anonymous: true, endpoint_url: '{gcs.url}'}}\n"
        f"tables:\n  t: {{path: '{gcs.address('in/*.csv')}'}}\n"
    )
    write_project(tmp_path, {"sources/raw.yml": source})
    landed(tmp_path)
    with andon.open(tmp_path) as project:
        project.set_aside(gcs.address("in/b.csv"))
    told, _ = landed(tmp_path)
    assert told == []
    assert rows_of(tmp_path, "select id from raw.t") == [(1,)]


def test_files_that_vanished_are_told_and_their_rows_stay(tmp_path: Path, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.put("b.csv", b"id\n2\n")
    shop(tmp_path, web, "a.csv", "b.csv")
    landed(tmp_path)
    del web.files["b.csv"]
    with andon.open(tmp_path) as project:
        warnings = project.plan().warnings
    assert [problem.code for problem in warnings] == ["RUN007"]
    assert rows_of(tmp_path, "from m.n") == [(2,)]
