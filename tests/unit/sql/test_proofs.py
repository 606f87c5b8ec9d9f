"""What a query proves of its rows; every line without a proof is one where it would be a guess."""

from __future__ import annotations

import pytest

from andon.sql.parse import parse
from andon.sql.proofs import proofs


def unique(query: str) -> set[tuple[str, ...]]:
    (tree,) = parse(query)
    return {proof.columns for proof in proofs(tree) if proof.kind == "unique"}


def not_null(query: str) -> set[str]:
    (tree,) = parse(query)
    return {proof.columns[0] for proof in proofs(tree) if proof.kind == "not_null"}


NUMBERED = "with x as (select a, b, row_number() over (partition by a order by b) as rn from t) "


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("select a, count(*) as n from t group by a", "a"),
        ("select A as K, sum(x) as s from t group by a", "k"),
        ('select "A", sum(x) as s from t group by a', "a"),
        ("select o.a, p.b, sum(x) as s from o join p using (k) group by o.a, p.b", "a b"),
        ("select t.a, sum(x) as s from t group by a", "a"),
        ("select a, b, sum(x) as s from t group by 1, 2", "a b"),
        ("select a, b, sum(x) as s from t group by all", "a b"),
        ("select year(d) as y, sum(x) as s from t group by year(d)", "y"),
        ("select year(d) as y, sum(x) as s from t group by y", "y"),
        ("select year(d) as y, r, sum(x) / count(*) as s from t group by all", "r y"),
        (
            "select a, max(b) as m from t where c group by a having max(b) > 1 order by m limit 5",
            "a",
        ),
        ("from t select a, count(*) as n group by (a)", "a"),
        ("with t as (select a from u) select a, count(*) as n from t group by a", "a"),
        ("select count(*) as n, sum(x) as s from t group by all", ""),
    ],
)
def test_grouping_makes_a_key_of_what_is_grouped_by(query: str, key: str) -> None:
    assert tuple(sorted(key.split())) in unique(query)


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) as n from t group by a",
        "select a, count(*) as n from t group by a, b",
        "select a, count(*) from t group by a",  # the second name is the engine's
        "select a, a as A, count(*) as n from t group by a",
        "select a, unnest(l) as u from t group by a",
        "select a, generate_subscripts(l, 1) as u, count(*) as n from t group by a",
        "select a, any_function(b) as u from t group by all",
        "select a, case when b then unnest([1, 2]) end as u from t group by a, b",
        "select a, count(*) as n from t group by a order by unnest([1, 2])",
        "select a from t group by a, unnest([1, 2])",
        "select a from t group by unnest([1, 2]), a",
        "select a, count(*) as n from t group by rollup (a)",
        "select a, count(*) as n from t group by cube (a)",
        "select a, count(*) as n from t group by grouping sets ((a), ())",
        "select a, b, count(*) as n from t group by (a, b)",
        "select lower(a) as a, count(*) as n from t group by a, lower(a)",
        "select 1 as month, count(*) as n from t group by month",
        "select k, lower(k) as n, count(*) as c from t group by k, n",
        "select a as b, b as a from t group by a, b",
        "select x as y, y as x, count(*) as n from t group by x",
        "select year(d) as y, d, count(*) as n from t group by y, d",
        "select 5 as e, e + 1 as month, count(*) as n from t group by month",
        "select *, count(*) as n from t group by all",
        "select columns('a'), count(*) as n from t group by a",
        "select min(columns(*)) from t group by all",
        "select (select 1) as x, a from t group by a",
        "select a, count(*) as n from t group by '1', a2",
        "select a, count(*) as n from t group by 1.0",
        "select a, count(*) as n from t group by 3",
        "select a, count(*) as n from t using sample 10% group by a",
        "select a, count(*) as n from t group by $p",
        "select random() as r, count(*) as n from t group by r",
        "select a, É, count(*) as n from t group by é",
    ],
)
def test_grouping_proves_no_key_where_rows_or_names_are_uncertain(query: str) -> None:
    assert unique(query) == set()


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("select distinct a, b from t", "a b"),
        ("select distinct t.a as x, lower(b) as y from t join u using (k) order by x", "x y"),
        ("select a from t union select b from t", "a"),
        ("select a from t union select b from t union select c from t", "a"),
        ("select a from t intersect select a from u", "a"),
        ("(select a from t except select a from u) limit 3", "a"),
    ],
)
def test_distinct_rows_are_unique_over_all_columns(query: str, key: str) -> None:
    assert unique(query) == {tuple(key.split())}


