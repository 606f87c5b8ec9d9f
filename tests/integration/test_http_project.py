"""A project that reads an API, from its YAML to what is published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import andon
from andon.errors import ProjectInvalid
from andon.project.load import load
from andon.spec.origin import Auth, HttpOrigin, Paging, Secret
from tests.factories import rows_of, run_andon, write_files, write_project
from tests.servers import api as faults
from tests.servers.api import Api, serving


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        served.rows = [{"id": n, "updated": f"2026-01-{n:02}"} for n in range(1, 6)]
        yield served


def declared(folder: Path, text: str) -> HttpOrigin:
    """The origin of the one table in a source."""
    write_project(folder, {"sources/api.yml": text})
    (table,) = load(folder).source_tables
    assert isinstance(table.origin, HttpOrigin)
    return table.origin


def test_everything_that_may_be_declared_is_understood(tmp_path: Path) -> None:
    text = """
connection:
  kind: http
  url: https://api.example.com/v2/
  auth: {oauth2: {token_url: "https://login.example.com/t", client_id: {env: ID}, client_secret:
    {file: secret}, scope: read, in: body}}
  headers: {X-Tenant: shop}
  rate: 90/min
  timeout: 2 min
  page_timeout: 1 h
  attempts: 7
  page_limit: 1MB
tables:
  t:
    path: issues
    params: {state: all, limit: 5}
    pages: {cursor: meta.next, param: c, size_param: n, size: 50, more: meta.more}
    records: data.items
    mode: merge
    key: id
    cursor: {field: at.updated, param: since, start: 0, lag: 5 minutes}
"""
    assert declared(tmp_path, text) == HttpOrigin(
        url="https://api.example.com/v2/issues",
        auth=Auth(
            by="oauth2",
            settings=(
                ("client_id", Secret(via="env", name="ID")),
                ("client_secret", Secret(via="file", name="secret")),
                ("in", "body"),
                ("scope", "read"),
                ("token_url", "https://login.example.com/t"),
            ),
        ),
        paging=Paging(
            by="cursor",
            where="meta.next",
            more="meta.more",
            parameter="c",
            size_parameter="n",
            size=50,
        ),
        parameters=(("state", "all"), ("limit", "5")),
        headers=(("X-Tenant", "shop"),),
        mode="merge",
        cursor="at.updated",
        cursor_parameter="since",
        cursor_start="0",
        lag_s=300.0,
        rate=1.5,
        attempts=7,
        timeout_s=120.0,
        page_timeout_s=3600.0,
        page_bytes=1_000_000,
    )


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("link", Paging(by="link")),
        ("{next: links.next}", Paging(by="next", where="links.next")),
        ("{page: p, first: 0}", Paging(by="page", parameter="p", first=0)),
        ("{offset: o}", Paging(by="offset", parameter="o")),
    ],
)
def test_ways_to_the_next_page(tmp_path: Path, written: str, expected: Paging) -> None:
    text = f"connection: {{kind: http, url: 'http://a'}}\ntables: {{t: {{pages: {written}}}}}"
    assert declared(tmp_path, text).paging == expected


@pytest.mark.parametrize(
    ("connection", "table", "code"),
    [
        ("auth: {bearer: abc}", "", "PRJ037"),
        ("auth: {basic: {user: me, password: abc}}", "", "PRJ037"),
        ("auth: {key: {name: k, value: abc}}", "", "PRJ037"),
        ("auth: {bearer: {env: A}, basic: {user: a, password: {env: B}}}", "", "PRJ005"),
        ("auth: {digest: {user: me}}", "", "PRJ004"),
        ("auth: {}", "", "PRJ005"),
        ("auth: {basic: {user: me}}", "", "PRJ005"),
        ("auth: {key: {name: k, value: {env: A}, in: body}}", "", "PRJ005"),
        ("auth: {oauth2: {token_url: x, client_id: a, client_secret: {env: A}}}", "", "PRJ005"),
        ("headers: {'X Y': a}", "", "PRJ005"),
        ("headers: {X-Api-Key: abc}", "", "PRJ037"),
        ("rate: 10", "", "PRJ006"),
        ("rate: 10/fortnight", "", "PRJ006"),
        ("attempts: 0", "", "PRJ005"),
        ("page_timeout: long", "", "PRJ006"),
        ("page_limit: big", "", "PRJ006"),
        ("retries: 3", "", "PRJ004"),
        ("", "pages: pages", "PRJ005"),
        ("", "pages: {page: 1}", "PRJ005"),
        ("", "pages: {page: p, size: 0, size_param: n}", "PRJ005"),
        ("", "pages: {page: p, param: q}", "PRJ004"),
        ("", "mode: upsert", "PRJ005"),
        ("", "mode: append, cursor: updated", "PRJ005"),
        ("", "mode: append, cursor: {field: a, param: b, lag: soon}", "PRJ006"),
        ("", "mode: append, cursor: {field: a, param: b, lag: -1}", "PRJ006"),
        ("", "params: {state: [a, b]}", "PRJ005"),
        ("", "path: 'https://b/x'", "PRJ042"),
        (
            "auth: {oauth2: {token_url: {env: [A]}, client_id: a, client_secret: {env: A}}}",
            "",
            "PRJ005",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, connection: str, table: str, code: str
) -> None:
    files = {
        "sources/api.yml": f"connection:\n  kind: http\n  url: http://a\n  {connection}\n"
        f"tables:\n  t: {{{table}}}\n"
    }
    write_project(tmp_path, files)
    with pytest.raises(ProjectInvalid) as caught:
        load(tmp_path)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert caught.value.problems[0].where is not None
    assert "abc" not in str(caught.value)


def source(api: Api, more: str = "") -> dict[str, str]:
    text = f"connection: {{kind: http, url: '{api.url}', attempts: 1}}\ntables:\n  t:\n"
    return {"sources/api.yml": f"{text}    path: /link\n    pages: link\n{more}"}


BEHIND = "    mode: append\n    cursor: {field: updated, param: since}\n"


# An address that differs by environment.

ELSEWHERE = """
connection: {kind: http, url: {env: API_URL}, auth: {oauth2: {token_url: {env: API_TOKEN_URL},
  client_id: client, client_secret: {env: API_SECRET}}}, attempts: 1}
