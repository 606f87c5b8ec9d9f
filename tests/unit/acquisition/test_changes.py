"""What changed in the columns of a table, and how it is classed."""

from __future__ import annotations

import pytest

from andon.acquisition.columns.changes import Alike, Lately, changes, told, warning_of
from andon.acquisition.columns.shape import Shape, missing_from, parent_of, paths_of, without
from andon.schema import FieldChange


def seen(before: str, after: str) -> list[tuple[str, str, bool]]:
    """Path, kind and class of the changes of one column `c` from one type to another."""
    found = changes((("c", before),), (("c", after),))
    return [(change.path, change.kind, change.is_breaking) for change in found]


@pytest.mark.parametrize(
    ("before", "after", "kind", "is_breaking"),
    [
        ("INTEGER", "BIGINT", "widened", False),
        ("INTEGER", "DOUBLE", "widened", False),
        ("INTEGER", "DECIMAL(12,2)", "widened", False),
        ("INTEGER", "DECIMAL(4,2)", "retyped", True),
        ("DECIMAL(10,2)", "DECIMAL(12,4)", "widened", False),
        ("DECIMAL(10,2)", "DECIMAL(10,4)", "retyped", True),
        ("DATE", "TIMESTAMP", "widened", False),
        ("UINTEGER", "BIGINT", "widened", False),
        ("BIGINT", "INTEGER", "narrowed", True),
        ("TIMESTAMP", "DATE", "narrowed", True),
        ("DOUBLE", "BIGINT", "narrowed", True),
        ("BIGINT", "VARCHAR", "retyped", True),
        ("VARCHAR", "BIGINT", "retyped", True),
        ("VARCHAR", "JSON", "retyped", True),
        ("DATE", "BIGINT", "retyped", True),
        ("BOOLEAN", "BIGINT", "retyped", True),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "retyped", True),
        ("STRUCT(a BIGINT)", "STRUCT(a BIGINT)[]", "retyped", True),
        ("STRUCT(a BIGINT)", "VARCHAR", "retyped", True),
    ],
)
def test_a_changed_type_has_a_kind_and_a_class(
    before: str, after: str, kind: str, is_breaking: bool
) -> None:
    assert seen(before, after) == [("c", kind, is_breaking)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("STRUCT(a BIGINT)", "STRUCT(a BIGINT, b DATE)", [("c.b", "new", False)]),
        ("STRUCT(a BIGINT, b DATE)", "STRUCT(b DATE)", [("c.a", "vanished", True)]),
        ("STRUCT(a INTEGER)[]", "STRUCT(a BIGINT)[]", [("c[].a", "widened", False)]),
        ("INTEGER[]", "BIGINT[]", [("c[]", "widened", False)]),
        ("STRUCT(a STRUCT(x BIGINT))", "STRUCT(a VARCHAR)", [("c.a", "retyped", True)]),
        ('STRUCT("a.b" INTEGER)', 'STRUCT("a.b" BIGINT)', [('c."a.b"', "widened", False)]),
        ("STRUCT(A BIGINT)", "STRUCT(a BIGINT)", []),
    ],
)
def test_a_nested_field_is_told_by_its_path(
    before: str, after: str, expected: list[tuple[str, str, bool]]
) -> None:
    assert seen(before, after) == expected


def test_of_a_new_or_vanished_column_its_fields_are_not_told_again() -> None:
    found = changes((("a", "STRUCT(x BIGINT)"),), (("b", "STRUCT(y DATE)[]"),))
    assert [(c.path, c.kind) for c in found] == [("a", "vanished"), ("b", "new")]


def test_a_first_value_gives_a_type_and_breaks_nothing() -> None:
    lately = Lately(unfilled=frozenset({"c"}))
    (found,) = changes((("c", "VARCHAR"),), (("c", "BIGINT"),), lately)
    assert (found.kind, found.is_breaking) == ("retyped", False)


def renamed(before: Shape, after: Shape, alike: Alike | None = None) -> list[tuple[str, str]]:
    found = changes(before, after, None, lambda _old, _new: alike)
    return [(c.was, c.path) for c in found if c.kind == "renamed"]


def test_a_column_of_like_name_in_its_old_place_was_renamed() -> None:
    before = (("id", "BIGINT"), ("customerId", "BIGINT"))
    assert renamed(before, (("id", "BIGINT"), ("customer_id", "BIGINT"))) == [
        ("customerId", "customer_id")
    ]


def test_a_column_of_another_name_was_renamed_if_it_holds_the_same_values() -> None:
    before, after = (("zip", "VARCHAR"),), (("postcode", "VARCHAR"),)
    assert renamed(before, after) == []
    assert renamed(before, after, Alike(values=100, held=98)) == [("zip", "postcode")]
    assert renamed(before, after, Alike(values=100, held=2)) == []