@pytest.mark.parametrize(
    "query",
    [
        "select distinct * from t",
        "select distinct on (a) a, b from t",
        "select distinct on (unnest([1, 2])) a from t",
        "select distinct unnest(l) as u from t",
        "select distinct unnest(s) as u, a from t",
        "select distinct a from t order by unnest([1, 2])",
        "select distinct a, a + 1 as A from t",
        "select a from t union all select a from u",
        "select a from t union select a from u union all select a from v",
        "select a from t union all select a from u intersect select a from v",
        "select a from t union by name select b as a from u",
        "select a from t intersect all select a from u",
        "select * from t union select * from u",
        "select a from t",
        "from t",
        "values (1)",
        "pivot t on a using sum(b)",
    ],
)
def test_other_rows_are_not_taken_for_distinct(query: str) -> None:
    assert unique(query) == set()


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("select * from t qualify row_number() over (partition by k order by d) = 1", "k"),
        ("select k as id from t qualify 1 = row_number() over (partition by k)", "id"),
        (
            "select o.k from o, p qualify row_number() over (partition by o.k) = 1 and p.x > 3",
            "k",
        ),
        (NUMBERED + "select a as k, b from x where rn = 1", "k"),
        (NUMBERED + "select x.* exclude (rn) from x where b > 2 and (x.rn = 2)", "a"),
        (NUMBERED + "select * from x", "a rn"),
        (NUMBERED + "select a from x qualify rn = 1", "a"),
        (
            "select a, row_number() over (partition by a) as rn from (select a from t) qualify rn=1",
            "a",
        ),
        ("select row_number() over (order by d) as id, a from t", "id"),
    ],
)
def test_numbered_rows_have_a_key(query: str, key: str) -> None:
    assert tuple(key.split()) in unique(query)


@pytest.mark.parametrize(
    "query",
    [
        "select * from t qualify rank() over (partition by k order by d) = 1",
        "select * from t qualify row_number() over (partition by k order by d) <= 2",
        "select * from t qualify row_number() over (partition by k order by d) = 1 or true",
        "select * from t qualify row_number() over (partition by lower(k)) = 1",
        "select * from t qualify row_number() over w = 1 window w as (partition by k)",
        "select * replace (1 as k) from t qualify row_number() over (partition by k) = 1",
        "select * rename (k as j, j as k) from t qualify row_number() over (partition by k) = 1",
        "select * exclude (k), j as k from t qualify row_number() over (partition by k) = 1",
        "select 1 as k, * from t qualify row_number() over (partition by k) = 1",
        "select *, unnest([1, 2]) as u from t qualify row_number() over (partition by k) = 1",
        "select a as b, b as a from t qualify row_number() over (partition by a) = 1",
        "select * from t join u using (j) qualify row_number() over (partition by k) = 1",
        # The table may have a column `rn` of its own, which goes first.
        "select *, row_number() over (partition by k order by d) as rn from t qualify rn = 1",
        "with x as (select *, row_number() over () as rn from t) select * from x where rn = 1",
        NUMBERED + "select a from x",
        NUMBERED + "select a from x where rn < 3",
        NUMBERED + "select a from x where rn = 1 or b = 1",
        NUMBERED + "select a from x where rn = b",
        NUMBERED + "select b from x where rn = 1",
        NUMBERED + "select x.a from x join y on y.b = x.b where rn = 1",
        NUMBERED + "select a from x, lateral (select 1) where rn = 1",
        NUMBERED + "select a, unnest([1, 2]) as u from x where rn = 1",
        NUMBERED + "select z.a from x as z(b, a, rn) where rn = 1",
        NUMBERED + "select a from x pivot (sum(rn) for b in (1)) where rn = 1",
        NUMBERED + "select a from other.x where rn = 1",
        NUMBERED + "select a from (with x as (from u) select a, rn from x) where rn = 1",
    ],
)
def test_numbers_prove_nothing_where_it_is_not_certain_what_is_counted(query: str) -> None:
    assert unique(query) == set()


@pytest.mark.parametrize(
    ("query", "key"),
    [
        (
            "select k as id, n from (select a as k, count(*) as n from t group by a) where n > 1",
            "id",
        ),
        (
            "with x as (select distinct a, b from t), y(p, q) as (from x) select q, p from y",
            "p q",
        ),
        (
            "with x as (select distinct a from t) select *, lag(a) over (order by a) as b from x",
            "a",
        ),
        ("(with x as (select distinct a from t) select x.a from x) order by a", "a"),
        ("select a from (select * from t qualify row_number() over (partition by a) = 1)", "a"),
    ],
)
def test_a_key_comes_through_queries_that_project_and_filter(query: str, key: str) -> None:
    assert tuple(key.split()) in unique(query)


