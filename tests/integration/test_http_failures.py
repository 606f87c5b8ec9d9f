"""A server that is busy, lies or vanishes: whole pages or an error, never half of one."""

from __future__ import annotations

import gzip
import json
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from andon.errors import TaskFailed, Unavailable
from andon.sources.http.client import Ask, Client, Inner
from andon.spec.origin import Paging
from tests.apis import Reading, reading, table
from tests.servers import api as faults
from tests.servers.api import Api, Fault, Reply, Request, Wire, serving

ROWS: list[dict[str, Any]] = [{"id": n, "name": "ä" * n} for n in range(1, 9)]
LINK = Paging(by="link")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        served.rows = list(ROWS)
        yield served


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reading]:
    with reading(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "fault",
    [
        *(faults.status(code) for code in (408, 425, 429, 500, 502, 503, 504)),
        faults.drop,
        faults.cut,
        faults.cut_without_length,
        faults.broken_chunks,
        faults.half_gzipped,
    ],
)
@pytest.mark.parametrize("page", [0, 2])
def test_a_page_that_fails_in_passing_is_asked_for_again(
    api: Api, read: Reading, fault: Fault, page: int
) -> None:
    api.faults.extend([*[None] * page, fault, fault])
    declared = table(f"{api.url}/link", paging=LINK)
    read.land(declared)
    assert read.records() == ROWS
    assert len(api.requests) - 3 in (2, 3)  # an idle connection that was closed is opened again


@pytest.mark.parametrize("fault", [faults.chunked, faults.gzipped])
def test_a_page_may_come_in_chunks_or_compressed(api: Api, read: Reading, fault: Fault) -> None:
    api.faults.extend([fault, fault, fault])
    declared = table(f"{api.url}/link", paging=LINK)
    read.land(declared)
    assert read.records() == ROWS
    assert len(api.requests) == 3


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_declared(
    api: Api, read: Reading
) -> None:
    api.faults.append(faults.silent(0.6))
    read.land(table(f"{api.url}/link", paging=LINK, timeout_s=0.2))
    assert read.records() == ROWS


@pytest.mark.parametrize("part", ["head", "body", "chunks"])
def test_a_server_that_drips_is_cut_off_and_asked_again(
    api: Api, read: Reading, part: Literal["head", "body", "chunks"]
) -> None:
    api.rows = [{"id": n, "name": "x" * 200} for n in range(3)]
    api.faults.append(faults.dripping(part))
    began = time.monotonic()
    read.land(table(f"{api.url}/link", paging=LINK, timeout_s=2.0, page_timeout_s=0.3))
    assert read.records() == api.rows
    assert time.monotonic() - began < 2.0
    assert len(api.requests) == 2


def test_a_server_that_only_drips_is_told_with_the_limit_that_it_passed(
    api: Api, read: Reading
) -> None:
    api.rows = [{"id": n, "name": "x" * 200} for n in range(3)]
    api.faults.extend([faults.dripping("body")] * 3)
    with pytest.raises(Unavailable, match=r"the whole answer did not come within 0\.2 s") as caught:
        read.land(table(f"{api.url}/link", paging=LINK, page_timeout_s=0.2))
    assert (caught.value.code, read.deliveries) == ("SRC052", [])
    assert "page_timeout" in caught.value.problems[0].fix


def test_a_page_that_comes_slowly_but_within_its_limit_is_taken(api: Api, read: Reading) -> None:
    api.rows = api.rows[:3]
    api.faults.append(faults.dripping("body", 0.01))
    read.land(table(f"{api.url}/link", paging=LINK, timeout_s=0.5, page_timeout_s=30.0))
    assert read.records() == api.rows
    assert len(api.requests) == 1


def test_attempts_come_to_an_end(api: Api, read: Reading) -> None:
    api.faults.extend([faults.status(503)] * 9)
    with pytest.raises(Unavailable, match="was asked 3 times in vain: it answers 503") as caught:
        read.land(table(f"{api.url}/link", paging=LINK))
    assert caught.value.code == "SRC052"
    assert len(api.requests) == 3
    assert read.waits == [0.25, 0.5]


def test_nobody_listening_is_unavailable(read: Reading) -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(Unavailable, match="refused"):
        read.land(table(f"{url}/link"))


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("7", 7.25), ("Thu, 01 Jan 2026 12:01:00 GMT", 60.25), ("soon", 0.25)],
)
def test_what_the_server_asks_for_is_waited(
    api: Api, read: Reading, asked: str, waited: float
) -> None:
    api.faults.append(faults.status(429, Retry_After=asked))
    read.land(table(f"{api.url}/link", paging=LINK))
    assert read.waits == [waited]


def test_a_server_that_asks_for_too_much_patience_is_left(api: Api, read: Reading) -> None:
    api.faults.append(faults.status(429, Retry_After="3600"))
    with pytest.raises(Unavailable, match="asked once in vain: it answers 429") as caught:
        read.land(table(f"{api.url}/link", paging=LINK))
    assert "in 3,600 s" in caught.value.problems[0].fix
    assert read.waits == []