def test_two_truth_values_are_alike_by_chance() -> None:
    before, after = (("paid", "BOOLEAN"), ("x", "DATE")), (("x", "DATE"), ("gift", "BOOLEAN"))
    assert renamed(before, after, Alike(values=2, held=2)) == []


def test_a_column_of_another_type_was_not_renamed() -> None:
    assert renamed((("amount", "BIGINT"),), (("amounts", "VARCHAR"),)) == []


def test_each_column_is_renamed_once_and_the_surest_pair_wins() -> None:
    before = (("price", "DOUBLE"), ("price_net", "DOUBLE"))
    after = (("price_gross", "DOUBLE"), ("price_nett", "DOUBLE"))
    assert sorted(renamed(before, after)) == [
        ("price", "price_gross"),
        ("price_net", "price_nett"),
    ]


def test_fields_are_renamed_within_one_parent_only() -> None:
    before = (("a", "STRUCT(zip VARCHAR, x DATE)"), ("b", "STRUCT(y DATE)"))
    after = (("a", "STRUCT(x DATE)"), ("b", "STRUCT(y DATE, zip VARCHAR)"))
    found = changes(before, after)
    assert {(c.path, c.kind) for c in found} == {("a.zip", "vanished"), ("b.zip", "new")}


def test_a_column_that_the_table_keeps_but_nothing_brings_any_more_has_vanished() -> None:
    columns = (("id", "BIGINT"), ("zip", "VARCHAR"))
    (found,) = changes(columns, columns, Lately(gone=frozenset({"zip"})))
    assert (found.path, found.kind, found.is_kept) == ("zip", "vanished", True)
    assert "the table keeps it" in told(found)


@pytest.mark.parametrize(("sureness", "is_breaking"), [(0.67, False), (0.99, True), (1.0, True)])
def test_that_a_document_lacks_a_field_breaks_only_if_it_is_sure(
    sureness: float, is_breaking: bool
) -> None:
    columns = (("id", "BIGINT"), ("zip", "VARCHAR"))
    (found,) = changes(
        columns, columns, Lately(gone=frozenset({"zip"}), sureness={"zip": sureness})
    )
    assert found.is_breaking is is_breaking


def test_a_kept_column_and_a_new_one_may_be_one_that_was_renamed() -> None:
    before = (("id", "BIGINT"), ("zip", "VARCHAR"))
    after = (*before, ("zip_code", "VARCHAR"))
    lately = Lately(
        gone=frozenset({"zip"}),
        former=before,
        newest=(("id", "BIGINT"), ("zip_code", "VARCHAR")),
    )
    assert [(c.was, c.path) for c in changes(before, after, lately)] == [("zip", "zip_code")]


def test_what_newer_deliveries_lack_is_told_by_its_outermost_path() -> None:
    former = (("id", "BIGINT"), ("a", "STRUCT(x BIGINT, y DATE)"), ("b", "STRUCT(z BIGINT)"))
    newest = (("id", "BIGINT"), ("a", "STRUCT(y DATE)"))
    assert missing_from(former, newest) == {"a.x", "b"}
    assert missing_from(former, (("a", "VARCHAR"), ("b", "JSON"), ("id", "DATE"))) == frozenset()


def test_paths_lead_to_their_parents() -> None:
    shape = (("a", 'STRUCT("b.c" STRUCT(d BIGINT)[], e DATE)'),)
    paths = [path for path, _ in paths_of(shape)]
    assert paths == ["a", 'a."b.c"', 'a."b.c"[]', 'a."b.c"[].d', "a.e"]
    assert [parent_of(path) for path in paths] == ["", "a", 'a."b.c"', 'a."b.c"[]', "a"]


def test_a_shape_without_a_nested_field_keeps_the_others() -> None:
    shape = (("a", "STRUCT(x BIGINT, y DATE)[]"), ("b", "BIGINT"))
    assert without(shape, {"a[].x"}) == (("a", 'STRUCT("y" DATE)[]'), ("b", "BIGINT"))


def test_only_breaking_changes_are_warned_of_with_who_reads_the_table() -> None:
    new = FieldChange(path="a", kind="new", is_breaking=False, after="DATE")
    gone = FieldChange(path="b", kind="vanished", is_breaking=True, before="DATE")
    assert warning_of("raw.t", [new], ["m.a"], "") is None
    warning = warning_of("raw.t", [new, gone], ["m.a"], "growth")
    assert warning is not None
    assert (warning.code, warning.severity) == ("SRC070", "warning")
    assert warning.what == "`raw.t` changed: vanished `b`"
    assert "`m.a`" in warning.why
    assert "growth" in warning.fix
