"""Requests prove who asks in every way, and what they prove it with is nowhere else to be found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from andon.errors import TaskFailed
from andon.spec.origin import Auth, Paging, Secret, Setting
from tests.apis import Reading, reading, table
from tests.factories import run_andon, write_project
from tests.servers import api as faults
from tests.servers.api import Api, Reply, Request, serving

VALUE = "t0p+s3cret/key="
LINK = Paging(by="link")


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as served:
        served.rows = [{"id": n, "updated": f"2026-01-{n:02}"} for n in range(1, 9)]
        yield served


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    monkeypatch.setenv("API_SECRET", VALUE)
    with reading(tmp_path) as made:
        yield made


def secret(name: str = "API_SECRET") -> Secret:
    return Secret(via="env", name=name)


def auth(by: str, **settings: Setting) -> Auth:
    return Auth(by=by, settings=tuple(settings.items()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("how", "header", "expected"),
    [
        (auth("bearer", token=secret()), "authorization", f"Bearer {VALUE}"),
        (
            auth("basic", user="ana", password=secret()),
            "authorization",
            "Basic YW5hOnQwcCtzM2NyZXQva2V5PQ==",
        ),
        (auth("key", name="X-Api-Key", value=secret()), "x-api-key", VALUE),
    ],
)
def test_a_request_proves_who_asks(
    api: Api, read: Reading, how: Auth, header: str, expected: str
) -> None:
    read.land(table(f"{api.url}/link", paging=LINK, auth=how))
    assert [request.headers[header] for request in api.requests] == [expected] * 3


def test_a_key_in_the_query_is_sent_with_every_page_once(api: Api, read: Reading) -> None:
    how = Auth(by="key", settings=(("in", "query"), ("name", "key"), ("value", secret())))
    api.answer = lambda request: _echo(api, request)
    read.land(table(f"{api.url}/link", paging=LINK, auth=how))
    assert [request.query["key"] for request in api.requests] == [VALUE] * 3
    assert all(request.target.count("key=") == 1 for request in api.requests)


def _echo(api: Api, request: Request) -> Reply:
    """Pages by link, whose addresses repeat the whole query as some servers do."""
    code, headers, body = api._by_link(request)
    query = request.target.partition("key=")[2].partition("&")[0]
    link = headers.get("Link", "").replace("/link?", f"/link?key={query}&")
    return code, {**headers, "Link": link}, body


@pytest.mark.parametrize("by", ["bearer", "basic", "key"])
@pytest.mark.parametrize("code", [401, 403])
def test_a_refusal_names_what_was_used_and_not_its_value(
    api: Api, read: Reading, by: str, code: int
) -> None:
    settings: dict[str, dict[str, Setting]] = {
        "bearer": {"token": secret()},
        "basic": {"user": "ana", "password": secret()},
        "key": {"name": "key", "in": "query", "value": secret()},
    }
    api.faults.append(faults.status(code))
    with pytest.raises(TaskFailed, match=rf"answers {code} to .*`API_SECRET`") as caught:
        read.land(table(f"{api.url}/link", auth=auth(by, **settings[by])))
    assert caught.value.code == "SRC050"
    assert VALUE not in str(caught.value)


def test_another_server_is_not_told_who_asks(api: Api, read: Reading) -> None:
    with serving() as other:
        other.rows = [{"id": 1}]
        api.answer = lambda _: (302, {"Location": f"{other.url}/one"}, b"")
        how = auth("bearer", token=secret())
        read.land(table(f"{api.url}/x", auth=how, headers=(("X-Tenant", "shop"),)))
        assert read.records() == [{"id": 1}]
        (request,) = other.requests
    assert "authorization" not in request.headers
    assert "x-tenant" not in request.headers


def client(api: Api, **more: Setting) -> Auth:
    return auth(
        "oauth2", token_url=f"{api.url}/token", client_id="client", client_secret=secret(), **more
    )


@pytest.mark.parametrize("place", ["header", "body"])
def test_a_token_is_fetched_once_and_kept(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("API_SECRET", "s:3cret+word")
    api.tokens = set()
    how = client(api, **{"in": place, "scope": "read write"})
    read.land(table(f"{api.url}/link", paging=LINK, auth=how))
    assert len(read.records()) == 8
    tokens = [request for request in api.requests if request.path == "/token"]
    assert len(tokens) == 1
    assert b"scope=read+write" in tokens[0].body
    assert (b"client_secret" in tokens[0].body) == (place == "body")


def test_a_token_that_is_refused_is_renewed_once(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_SECRET", "s:3cret+word")
    api.tokens = set()
    api.faults.extend([None, faults.status(401)])
    read.land(table(f"{api.url}/link", paging=LINK, auth=client(api)))
    assert [r.path for r in api.requests] == [
        "/token",
        "/link",
        "/link",
        "/token",
        "/link",
        "/link",
    ]
    api.faults.extend([faults.status(401), faults.status(401)])
    with pytest.raises(TaskFailed, match="a token for the client whose secret is from"):
        read.land(table(f"{api.url}/link", paging=LINK, auth=client(api)))


def test_a_client_that_gets_no_token_is_told(api: Api, read: Reading) -> None:
    with pytest.raises(
        TaskFailed, match="/token` answers 401 to the request for a token"
    ) as caught:
        read.land(table(f"{api.url}/link", auth=client(api)))
    assert caught.value.code == "SRC050"


def test_a_token_that_expires_is_fetched_again(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    read.land(table(f"{api.url}/link", paging=LINK, auth=lasting(api, monkeypatch, "0")))
    assert [r.path for r in api.requests].count("/token") == 3


def lasting(api: Api, monkeypatch: pytest.MonkeyPatch, lifetime: str) -> Auth:
    """A client whose tokens hold for as long as a text says."""
    monkeypatch.setenv("API_SECRET", "s:3cret+word")
    api.tokens = set()
    given = api._token
    api._token = lambda request: (  # type: ignore[method-assign]
        200,
        {},
        given(request)[2].replace(b"3600", lifetime.encode()),
    )
    return client(api)


@pytest.mark.parametrize("lifetime", ["9" * 400, "-5", "true", "[]", '"NaN"', '"soon"', "null"])
def test_a_lifetime_that_nobody_can_mean_says_nothing(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, lifetime: str
) -> None:
    read.land(table(f"{api.url}/link", paging=LINK, auth=lasting(api, monkeypatch, lifetime)))
    assert [r.path for r in api.requests].count("/token") == 1


@pytest.mark.parametrize("lifetime", ["9" * 5000, "1e999", "NaN"])
def test_a_token_in_no_json_is_none(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, lifetime: str
) -> None:
    with pytest.raises(TaskFailed, match="gives no `access_token`") as caught:
        read.land(table(f"{api.url}/link", auth=lasting(api, monkeypatch, lifetime)))
    assert caught.value.code == "SRC050"


SPELLED = "a/b+c=d&e é"


@pytest.mark.parametrize(
    "spelled",
    [
        SPELLED,
        "a%2Fb%2Bc%3Dd%26e%20%C3%A9",
        "a%2fb%2bc%3dd%26e+%c3%a9",
        r"a\/b+c\u003dd\u0026e \u00e9",
        r"a\u002Fb\u002bc\u003Dd\u0026e\u0020\u00E9",
        r"a\u00252fb%252Bc%3dd%26e+%C3%a9",
        "a/b+c=d&amp;e é",
    ],
)
@pytest.mark.parametrize("equals", ["=", r"\u003d", r"\u003D", "%3d"])
def test_a_secret_of_the_query_is_blackened_however_it_is_spelled(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, spelled: str, equals: str
) -> None:
    monkeypatch.setenv("API_SECRET", SPELLED)
    body = f'[{{"id": 1, "next": "/x?key{equals}SPELLED&A=1", "other": "A%2FB"}}]'

    def told(word: str) -> bytes:
        return body.replace("SPELLED", word).encode()

    api.answer = lambda _: (200, {"Content-Type": "application/json"}, told(spelled))
    how = Auth(by="key", settings=(("in", "query"), ("name", "key"), ("value", secret())))
    read.land(table(f"{api.url}/x", auth=how))
    assert read.bodies() == [told("***")]


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": f"x/{VALUE}"}, {"Content-Encoding": VALUE[:12]}, {"Content-Encoding": VALUE}],
)
def test_a_secret_that_a_server_repeats_in_its_headers_is_not_told(
    api: Api, read: Reading, headers: dict[str, str]
) -> None:
    api.answer = lambda _: (200, headers, b"abc")
    with pytest.raises(TaskFailed, match="none that is known") as caught:
        read.land(table(f"{api.url}/x", auth=auth("bearer", token=secret())))
    assert VALUE[:8].lower() not in str(caught.value).lower()


def test_a_secret_that_a_server_repeats_in_other_letters_is_not_told(
    api: Api, read: Reading
) -> None:
    api.answer = lambda _: (302, {"Location": f"/{quote(VALUE).lower()}/x"}, b"")
    with pytest.raises(TaskFailed) as caught:
        read.land(table(f"{api.url}/x", auth=auth("bearer", token=secret())))
    assert quote(VALUE).lower() not in str(caught.value).lower()
    assert VALUE.lower() not in str(caught.value).lower()


def test_a_secret_that_cannot_be_sent_is_not_shown(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_SECRET", "one\r\nX-Evil: two")
    with pytest.raises(TaskFailed, match="the header `Authorization`, whose value") as caught:
        read.land(table(f"{api.url}/link", auth=auth("bearer", token=secret())))
    assert "Evil" not in str(caught.value)
    assert api.requests == []


ECHOED = "of-the-shop/a&b="


@pytest.mark.parametrize(
    ("how", "name"),
    [
        (auth("bearer", token=secret()), "the environment variable `API_SECRET`"),
        (auth("basic", user="ana", password=secret()), "the environment variable `API_SECRET`"),
        (auth("key", name="X-Key", value=secret()), "the environment variable `API_SECRET`"),
        (
            Auth(by="key", settings=(("in", "query"), ("name", "key"), ("value", secret()))),
            "the environment variable `API_SECRET`",
        ),
    ],
)
@pytest.mark.parametrize(
    "spelled",
    [
        ECHOED,
        r"of-the-shop\/a&b=",
        "of-the-shop%2Fa%26b%3D",
        "of-the-shop/a%26b%3D",
        "of-the-shop/a&amp;b=",
    ],
)
def test_a_page_that_repeats_a_secret_is_not_landed(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, how: Auth, name: str, spelled: str
) -> None:
    monkeypatch.setenv("API_SECRET", ECHOED)
    pages = {"/x": b'[{"id": 1}]', "/y": f'[{{"id": 2, "seen": "{spelled}"}}]'.encode()}
    link = {"Link": "</y>; rel=next", "Content-Type": "application/json"}
    api.answer = lambda request: (200, link, pages[request.path])
    with pytest.raises(TaskFailed, match="page 2 of `api.t` from") as caught:
        read.land(table(f"{api.url}/x", paging=LINK, auth=how))
    assert caught.value.code == "SRC073"
    assert str(caught.value.problems[0].what).endswith(name)
    assert "of-the-shop" not in repr(caught.value.problems)
    kept = [file for file in read.root.rglob("*") if file.is_file()]
    assert [file for file in kept if b"of-the-shop" in file.read_bytes()] == []


@pytest.mark.parametrize("by", ["basic", "oauth2"])
def test_what_was_made_of_a_secret_or_fetched_with_it_is_not_landed_either(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    def answer(request: Request) -> Reply:
        if request.path == "/token":
            return api._token(request)
        seen.append(request.headers["authorization"].partition(" ")[2])
        return 200, {}, json.dumps([{"seen": seen}]).encode()

    seen: list[str] = []
    how = auth("basic", user="ana", password=secret())
    how = how if by == "basic" else lasting(api, monkeypatch, "3600")
    api.answer = answer
    with pytest.raises(TaskFailed) as caught:
        read.land(table(f"{api.url}/x", auth=how))
    assert caught.value.code == "SRC073"
    assert len(seen) == 1
    assert seen[0] not in repr(caught.value.problems)


def test_references_in_headers_and_parameters_are_secrets_and_what_is_written_out_is_none(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_SECRET", "customer-17")
    api.answer = lambda _: (200, {}, b'[{"id": "customer-17"}]')
    written, referred = (("x-customer", "customer-17"),), (("x-customer", secret()),)
    read.land(table(f"{api.url}/x", headers=written, parameters=written))
    for declared in (
        table(f"{api.url}/x", headers=referred),
        table(f"{api.url}/x", parameters=referred),
    ):
        with pytest.raises(TaskFailed) as caught:
            read.land(declared)
        assert caught.value.code == "SRC073"


def test_a_secret_of_a_few_letters_is_looked_for_nowhere(
    api: Api, read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_SECRET", "rowsrow")
    api.answer = lambda _: (200, {}, b'[{"id": "rowsrow"}]')
    assert read.land(table(f"{api.url}/x", auth=auth("bearer", token=secret()))) == 1


SOURCE = """
connection:
  kind: http
  url: {url}
  auth: {auth}
  attempts: 1
