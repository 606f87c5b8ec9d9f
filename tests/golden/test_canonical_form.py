"""The corpus of equal and unequal queries in canonical/."""

from __future__ import annotations

from pathlib import Path

import pytest

from andon.sql.canonical import canonical

FOLDER = Path(__file__).parent / "canonical"


def pairs(name: str) -> list[tuple[str, str]]:
    """Pairs of one file, its first comment line left out."""
    text = (FOLDER / name).read_text(encoding="utf-8").split("\n", 1)[1]
    found = []
    for pair in text.split("\n---\n"):
        left, right = pair.split("\n===\n")
        found.append((left, right.removesuffix("\n")))
    return found


@pytest.mark.parametrize(("left", "right"), pairs("equal.sql"))
def test_layout_comments_and_case_of_keywords_do_not_count(left: str, right: str) -> None:
    assert canonical(left) == canonical(right)


@pytest.mark.parametrize(("left", "right"), pairs("unequal.sql"))
def test_every_token_of_meaning_counts(left: str, right: str) -> None:
    assert canonical(left) != canonical(right)


@pytest.mark.parametrize("text", [left for left, _ in pairs("equal.sql") + pairs("unequal.sql")])
def test_a_canonical_form_is_its_own_canonical_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


def test_the_corpus_keeps_its_size() -> None:
    assert len(pairs("equal.sql")) >= 40
    assert len(pairs("unequal.sql")) >= 60
