"""Types of raw tables do not depend on the order, grouping or repetition of files."""

from __future__ import annotations

from functools import reduce
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from andon.acquisition.columns.evidence import Seen, text_type
from andon.acquisition.columns.facts import Facts, decode, encode
from andon.acquisition.columns.shape import grown, paths_of
from andon.acquisition.columns.table import columns_of
from andon.acquisition.columns.types import fields_of, least_common, settle, struct

FLAT = st.sampled_from(
    """NULL,BOOLEAN,TINYINT,INTEGER,BIGINT,UBIGINT,UINTEGER,HUGEINT,FLOAT,DOUBLE,DATE,TIMESTAMP
    TIMESTAMP_S,TIMESTAMP WITH TIME ZONE,VARCHAR,JSON,BLOB,UUID""".replace("\n    ", ",").split(",")
) | st.sampled_from(["DECIMAL(4,2)", "DECIMAL(38,10)"])
NAMES = st.sampled_from(["a", "b", "c d", 'e"f', "g,h"])
TYPES = st.recursive(
    FLAT,
    lambda inner: st.one_of(
        inner.map(lambda kind: f"{kind}[]"),
        st.dictionaries(NAMES, inner, min_size=1, max_size=3).map(lambda d: struct(d.items())),
    ),
    max_leaves=5,
)
MASKS = st.integers(min_value=0, max_value=1023).map(Seen)


@given(st.lists(TYPES, max_size=5), st.randoms(use_true_random=False))
def test_the_least_common_type_is_a_function_of_the_set(kinds: list[str], order: Random) -> None:
    shuffled = [*kinds, *kinds]
    order.shuffle(shuffled)
    assert least_common(shuffled) == least_common(kinds)


@given(TYPES)
def test_one_type_alone_is_its_own_least_common_type(kind: str) -> None:
    assert least_common([kind, kind, "NULL"]) == kind


@given(TYPES, TYPES)
def test_a_type_that_joined_stays_joined(left: str, right: str) -> None:
    both = least_common([left, right])
    assert least_common([both, both]) == both


@given(st.dictionaries(NAMES, TYPES, min_size=1, max_size=4))
def test_fields_of_a_struct_are_read_back(fields: dict[str, str]) -> None:
    assert dict(fields_of(struct(fields.items()))) == fields


@given(TYPES, TYPES)
def test_a_declared_type_keeps_all_its_parts_and_grows_once(declared: str, found: str) -> None:
    both = grown(declared, found)
    assert set(paths_of((("c", declared),))) <= set(paths_of((("c", both),)))
    assert grown(both, found) == both


@given(st.dictionaries(NAMES, TYPES, min_size=1), st.dictionaries(NAMES, TYPES, min_size=1))
def test_a_declared_struct_takes_new_fields_behind_its_own(
    declared: dict[str, str], found: dict[str, str]
) -> None:
    both = fields_of(grown(struct(declared.items()), struct(found.items())))
    assert [name for name, _ in both] == [*declared, *(n for n in found if n not in declared)]


@given(TYPES)
def test_a_settled_type_has_no_unknown_part(kind: str) -> None:
    assert "NULL" not in settle(kind)


@given(st.lists(MASKS, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_evidence_joins_in_any_order_and_grouping(masks: list[Seen], order: Random) -> None:
    whole = reduce(lambda a, b: a | b, masks)
    shuffled = [*masks, masks[0]]
    order.shuffle(shuffled)
    assert text_type(reduce(lambda a, b: a | b, shuffled)) == text_type(whole)


@given(MASKS, MASKS)
def test_more_evidence_never_narrows_text_to_a_type(one: Seen, more: Seen) -> None:
    if Seen.TEXT in one:
        assert text_type(one | more) == "VARCHAR"


@given(st.lists(st.dictionaries(NAMES, MASKS.map(int), max_size=3), max_size=5))
def test_types_by_column_do_not_depend_on_the_order_of_files(
    files: list[dict[str, int]],
) -> None:
    facts = [Facts(reading="r", records=1, columns=tuple(one.items())) for one in files]
    forward = {column.name: column.type for column in columns_of(facts, ())}
    backward = {column.name: column.type for column in columns_of(facts[::-1], ())}
    assert forward == backward


@given(st.dictionaries(st.text(max_size=5), MASKS.map(int) | st.just(("BIGINT", "DATE"))))
def test_facts_are_read_back_for_their_reading_only(columns: dict[str, int]) -> None:
    facts = Facts(reading="r", records=5, bad=1, columns=tuple(columns.items()), delimiter="\t")
    assert decode(encode(facts), "r") == facts
    assert decode(encode(facts), "other") is None
    assert decode("", "r") is None
