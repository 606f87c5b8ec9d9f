"""How names and texts become words, and which words are nearly the same."""

from __future__ import annotations

import pytest

from andon.discovery.words import most_slips, root, singular, slips, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("marts.customer_value", ["marts", "customer", "value"]),
        ("orderLines2024", ["order", "lines", "2024"]),
        ("HTTPStatus of a VATReturn", ["http", "status", "of", "a", "vat", "return"]),
        ("Grüße: Émile's café", ["grusse", "emile", "s", "cafe"]),
        ("売上 2026", ["売上", "2026"]),
        ("", []),
    ],
)
def test_words_are_parted_in_every_spelling_of_names(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("many", "one"),
    [("categories", "category"), ("boxes", "box"), ("news", "new"), ("gas", "gas"), ("bus", "bus")],
)
def test_plurals_are_told_by_their_ending(many: str, one: str) -> None:
    assert singular(many) == one


def test_relatives_have_one_root() -> None:
    assert root("payments") == root("payment") == root("payment")
    assert root("shipping") == root("shipped") == root("shipment") == "ship"
    assert root("book") != root("boot")


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("order", "order", 0),
        ("ordr", "order", 1),
        ("orderr", "order", 1),
        ("irder", "order", 1),
        ("rodre", "order", 2),
        ("abc", "xyz", None),
    ],
)
def test_slips_are_counted_up_to_two(one: str, other: str, count: int | None) -> None:
    assert slips(one, other, 2) == slips(other, one, 2) == count


def test_short_words_and_numbers_are_taken_as_they_are() -> None:
    assert [most_slips(word) for word in ("id", "vat", "2024", "cart", "warehouse")] == [
        0,
        0,
        0,
        1,
        2,
    ]
