"""Files of web servers, good and bad ones: nothing half, nothing mixed, nothing secret."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from andon.acquisition.deliveries.arrivals import Arrivals, Found
from andon.errors import TaskFailed, Unavailable
from andon.sources.http.inner import is_inner
from andon.spec.origin import Settings
from andon.spec.source import SourceTable
from tests.remotes import free_port, secret
from tests.sourcing import Project, land, land_and_tell, project, table
from tests.webserver import PlainHttp, http_server

LATER = datetime.now(UTC) + timedelta(hours=1)
ROWS = b"id,text\n" + b"".join(b"%d,%s\n" % (n, b"x" * 40) for n in range(500))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are shortened; how many there are is not."""
    monkeypatch.setattr("andon.sources.remote.retries.FIRST_WAIT_S", 0.005)


def at(web: PlainHttp, *paths: str, settings: Settings = ()) -> SourceTable:
    return table(*(f"http://{web.host}/{path}" for path in paths), settings=settings)


def test_a_file_is_read_with_its_address(shop: Project, web: PlainHttp) -> None:
    web.put("in/a.csv", b"id\n1\n")
    assert shop.read(at(web, "in/a.csv")) == [(1, f"http://{web.host}/in/a.csv", 1)]


@pytest.mark.parametrize("manner", ["", "tagless", "timeless", "no-head"])
def test_an_unchanged_file_is_not_fetched_again(shop: Project, web: PlainHttp, manner: str) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = manner
    shop.arrive(at(web, "a.csv"))
    again = shop.origin_of(at(web, "a.csv")).look(at(web, "a.csv"), shop.deliveries, LATER)
    assert (again.is_open, again.vanished) == (False, ())


