from __future__ import annotations

from decimal import Decimal

from andon.cli.tables import shortened, table


def test_numbers_stand_on_the_right_and_text_on_the_left() -> None:
    lines = list(table(["name", "n"], [("a", 1), ("bcd", Decimal("22.5"))]))
    assert lines == ["name     n", "----  ----", "a        1", "bcd   22.5"]


def test_a_column_of_nothing_but_null_is_text() -> None:
    assert list(table(["long_name"], [(None,)]))[-1] == "null"


def test_a_table_without_rows_has_its_header() -> None:
    assert list(table(["a", "b"], [])) == ["a  b", "-  -"]


def test_a_long_cell_is_cut_unless_wanted_whole() -> None:
    assert list(table([""], [("x" * 9,)], widest=4)) == ["xxx…"]
    assert list(table([""], [("x" * 9,)], widest=None)) == ["x" * 9]


def test_a_line_has_no_blanks_at_its_end() -> None:
    assert list(table(["", ""], [("a", ""), ("b", "cc")])) == ["a", "b  cc"]


def test_a_long_list_says_how_to_see_the_rest() -> None:
    assert shortened(range(14), 2, whole=False) == (range(2), "12 more, -v")
    assert shortened(range(14), 2, whole=True) == (range(14), "")
