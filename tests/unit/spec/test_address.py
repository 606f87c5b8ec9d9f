"""Addresses in their parts, and what of them may be shown."""

from __future__ import annotations

import pytest

from andon.spec.address import PLACES, SETTINGS, is_signed, parse, scheme_of


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("s3://shop/in/*.csv", ("s3", "shop", "in/*.csv", "")),
        ("S3://Shop/in/a?.csv", ("s3", "Shop", "in/a?.csv", "")),
        ("gs://shop/a#b.csv", ("gs", "shop", "a#b.csv", "")),
        ("sftp://files.example:2222/home/ana/a.csv", ("sftp", "files.example:2222", "home/ana/a.csv", "")),
        ("https://files.example/a.csv?day=1#top", ("https", "files.example", "a.csv", "day=1")),
    ],
)  # fmt: skip
def test_an_address_has_parts(path: str, parts: tuple[str, ...]) -> None:
    found = parse(path)
    assert (found.scheme, found.host, found.key, found.query) == parts


def test_an_address_of_azure_may_name_container_and_account() -> None:
    found = parse("abfss://in@shop.dfs.core.windows.net/x/*.csv")
    assert (found.host, found.account) == ("in", "shop.dfs.core.windows.net")
    assert found.name_of("x/a.csv") == "abfss://in@shop.dfs.core.windows.net/x/a.csv"


def test_the_name_of_a_file_has_no_query() -> None:
    assert parse("https://files.example/a.csv?day=1").name == "https://files.example/a.csv"


@pytest.mark.parametrize(
    "path",
    [
        "https://ana:hunter2@files.example/a.csv",
        "sftp://ana@files.example/a.csv",
        "s3://key:hunter2@shop/a.csv",
        "s3:///a.csv",
        "s3://shop",
        "s3://sh*p/a.csv",
        "ftp://hunter2.example/a.csv",
        "https://files.example?hunter2",
    ],
)
def test_what_is_wrong_is_told_without_the_address(path: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse(path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Signature=1", "day=1&x-goog-credential=a", "sv=1&sr=b&sig=x", "access_token=x",
        "apiKey=x", "api_key=x", "day=1&key=x", "AWSAccessKeyId=a&Signature=b", "code=x", "pw_token=x",
    ],
)  # fmt: skip
def test_a_query_that_lets_in_whoever_holds_it_is_known(query: str) -> None:
    assert is_signed(query)


@pytest.mark.parametrize("query", ["", "day=1", "format=csv&keys=all", "monkey=1", "design=2"])
def test_a_query_that_only_asks_is_no_secret(query: str) -> None:
    assert not is_signed(query)


@pytest.mark.parametrize(
    "path", ["data/a.csv", "/data/a.csv", "data/s3:/a.csv", "C:/a.csv", "1s3://b/a"]
)
def test_a_path_of_the_file_system_has_no_scheme(path: str) -> None:
    assert scheme_of(path) == ""


def test_every_kind_of_place_has_settings() -> None:
    assert set(PLACES.values()) == set(SETTINGS)
