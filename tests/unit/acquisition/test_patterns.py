"""Patterns over names in a listing."""

from __future__ import annotations

import pytest

from andon.acquisition.patterns import enters, search_of


@pytest.mark.parametrize(
    ("pattern", "folder", "start", "is_deep"),
    [
        ("in/*.csv", "in/", "", False),
        ("in/orders-*.csv", "in/", "orders-", False),
        ("*.csv", "", "", False),
        ("in/[ab]*.csv", "in/", "", False),
        ("in/20??/x.csv", "in/", "20", True),
        ("in/**/*.csv", "in/", "", True),
    ],
)
def test_a_listing_begins_where_the_first_wildcard_is(
    pattern: str, folder: str, start: str, is_deep: bool
) -> None:
    search = search_of(pattern)
    assert (search.folder, search.start, search.is_deep) == (folder, start, is_deep)


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("in/*.csv", "in/a.csv", True),
        ("in/*.csv", "in/x/a.csv", False),
        ("in/*.csv", "in/.a.csv", False),
        ("in/.*.csv", "in/.a.csv", True),
        ("in/**/a.csv", "in/a.csv", True),
        ("in/**/a.csv", "in/x/y/a.csv", True),
        ("in/**/a.csv", "in/.x/a.csv", False),
        ("in/.x/*.csv", "in/.x/a.csv", True),
        ("in/**", "in/a.csv", False),
        ("in/*/a.csv", "in/x/a.csv", True),
        ("in/*/a.csv", "in/x/y/a.csv", False),
        ("in/?.csv", "in/ab.csv", False),
        ("in/[!a].csv", "in/b.csv", True),
        ("in/*.csv", "in/A.CSV", False),
        ("in/*.csv", "out/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("in/*.csv", "in//a.csv", False),
    ],
)
def test_a_name_matches_or_not(pattern: str, name: str, expected: bool) -> None:
    assert search_of(pattern).matches(name) is expected


@pytest.mark.parametrize(
    ("pattern", "folder", "expected"),
    [
        ("*.csv", ["x"], False),
        ("*/*.csv", ["x"], True),
        ("*/*.csv", ["x", "y"], False),
        ("**/*.csv", ["x", "y"], True),
        ("**/*.csv", [".x"], False),
        ("x*/y/*.csv", ["xa", "y"], True),
        ("x*/y/*.csv", ["b"], False),
    ],
)
def test_only_folders_that_can_hold_a_match_are_entered(
    pattern: str, folder: list[str], expected: bool
) -> None:
    assert enters(search_of(pattern).parts, folder) is expected
