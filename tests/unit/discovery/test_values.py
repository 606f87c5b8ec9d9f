"""What the statistics of a file tell about a value before it is read."""

from __future__ import annotations

import pytest

from andon.discovery.values import Wanted, prefix_of


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("DE[0-9]{20}", "DE"),
        ("plain text", "plain text"),
        ("^DE", ""),
        ("abc*", "ab"),
        ("abc+", "abc"),
        ("abc{0,2}", "ab"),
        ("a?", ""),
        ("(ab)c", ""),
        ("ab(c|d)", ""),
        (r"a\.b", "a"),
        ("a.b", "a"),
        ("(?i)de", ""),
        ("", ""),
    ],
)
def test_only_what_every_match_begins_with_is_a_prefix(pattern: str, prefix: str) -> None:
    assert prefix_of(pattern) == prefix


def test_a_value_may_lie_between_its_neighbours_and_at_them() -> None:
    wanted = Wanted(text="m")
    assert wanted.may_lie_in("a", "z")
    assert wanted.may_lie_in("m", "m")
    assert not wanted.may_lie_in("ma", "z")
    assert not wanted.may_lie_in("a", "l")


def test_where_the_most_value_is_not_known_it_may_lie_behind() -> None:
    assert Wanted(text="z").may_lie_in("a", None)
    assert not Wanted(text="A").may_lie_in("a", None)


def test_the_characters_of_a_value_mean_themselves() -> None:
    assert not Wanted(text="a.c").may_lie_in("abc", "abc")


def test_a_pattern_without_a_beginning_may_lie_anywhere() -> None:
    assert Wanted(text=".*", is_pattern=True).may_lie_in("x", "x")