@pytest.mark.parametrize(
    ("code", "error"), [(400, "SRC051"), (404, "SRC051"), (204, "SRC051"), (403, "SRC050")]
)
def test_other_statuses_are_not_tried_again(api: Api, read: Reading, code: int, error: str) -> None:
    api.faults.append(faults.status(code))
    with pytest.raises(TaskFailed, match=f"answers {code}") as caught:
        read.land(table(f"{api.url}/link"))
    assert caught.value.code == error
    assert len(api.requests) == 1


def test_a_body_longer_than_it_says_is_refused(api: Api, read: Reading) -> None:
    """Of a format whose end nothing tells it would look whole."""
    api.answer = lambda _: (200, {"Content-Type": "text/csv"}, b"id\n1\n2\n3\n")
    api.faults.append(faults.longer_than_it_says)
    with pytest.raises(TaskFailed, match="longer than its `Content-Length`") as caught:
        read.land(table(f"{api.url}/x"))
    assert caught.value.code == "SRC053"


def test_a_body_that_swells_beyond_the_limit_is_not_unpacked(api: Api, read: Reading) -> None:
    bomb = gzip.compress(b'["' + b"x" * 30_000_000 + b'"]')
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    api.answer = lambda _: (200, headers, bomb)
    with pytest.raises(TaskFailed, match="more than 1,000,000 bytes when it is unpacked") as caught:
        read.land(table(f"{api.url}/x", page_bytes=1_000_000))
    assert caught.value.code == "SRC055"


def test_what_is_no_http_is_refused(api: Api, read: Reading) -> None:
    def speak(wire: Wire, _: Reply) -> bool:
        wire.out.write(b"220 mail.example.com ESMTP\r\n")
        return wire.hang_up()

    api.faults.append(speak)
    with pytest.raises(TaskFailed, match="it is no HTTP"):
        read.land(table(f"{api.url}/link"))


def test_requests_keep_to_the_rate(api: Api, read: Reading) -> None:
    now = [100.0]
    with reading(read.root / "paced") as paced:
        slept: list[float] = []

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            now[0] += seconds

        from msgspec.structs import replace

        paced.origin._pace = replace(paced.origin._pace, clock=lambda: now[0], sleep=sleep)
        paced.land(table(f"{api.url}/link", paging=LINK, rate=2.0))
        paced.land(table(f"{api.url}/link", paging=LINK, rate=2.0))
    assert slept == [0.5] * 5


def test_connections_are_kept_open(api: Api, read: Reading) -> None:
    seen = set()

    def answer(request: Request) -> Reply:
        return api._by_link(request)

    def note(wire: Wire, reply: Reply) -> bool:
        seen.add(wire.socket.getpeername())
        wire.send(reply)
        return True

    api.answer = answer
    api.faults.extend([note, note, note])
    read.land(table(f"{api.url}/link", paging=LINK))
    assert len(seen) == 1


def test_redirects_are_followed(api: Api, read: Reading) -> None:
    api.answer = lambda request: (
        api._by_one(request)
        if request.path == "/new"
        else (307, {"Location": f"/new?{request.target.partition('?')[2]}"}, b"")
    )
    read.land(table(f"{api.url}/old", parameters=(("state", "all"),)))
    assert api.asked() == ["/old?state=all", "/new?state=all"]
    assert read.records() == ROWS


def test_redirects_without_an_end_are_refused(api: Api, read: Reading) -> None:
    api.answer = lambda _: (302, {"Location": "/x"}, b"")
    with pytest.raises(TaskFailed, match="sends on more than 5 times") as caught:
        read.land(table(f"{api.url}/x"))
    assert caught.value.code == "SRC058"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_another_kind_of_address_is_refused(
    api: Api, read: Reading, target: str
) -> None:
    api.answer = lambda _: (302, {"Location": target}, b"")
    with pytest.raises(TaskFailed, match="not http or https"):
        read.land(table(f"{api.url}/x"))


def test_a_next_page_on_another_server_is_refused(api: Api, read: Reading) -> None:
    with serving() as other:
        headers = {"Link": f'<{other.url}/link>; rel="next"'}
        api.answer = lambda _: (200, headers, b'[{"id": 1}]')
        with pytest.raises(TaskFailed, match="on another server") as caught:
            read.land(table(f"{api.url}/link", paging=LINK))
        assert caught.value.code == "SRC058"
        assert other.requests == []


@pytest.mark.parametrize("headers", [{"Link": "<" * 66_000}, {f"X-{n}": "" for n in range(101)}])
def test_a_head_of_any_length_is_not_read(api: Api, read: Reading, headers: dict[str, str]) -> None:
    api.answer = lambda _: (200, headers, b'[{"id": 1}]')
    with pytest.raises(TaskFailed, match="it is no HTTP") as caught:
        read.land(table(f"{api.url}/x", paging=LINK))
    assert caught.value.code == "SRC053"


