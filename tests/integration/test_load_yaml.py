"""YAML by the core schema of version 1.2, with positions."""

from __future__ import annotations

import pytest

from andon.project.yaml import MapNode, YamlInvalid, plain, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("2024-01-01", "2024-01-01"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("010", 10),
        ("0x1F", 31),
        ("-1.5e3", -1500.0),
        ("True", True),
        ("~", None),
        ("'1'", "1"),
        ("<<", "<<"),
    ],
)
def test_plain_words_are_resolved_by_the_core_schema(text: str, value: object) -> None:
    node = read_yaml(f"a: {text}")

    assert node is not None
    assert plain(node) == {"a": value}


def test_positions_start_at_the_given_place() -> None:
    node = read_yaml("a: 1\nb: 2", line=10)

    assert isinstance(node, MapNode)
    assert [(key.line, key.column) for key, _ in node.entries] == [(10, 1), (11, 1)]


def test_an_alias_that_contains_itself_is_refused() -> None:
    with pytest.raises(YamlInvalid, match="contains itself"):
        read_yaml("a: &a [*a]")


def test_aliases_of_aliases_cost_no_more_than_their_text() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)]

    assert isinstance(read_yaml("\n".join(lines)), MapNode)


def test_several_documents_in_one_file_are_refused() -> None:
    with pytest.raises(YamlInvalid, match="document"):
        read_yaml("a: 1\n---\nb: 2\n")
