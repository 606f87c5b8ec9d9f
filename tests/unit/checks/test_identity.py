from __future__ import annotations

from msgspec.structs import replace

from andon.checks.identity import checks_identity, cross, local, split_identity
from andon.checks.split import within_limit
from andon.spec.check import NotNull, Relationship, RowCount, SqlCheck, Tolerance

NULL = NotNull(column="a", on_fail="quarantine")
OTHER = Relationship(columns=("a",), to_asset="raw.o", to_columns=("a",))


def test_without_a_quarantine_check_nothing_is_split() -> None:
    assert split_identity([OTHER, RowCount(min=1)], Tolerance(share=0.01)) == ""


def test_the_split_follows_its_checks_and_their_limit_and_nothing_else() -> None:
    first = split_identity([NULL, OTHER], Tolerance(share=0.01))
    assert first == split_identity([NULL], Tolerance(share=0.01))
    assert first != split_identity([NULL], Tolerance(share=0.02))
    assert first != split_identity([replace(NULL, column="b")], Tolerance(share=0.01))


def test_a_name_is_no_part_of_an_identity() -> None:
    assert checks_identity([NULL]) == checks_identity([replace(NULL, name="mine")])
    assert checks_identity([NULL, OTHER]) != checks_identity([OTHER, NULL])


def test_checks_that_read_other_assets_are_told_apart() -> None:
    own = Relationship(columns=("a",), to_asset="raw.t", to_columns=("b",))
    file = SqlCheck(path="checks/a.sql", sql="", reads=("raw.t", "raw.o"))
    assert cross([NULL, OTHER, own, file], "raw.t") == (OTHER, file)
    assert local([NULL, OTHER, own, file], "raw.t") == (NULL, own)


def test_the_limit_of_quarantine_is_the_most_that_may_go() -> None:
    assert within_limit(Tolerance(share=0.01), 10, 1000)
    assert not within_limit(Tolerance(share=0.01), 11, 1000)