tables:
  t: {path: /PATH, pages: link, mode: append, cursor: {field: updated, param: since}}
"""


def test_an_address_by_reference_is_that_of_the_environment_and_the_cursor_stays(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_SECRET", "s:3cret+word")
    write_project(tmp_path, {"sources/api.yml": ELSEWHERE.replace("PATH", "link")})
    with serving() as other:
        for number, server in enumerate((api, other)):
            monkeypatch.setenv("API_URL", f"{server.url}/")
            monkeypatch.setenv("API_TOKEN_URL", f"{server.url}/token")
            server.rows = [{"id": n, "updated": f"2026-01-{n:02}"} for n in range(1, 6 + number)]
            with andon.open(tmp_path) as project:
                action = project.plan().action("api.t")
                assert project.run().status == "done"
            assert action is not None
            assert "asks {env: API_URL}/link" in " ".join(action.reasons)
        assert other.requests[-1].query["since"] == "2026-01-05"
    assert rows_of(tmp_path, "select id from api.t") == [(n,) for n in range(1, 7)]


def test_an_address_by_reference_is_neither_kept_nor_printed(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.url = api.url.replace("127.0.0.1", "localhost")
    port = api.url.rpartition(":")[2]
    monkeypatch.setenv("API_URL", f"{api.url}/tenant-of-ours")
    monkeypatch.setenv("API_TOKEN_URL", f"{api.url}/token")
    monkeypatch.setenv("API_SECRET", "s:3cret+word")
    folder = write_project(tmp_path / "p", {"sources/api.yml": ELSEWHERE.replace("PATH", "link")})
    told = [run_andon(folder, *words) for words in (("plan",), ("run",), ("show", "api.t"))]
    api.rows.append({"id": 9, "updated": "2026-01-09"})
    api.faults.append(faults.status(503))
    told.append(run_andon(folder, "run"))
    api.faults.append(faults.status(404))
    told.append(run_andon(folder, "run", "--json"))
    assert [done.returncode for done in told] == [0, 0, 0, 1, 1]
    texts = [(done.stdout + done.stderr).encode() for done in told]
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for text in (*texts, *kept):
        for word in (f"localhost:{port}", "tenant-of-ours"):
            assert word.encode() not in text


@pytest.mark.parametrize("value", ["", "api.example.com", "https://me:pw@a/", "http://a/?key=1"])
def test_a_reference_to_what_is_no_address_is_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("API_URL", value)
    text = "connection: {kind: http, url: {env: API_URL}}\ntables: {t: {path: /link}}\n"
    write_project(tmp_path, {"sources/api.yml": text})
    with andon.open(tmp_path) as project:
        (problem,) = project.run().outcomes[0].problems
    assert problem.code == "SRC020"
    assert "`API_URL` holds no address of a server: it " in problem.what
    assert not value or value not in problem.what


def test_a_table_that_did_not_change_is_not_built_again(api: Api, tmp_path: Path) -> None:
    write_project(tmp_path, source(api))
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
        again = project.run()
    assert [outcome.word for outcome in again.outcomes] == ["unchanged"]
    assert again.publication is None


def test_a_rollback_takes_the_cursor_back(api: Api, tmp_path: Path) -> None:
    write_project(tmp_path, source(api, BEHIND))
    with andon.open(tmp_path) as project:
        project.run()
        api.rows.append({"id": 6, "updated": "2026-01-06"})
        project.run()
        assert rows_of(tmp_path, "select max(id) from api.t") == [(6,)]
        project.rollback(to=1)
        api.rows[-1] = {"id": 7, "updated": "2026-01-06"}
        project.run()
    assert rows_of(tmp_path, "select id from api.t") == [(n,) for n in (1, 2, 3, 4, 5, 7)]


def test_a_server_that_is_down_holds_its_table_alone(api: Api, tmp_path: Path) -> None:
    files = source(api, BEHIND)
    write_project(tmp_path, {**files, "assets/m/a.sql": "select 1 as x\n"})
    api.faults.extend([None, faults.status(503)])
    done = run_andon(tmp_path, "run")
    assert done.returncode == 1
    assert "SRC052" in done.stdout + done.stderr
    assert rows_of(tmp_path, "from m.a") == [(1,)]
    # The first page was recorded, so that the second run goes on behind it.
    before = len(api.requests)
    assert run_andon(tmp_path, "run").returncode == 0
    assert len(api.requests) - before == 2
    assert rows_of(tmp_path, "select count(*) from api.t") == [(5,)]


def test_a_csv_export_is_read_as_a_file_would_be(api: Api, tmp_path: Path) -> None:
    body = "Nr;Größe\n1;2,5\n".encode("latin-1")
    api.answer = lambda _: (200, {"Content-Type": "application/octet-stream"}, body)
    keys = "    format: csv\n    delimiter: ';'\n    encoding: latin-1\n"
    text = f"connection: {{kind: http, url: '{api.url}'}}\ntables:\n  t:\n    path: /e.bin\n{keys}"
    write_project(tmp_path, {"sources/api.yml": text})
    with andon.open(tmp_path) as project:
        assert project.run().status == "done"
    assert rows_of(tmp_path, 'select "Nr", "Größe", _file from api.t') == [(1, "2,5", "e.bin#1")]


def test_a_full_reading_that_shrinks_takes_rows_out(api: Api, tmp_path: Path) -> None:
    write_project(tmp_path, source(api))
    with andon.open(tmp_path) as project:
        project.run()
        api.rows = api.rows[:2]
        project.run()
    assert rows_of(tmp_path, "select id from api.t") == [(1,), (2,)]


def test_changing_the_mode_begins_anew(api: Api, tmp_path: Path) -> None:
    write_project(tmp_path, source(api))
    with andon.open(tmp_path) as project:
        project.run()
    write_files(tmp_path, source(api, BEHIND))
    with andon.open(tmp_path) as project:
        project.run()
    assert rows_of(tmp_path, "select id from api.t") == [(n,) for n in range(1, 6)]
    assert json.dumps(api.asked()).count("since") == 0