def test_what_has_neither_tag_nor_time_is_fetched_every_time(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = "tagless timeless"
    shop.arrive(at(web, "a.csv"))
    again = shop.origin_of(at(web, "a.csv")).look(at(web, "a.csv"), shop.deliveries, LATER)
    assert again.is_open


def test_a_file_as_young_as_the_last_run_is_read_again_though_it_looks_the_same(
    shop: Project, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n", age_s=0)
    shop.arrive(at(web, "a.csv"))
    now = datetime.now(UTC)
    origin = shop.origin_of(at(web, "a.csv"))
    assert origin.look(at(web, "a.csv"), shop.deliveries, now).is_open
    assert not origin.look(at(web, "a.csv"), shop.deliveries, LATER).is_open


def test_a_chunked_file_comes_whole(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", ROWS)
    web.manners["a.csv"] = "chunked"
    (landed,) = shop.arrive(at(web, "a.csv"))
    assert landed.bytes == len(ROWS)


@pytest.mark.parametrize("manner", ["short", "chunked short"])
def test_a_body_that_is_cut_is_never_landed(shop: Project, web: PlainHttp, manner: str) -> None:
    web.put("a.csv", ROWS)
    web.manners["a.csv"] = manner
    with pytest.raises(TaskFailed, match="bytes arrived") as caught:
        shop.arrive(at(web, "a.csv"))
    assert caught.value.code == "SRC025"
    assert len(web.bodies()) == 5
    assert not list(shop.store.root.glob("raw/*/*"))


def test_a_body_that_is_cut_once_is_asked_for_again(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", ROWS)
    web.manners["a.csv"], web.often["a.csv"] = "short", 1
    (landed,) = shop.arrive(at(web, "a.csv"))
    assert landed.bytes == len(ROWS)


def test_a_body_without_an_end_that_is_told_is_refused(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", ROWS)
    web.manners["a.csv"] = "endless"
    with pytest.raises(TaskFailed, match="does not tell where the file ends") as caught:
        shop.arrive(at(web, "a.csv"))
    assert caught.value.code == "SRC023"
    assert len(web.bodies()) == 1


def test_a_file_that_changes_while_it_is_read_is_read_again(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id,n\n1,1\n")
    web.manners["a.csv"], web.often["a.csv"] = "changing", 1
    (landed,) = shop.arrive(at(web, "a.csv"))
    assert shop.store.raw(landed.content).read_bytes() == b"id,n\n1,1\n9,9\n"


def test_a_file_that_never_stands_still_is_not_landed(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id,n\n1,1\n")
    web.manners["a.csv"] = "changing"
    with pytest.raises(Unavailable, match="changes while it is read") as caught:
        shop.arrive(at(web, "a.csv"))
    assert caught.value.code == "SRC025"


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_a_file_that_drips_is_cut_off_and_asked_for_again(
    shop: Project, web: PlainHttp, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr("andon.sources.remote.loop.QUIET_S", 0.4)
    web.put("in/a.csv", ROWS)
    web.manners["in/a.csv"] = "dripping"
    declared = at(web, "in/a.csv")
    if scheme == "s3":
        settings = (("anonymous", "true"), ("endpoint_url", f"http://{web.host}"))
        declared = table("s3://in/a.csv", settings=settings)
    with pytest.raises(Unavailable, match=r"fewer than 65,536 bytes in 0\.4 s") as caught:
        shop.arrive(declared)
    assert (caught.value.code, len(web.bodies())) == ("SRC024", 5)
    assert not list(shop.store.root.glob("raw/*/*"))


def test_a_server_that_throttles_is_asked_again_when_it_says(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"], web.often["a.csv"] = "throttle", 1
    began = datetime.now(UTC)
    assert len(shop.arrive(at(web, "a.csv"))) == 1
    assert datetime.now(UTC) - began >= timedelta(seconds=1)


def test_a_server_that_is_busy_for_long_is_unavailable(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = "busy"
    with pytest.raises(Unavailable, match="answers 503") as caught:
        shop.arrive(at(web, "a.csv"))
    assert (caught.value.code, len(web.bodies())) == ("SRC024", 5)


def test_a_refusal_is_not_asked_for_again(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = "refuse"
    with pytest.raises(TaskFailed, match="refuses it") as caught:
        shop.arrive(at(web, "a.csv"))
    assert (caught.value.code, len(web.asked)) == ("SRC022", 2)


def test_a_host_that_is_not_there_is_named(shop: Project) -> None:
    with pytest.raises(Unavailable, match="no-such-host.invalid` cannot be reached") as caught:
        shop.arrive(table("https://no-such-host.invalid/a.csv"))
    assert caught.value.code == "SRC024"


@pytest.mark.parametrize(("manner", "code"), [("short", "SRC025"), ("refuse", "SRC022")])
def test_one_bad_file_is_left_out_and_told_and_the_others_are_landed(
    shop: Project, web: PlainHttp, manner: str, code: str
) -> None:
    for name in "abc":
        web.put(f"{name}.csv", b"id\n%d\n" % ord(name))
    declared = at(web, "a.csv", "b.csv", "c.csv")
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    web.manners["b.csv"] = manner
    landed, (told,), error = land_and_tell(origin, declared, found)
    assert [Path(d.path).name for d in landed] == ["a.csv", "c.csv"]
    assert (told.code, told.severity, error) == (code, "warning", None)
    assert "left out of `raw.t`" in told.what
    assert "b.csv` cannot be read" in told.what
    web.manners.clear()
    again = origin.look(declared, landed, LATER)
    assert [Path(file.path).name for file in again.new] == ["b.csv"]


def test_a_file_that_vanished_since_the_look_is_told_and_the_rest_is_landed(
    shop: Project, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n")
    web.put("b.csv", b"id\n2\n")
    declared = at(web, "a.csv", "b.csv")
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    del web.files["a.csv"]
    landed, (told,), error = land_and_tell(origin, declared, found)
    assert [Path(d.path).name for d in landed] == ["b.csv"]
    assert error is None
    assert "not there any more" in told.what


@pytest.mark.parametrize(("manner", "code"), [("refuse", "SRC022"), ("", "SRC025")])
def test_a_file_that_cannot_even_be_looked_at_is_left_out_and_told(
    shop: Project, web: PlainHttp, manner: str, code: str
) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["b.csv"] = manner
    declared = at(web, "a.csv", "b.csv")
    found = shop.origin_of(declared).look(declared, (), None)
    assert [Path(file.path).name for file in found.new] == ["a.csv"]
    assert [(told.code, told.severity) for told in found.left_out] == [(code, "warning")]


def test_a_known_file_that_is_refused_now_has_not_vanished(shop: Project, web: PlainHttp) -> None:
    for name in ("a.csv", "b.csv"):
        web.put(name, b"id\n1\n")
    declared = at(web, "a.csv", "b.csv")
    shop.arrive(declared)
    web.manners["b.csv"] = "refuse"
    found = shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert (found.vanished, len(found.left_out)) == ((), 1)


def test_a_known_file_that_is_gone_is_told_as_vanished_alone(shop: Project, web: PlainHttp) -> None:
    for name in ("a.csv", "b.csv"):
        web.put(name, b"id\n1\n")
    declared = at(web, "a.csv", "b.csv")
    shop.arrive(declared)
    del web.files["b.csv"]
    found = shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert (len(found.vanished), found.left_out) == (1, ())


def test_a_table_fails_when_all_its_files_are_refused(shop: Project, web: PlainHttp) -> None:
    for name in ("a.csv", "b.csv"):
        web.put(name, b"id\n1\n")
    declared = at(web, "a.csv", "b.csv")
    shop.arrive(declared)
    web.manners.update({"a.csv": "refuse", "b.csv": "refuse"})
    with pytest.raises(TaskFailed) as caught:
        shop.origin_of(declared).look(declared, shop.deliveries, LATER)
    assert caught.value.code == "SRC022"


def test_a_server_that_is_away_for_one_file_fails_the_table_and_keeps_the_others(
    shop: Project, web: PlainHttp
) -> None:
    web.put("a.csv", b"id\n1\n")
    web.put("b.csv", b"id\n2\n")
    declared = at(web, "a.csv", "b.csv")
    origin = shop.origin_of(declared)
    found = origin.look(declared, (), None)
    web.manners["b.csv"] = "busy"
    landed, error = land(origin, declared, found)
    assert [Path(d.path).name for d in landed] == ["a.csv"]
    assert isinstance(error, Unavailable)
    assert error.code == "SRC024"


def test_the_rest_is_not_tried_when_nothing_can_be_reached(shop: Project) -> None:
    host = f"http://127.0.0.1:{free_port()}"
    declared = table(*(f"{host}/{number}.csv" for number in range(200)))
    found = tuple(Found(path=path, bytes=1, modified_ns=1) for path in declared.paths)
    arrivals = Arrivals(table=declared.name, new=found, is_open=True)
    landed, error = land(shop.origin_of(declared), declared, arrivals)
    assert (landed, type(error)) == ([], Unavailable)
    assert "and 197 more cannot be read" in str(error)


def test_a_query_is_asked_for_and_left_out_of_the_name(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    declared = at(web, "a.csv?day=1", settings=(("query", secret("ANDON_TEST_SIG", "sig=s3cr3t")),))
    (landed,) = shop.arrive(declared)
    assert landed.path == f"http://{web.host}/a.csv"
    assert {path for _, path, _ in web.asked} == {"/a.csv?day=1&sig=s3cr3t"}


def test_a_signature_is_sent_as_it_stands(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    signed = "X-Amz-Credential=a%2Fb%2Bc&X-Amz-Signature=%3D~0"
    shop.arrive(at(web, "a.csv", settings=(("query", secret("ANDON_TEST_SIG", signed)),)))
    assert {path for _, path, _ in web.asked} == {f"/a.csv?{signed}"}


def test_who_asks_is_told_to_the_server_and_to_no_other(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    password = secret("ANDON_TEST_PASSWORD", "hunter2")
    with http_server() as other:
        other.put("b.csv", b"id\n2\n")
        web.manners["b.csv"] = f"redirect:http://{other.host}/b.csv"
        settings = (("password", password), ("user", "ana"))
        shop.arrive(at(web, "a.csv", "b.csv", settings=settings))
        assert {header for _, _, header in web.asked} == {"Basic YW5hOmh1bnRlcjI="}
        assert {header for _, _, header in other.asked} == {""}


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlainHttp]:
    """A server whose address stands for one of the world outside."""
    monkeypatch.setattr(
        "andon.sources.remote.names.is_inner", lambda host: host != "127.0.0.2" and is_inner(host)
    )
    with http_server("127.0.0.2") as served:
        served.put("a.csv", b"id\n1\n")
        yield served


def refused(shop: Project, declared: SourceTable) -> str:
    """Why a file is not followed; it was asked for once, and nothing was landed."""
    with pytest.raises(TaskFailed, match="is not followed") as caught:
        shop.arrive(declared)
    assert caught.value.code == "SRC058"
    assert not list(shop.store.root.glob("raw/*/*"))
    return str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "[::ffff:127.0.0.1]"]
)
def test_a_server_outside_does_not_lead_to_this_machine(
    shop: Project, web: PlainHttp, outside: PlainHttp, host: str
) -> None:
    web.put("b.csv", b"id\n2\n")
    port = web.host.partition(":")[2]
    outside.manners["b.csv"] = f"redirect:http://{host}:{port}/b.csv"
    assert "it is of an inner network" in refused(shop, at(outside, "b.csv"))
    assert (len(outside.asked), web.asked) == (1, [])


@pytest.mark.parametrize("host", ["169.254.169.254", "10.1.2.3", "192.168.0.1", "172.16.0.1", "[fd00::1]", "[fe80::1]", "0.0.0.0"])  # fmt: skip  # noqa: S104
def test_a_server_outside_does_not_lead_to_its_neighbours(
    shop: Project, outside: PlainHttp, host: str
) -> None:
    outside.manners["b.csv"] = f"redirect:http://{host}/latest/meta-data"
    assert "it is of an inner network" in refused(shop, at(outside, "b.csv"))


def test_what_a_server_outside_sends_on_to_does_not_lead_inside_either(
    shop: Project, web: PlainHttp, outside: PlainHttp
) -> None:
    outside.manners["b.csv"] = "redirect:/c.csv"
    outside.manners["c.csv"] = f"redirect:http://{web.host}/b.csv"
    web.manners["a.csv"] = f"redirect:http://{outside.host}/b.csv"
    assert "it is of an inner network" in refused(shop, at(web, "a.csv"))
    assert [path for _, path, _ in web.asked] == ["/a.csv"]


def test_files_are_read_where_servers_of_the_same_side_send_on_to(
    shop: Project, web: PlainHttp, outside: PlainHttp
) -> None:
    web.put("a.csv", b"id\n2\n")
    for server in (web, outside):
        server.manners["b.csv"] = f"redirect:http://{server.host}/a.csv?x=%2B"
        assert len(shop.arrive(at(server, "b.csv"))) == 1
        assert server.asked[-1][1] == "/a.csv?x=%2B"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("file:///etc/passwd", "not http or https"),
        ("ftp://127.0.0.1/a", "not http or https"),
        ("http://[", "cannot be understood"),
        ("/b.csv", "sends on more than 5 times"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_refused(
    shop: Project, web: PlainHttp, target: str, told: str
) -> None:
    web.manners["b.csv"] = f"redirect:{target}"
    assert told in refused(shop, at(web, "b.csv"))


def test_one_file_that_is_sent_astray_is_left_out(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["b.csv"] = "redirect:file:///etc/passwd"
    found = shop.origin_of(at(web, "a.csv", "b.csv")).look(at(web, "a.csv", "b.csv"), (), None)
    assert [problem.code for problem in found.left_out] == ["SRC058"]


@pytest.mark.parametrize("before", [0, 65_530, 65_536, 200_000])
@pytest.mark.parametrize("name", ["password", "token", "query"])
def test_a_file_that_repeats_a_secret_is_not_landed(
    shop: Project, web: PlainHttp, name: str, before: int
) -> None:
    web.put("a.csv", b"id\n" + b"x" * before + b"of-the-shop\n")
    web.put("b.csv", b"id\n" + b"x" * before + b"of-the\n-shop\n")
    who = (("user", "ana"),) if name == "password" else ()
    settings = (*who, (name, secret("ANDON_TEST_ECHO", "of-the-shop")))
    declared = at(web, "a.csv", "b.csv", settings=settings)
    origin = shop.origin_of(declared)
    landed, (told,), _ = land_and_tell(origin, declared, origin.look(declared, (), None))
    assert [Path(one.path).name for one in landed] == ["b.csv"]
    assert (told.code, "of-the-shop" in repr(told)) == ("SRC073", False)
    assert f"asked with: `{name}` of `connection`" in told.what
    assert len(list(shop.store.root.glob("raw/*/*"))) == 1
    assert not list(shop.store.root.glob("staging/*/*"))


def test_a_query_that_is_written_out_is_no_secret(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\nday=2026-01-01\n")
    assert len(shop.arrive(at(web, "a.csv", settings=(("query", "day=2026-01-01"),)))) == 1


def test_no_secret_is_in_an_error(shop: Project, web: PlainHttp) -> None:
    web.put("a.csv", b"id\n1\n")
    web.manners["a.csv"] = "busy"
    query = secret("ANDON_TEST_SIG", "sig=s3cr3t&x=/y z")
    with pytest.raises(Unavailable) as caught:
        shop.arrive(at(web, "a.csv", settings=(("query", query),)))
    assert "s3cr3t" not in str(caught.value)
    assert "s3cr3t" not in repr(caught.value.problems)