tables:
  t:
    path: /link
    pages: link
    params: {{tenant_token: {{env: OTHER_SECRET}}}}
    mode: append
    cursor: {{field: updated, param: since}}
"""
OTHER = "0ther%s3cret"


@pytest.mark.parametrize(
    "how",
    [
        "{bearer: {env: API_SECRET}}",
        "{basic: {user: ana, password: {env: API_SECRET}}}",
        "{key: {name: key, in: query, value: {env: API_SECRET}}}",
        "{oauth2: {token_url: URL/token, client_id: client, client_secret: {env: API_SECRET}}}",
    ],
)
def test_no_byte_of_a_secret_is_kept_or_printed(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The server repeats the whole query in the addresses of its pages, header and body alike."""
    value = "s:3cret+word" if "oauth2" in how else VALUE
    monkeypatch.setenv("API_SECRET", value)
    monkeypatch.setenv("OTHER_SECRET", OTHER)

    def answer(request: Request) -> Reply:
        start = int(request.query.get("from", "0"))
        rows = [row for row in api.rows if row["updated"] >= request.query.get("since", "")]
        query = request.target.partition("?")[2].partition("&from=")[0]
        target = f"{api.url}/link?{query}&from={start + 3}"
        link = {"Link": f'<{target}>; rel="next"'} if start + 3 < len(rows) else {}
        found = [{**row, "self": target} for row in rows[start : start + 3]]
        return 200, {"Content-Type": "application/json", **link}, json.dumps(found).encode()

    api.answer = answer
    source = SOURCE.format(url=api.url, auth=how.replace("URL", api.url))
    write_project(tmp_path, {"sources/api.yml": source})
    api.faults.extend([None, None, faults.drop, faults.drop, None, faults.status(404)])
    printed = ""
    for arguments in (("run",), ("run",), ("run",), ("show", "api.t")):
        done = run_andon(tmp_path, *arguments)
        printed += done.stdout + done.stderr
    assert "SRC052" in printed
    assert "SRC051" in printed
    assert "published 1 asset" in printed
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.parent.parent.name == "raw" for file in kept)
    from urllib.parse import quote, quote_plus

    for word in (value, OTHER, "YW5hOnQwcCtzM2NyZXQva2V5PQ==", "Y2xpZW50OnM", "token-number-"):
        for form in {word, quote(word, safe=""), quote_plus(word)}:
            assert form not in printed
            assert [file for file in kept if form.encode() in file.read_bytes()] == []