@pytest.mark.parametrize(
    "target",
    ["http://[", "http://a:port/", "http://a:99999/", "http://a..b/", f"http://{'a' * 70}.x/"],
)
def test_an_address_that_is_none_is_told(api: Api, read: Reading, target: str) -> None:
    api.answer = lambda _: (200, {"Link": f"<{target}>; rel=next"}, b'[{"id": 1}]')
    with pytest.raises(TaskFailed, match="an address that cannot be understood"):
        read.land(table(f"{api.url}/x", paging=LINK))
    api.answer = lambda _: (302, {"Location": target}, b"")
    with pytest.raises(TaskFailed, match="an address that cannot be understood"):
        read.land(table(f"{api.url}/x", paging=LINK))


def test_a_redirect_of_bytes_beyond_ascii_is_a_failure_of_that_table(
    api: Api, read: Reading
) -> None:
    api.answer = lambda _: (302, {"Location": "http://\xff\xe9.invalid/\xff"}, b"")
    with pytest.raises((TaskFailed, Unavailable)) as caught:
        read.land(table(f"{api.url}/x"))
    assert caught.value.code in ("SRC052", "SRC058")


def test_a_declared_host_that_has_no_name_is_told(read: Reading) -> None:
    with pytest.raises(TaskFailed, match="no name that can be looked up") as caught:
        read.land(table("http://a..b/x"))
    assert caught.value.code == "SRC053"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by nobody else."""
    file = tmp_path_factory.mktemp("tls") / "own.pem"
    tool = shutil.which("openssl")
    assert tool, "the package openssl is missing: see tools/apt.txt"
    subprocess.run(
        [tool, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


def secured(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    read: Reading, certificate: Path
) -> None:
    with serving(secured(certificate)) as api, pytest.raises(TaskFailed) as caught:
        read.land(table(f"{api.url}/one"))
    assert caught.value.code == "SRC056"
    assert "self-signed certificate" in caught.value.problems[0].what


def test_an_own_authority_is_named_by_the_environment(
    read: Reading, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(secured(certificate)) as api:
        api.rows = list(ROWS)
        read.land(table(f"{api.url}/link", paging=LINK))
    assert read.records() == ROWS


def test_a_server_without_tls_is_told(api: Api, read: Reading) -> None:
    with pytest.raises(TaskFailed, match="is not trusted") as caught:
        read.land(table(f"{api.url.replace('http:', 'https:')}/one"))
    assert caught.value.code == "SRC056"


def test_a_proxy_of_the_environment_is_used(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", api.url.replace("//", "//me:hunter22@"))
    monkeypatch.setenv("no_proxy", "")
    api.answer = lambda _: (200, {"Content-Type": "application/json"}, json.dumps(ROWS).encode())
    read.land(table("http://api.example.invalid/v1/x"))
    assert api.asked() == ["http://api.example.invalid/v1/x"]
    assert api.requests[0].headers["host"] == "api.example.invalid"
    assert api.requests[0].headers["proxy-authorization"] == "Basic bWU6aHVudGVyMjI="


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://10.0.0.5/x",
        "http://2130706433/x",
        "http://localhost/x",
    ],
)
def test_a_server_outside_does_not_lead_into_the_inner_network(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.setenv("http_proxy", api.url)  # stands for the world outside
    monkeypatch.setenv("no_proxy", "")
    api.answer = lambda _: (302, {"Location": target}, b"")
    with pytest.raises(TaskFailed, match="is of an inner network") as caught:
        read.land(table("http://api.example.com/x"))
    assert caught.value.code == "SRC058"
    assert api.asked() == ["http://api.example.com/x"]


def test_the_address_of_the_connection_tells_where_a_name_leads(api: Api) -> None:
    named = api.url.replace("127.0.0.1", "localhost")
    with Client(timeout_s=2.0, page_timeout_s=5.0, page_bytes=1000) as client:
        with pytest.raises(Inner):
            client.send(Ask(url=f"{api.url}/one", is_outward=True))
        assert client.send(Ask(url=f"{named}/one")).is_inner
        with pytest.raises(Inner):  # on a connection that is open already
            client.send(Ask(url=f"{named}/one", is_outward=True))
    assert api.asked() == ["/one"]


def test_a_real_clock_waits_between_attempts(api: Api, tmp_path: Path) -> None:
    from andon.sources.http.origin import HttpApi
    from andon.sources.http.session import Pace

    with reading(tmp_path) as made:
        made.origin = HttpApi(tmp_path, made.store, Pace(roll=lambda: 1.0, base_s=0.1))
        api.faults.append(faults.status(500))
        began = time.monotonic()
        made.land(table(f"{api.url}/link", paging=LINK))
    assert time.monotonic() - began >= 0.1