@pytest.mark.parametrize(
    "query",
    [
        "select a + 1 as a from (select distinct a from t)",
        "select a from (select distinct a, b from t)",
        "select x.a from (select distinct a from t) as x, u",
        "select a from (select distinct a from t) as x(b)",
        "select a from (select distinct a from t) tablesample 50%",
        "select a, unnest([1, 2]) as u from (select distinct a from t)",
        "select a from (select distinct a from t) order by unnest([1, 2])",
        "select a from (select distinct a from t order by unnest([1, 2]))",
        "with recursive x as (select distinct a from t union all select a from x) select a from x",
        "with x as (select a from y), y as (select distinct a from t) select a from x",
        "with x as (select distinct a from t) select a from (with x as (from u) select a from x)",
        "with x(b, a) as (select distinct a from t) select a from x",
        "with x as (select distinct a from t) select a from s.x",
        "select * replace (a % 2 as a) from (select distinct a from t)",
    ],
)
def test_a_key_is_lost_where_rows_multiply_or_values_change(query: str) -> None:
    assert unique(query) == set()


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("select count(*) as n, count(x) as m, sum(x) as s from t", "n m"),
        ("select count(*) filter (where x > 1) as n, count_if(x > 1) as m from t", "n"),
        ("select count(*) over (partition by a) as n, row_number() over () as r from t", "n r"),
        ("select 'x' as k, 1 as one, true as yes, null as no from t", "k one yes"),
        ("select coalesce(x, y, 0) as x, coalesce(x, y) as y, ifnull(z, '') as z from t", "x z"),
        ("select a, b as c, d from t where a is not null and (b is not null) and d > 0", "a c"),
        ("select t.a from t left join u using (k) where t.a is not null and not b is null", "a"),
        ("select a, sum(x) as s from t where a is not null group by a", "a"),
        ("select * from (select a as k, b from t where a is not null)", "k"),
        ("with x as (select a, count(*) as n from t group by a) select n as m, a from x", "m"),
    ],
)
def test_constants_counts_and_tested_columns_are_never_null(query: str, columns: str) -> None:
    assert not_null(query) == set(columns.split())


def test_a_star_passes_on_what_is_not_null() -> None:
    assert not_null("select * from t where A is not null") == {"a"}


@pytest.mark.parametrize(
    "query",
    [
        "select a from t where a is not null or b",
        "select a from t where not (a is not null)",
        "select a from t where a is null",
        "select a + b as a from t where a is not null",
        "select b as a from t where a is not null",
        "select a, b as c from t where c is not null",
        "select u.a from t left join u on u.a is not null",
        "select a from t full join u using (a) where u.a is not null",
        "select a from u left join (select a from t where a is not null) using (k)",
        "select 'x' as k from t group by rollup (k)",
        "select coalesce(a, 'all') as k from t group by cube (k)",
        "select * exclude (a), b as a from t where a is not null",
        "select * replace (null as a) from t where a is not null",
        "select nullif(1, 1) as a, -null as b, try_cast('x' as int) as c from t",
        "select sum(x) as s, max(x) as m, any_value(1) as a from t",
        "select (select count(*) from u where false limit 0) as n from t",
        "select coalesce(x, $p) as x, $p as p from t",
        "select lag(1) over () as l, first_value(1) over (rows 1 preceding) as f from t",
        "select count(*) as n, unnest(s) as u from t group by s",
        "select 1 as a union all select null",
    ],
)
def test_nothing_else_is_taken_for_never_null(query: str) -> None:
    assert not_null(query) == set()


def test_a_proof_says_why_in_words() -> None:
    (tree,) = parse("select a, b, count(*) as n from t group by b, a")
    assert [(one.kind, one.columns, one.why) for one in proofs(tree)] == [
        ("unique", ("a", "b"), "grouped by b, a"),
        ("not_null", ("n",), "a count is never null"),
    ]


def test_a_long_chain_of_queries_is_given_up_in_time() -> None:
    steps = ", ".join(f"x{i + 1} as (select a from x{i})" for i in range(900))
    (tree,) = parse(f"with x0 as (select distinct a from t), {steps} select a from x900")
    assert proofs(tree) == ()


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) over () as n from t group by all",
        "select 1 as one from t group by all",
        "select row_number() over () % 2 as k from t group by all",
        "select 1 as one, sum(count(*)) over () as n from t group by all",
    ],
)
def test_group_by_all_without_anything_to_group_by_makes_no_key(query: str) -> None:
    assert unique(query) == set()


def test_names_beyond_ascii_are_told_apart_by_case_as_the_engine_does() -> None:
    assert unique("select upper(É) as É, count(*) as n from raw.t group by É") == set()


def test_a_constant_is_no_part_of_the_key_of_group_by_all() -> None:
    assert unique("select a, 1 as one, count(*) as n from t group by all") == {("a",)}
