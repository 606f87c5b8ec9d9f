"""Laws of comparing schemas."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from andon.acquisition.columns.changes import changes, is_wider
from andon.acquisition.columns.shape import Shape
from andon.acquisition.columns.types import least_common, struct

LEAVES = st.sampled_from(
    "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT "
    "DOUBLE DECIMAL(4,2) DECIMAL(10,0) DECIMAL(18,2) DECIMAL(38,6) DATE TIMESTAMP_S TIMESTAMP_MS "
    "TIMESTAMP TIMESTAMP_NS BOOLEAN VARCHAR JSON".split()
)
NAMES = st.lists(
    st.sampled_from(["a", "b", "zip", "zip_code", "x.y", 'q"q']), unique=True, max_size=5
)


def structs(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    fields = st.dictionaries(st.sampled_from(["a", "b", "c.d"]), inner, min_size=1, max_size=3)
    return fields.map(lambda found: struct(sorted(found.items()))) | inner.map("{}[]".format)


TYPES = st.recursive(LEAVES, structs, max_leaves=4)
SHAPES: st.SearchStrategy[Shape] = NAMES.flatmap(
    lambda names: st.tuples(*(TYPES for _ in names)).map(
        lambda kinds: tuple(zip(names, kinds, strict=True))
    )
)


@given(SHAPES)
def test_comparing_a_schema_with_itself_gives_nothing(shape: Shape) -> None:
    assert changes(shape, shape) == ()


@given(SHAPES, SHAPES)
def test_what_is_new_one_way_has_vanished_the_other_way(one: Shape, other: Shape) -> None:
    there, back = changes(one, other), changes(other, one)
    new = {c.path for c in there if c.kind == "new"} | {c.path for c in there if c.was}
    gone = {c.path for c in back if c.kind == "vanished"} | {c.was for c in back if c.was}
    assert new == gone


@given(SHAPES, SHAPES)
def test_unlike_schemas_differ(one: Shape, other: Shape) -> None:
    folded = [sorted((name.casefold(), kind) for name, kind in shape) for shape in (one, other)]
    assert bool(changes(one, other)) == (folded[0] != folded[1])


@given(LEAVES, LEAVES, LEAVES)
def test_widening_is_transitive(one: str, two: str, three: str) -> None:
    if is_wider(one, two) and is_wider(two, three):
        assert is_wider(one, three)


@given(LEAVES, LEAVES)
def test_the_least_common_type_is_wider_than_both_or_text(one: str, other: str) -> None:
    joined = least_common([one, other])
    for kind in (one, other):
        assert kind == joined or is_wider(kind, joined) or joined in ("VARCHAR", "JSON")


@given(LEAVES, LEAVES)
def test_widening_goes_one_way(one: str, other: str) -> None:
    assert not (is_wider(one, other) and is_wider(other, one))
