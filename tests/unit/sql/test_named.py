"""Names that stand in a query."""

from __future__ import annotations

import pytest

from andon.sql.read import read_sql
from andon.sql.slicing.named import named


def names(text: str) -> frozenset[str] | None:
    return named(read_sql(text, 0, "a.sql")[0], ("m",))


@pytest.mark.parametrize(
    ("query", "reads"),
    [
        ("select a, e.B * 2 as z from web.ev e where c > 1", {"a", "b", "c"}),
        ("select count(*) as n, sum(s.f) from web.ev order by all", {"s", "f"}),
        ("select x.a from web.ev x join web.ew using (k)", {"a", "k"}),
        ("with q as (select a from web.ev) select count(*) from q group by all", {"a"}),
        (
            'select "A b" from web.ev qualify row_number() over (partition by p order by o) = 1',
            {"a b", "p", "o"},
        ),
    ],
)
def test_a_query_names_what_it_reads(query: str, reads: set[str]) -> None:
    found = names(query)
    assert found is not None
    assert reads <= found
    assert not {"unread", "*"} & found


@pytest.mark.parametrize(
    "query",
    [
        "select * from web.ev",
        "from web.ev",
        "select e.* from web.ev e",
        "select columns('a.*') from web.ev",
        "select #1 from web.ev",
        "select e from web.ev e",
        "select struct_pack(ev) from web.ev",
        "select a from web.ev natural join web.ew",
        "select a from web.ev as e(a, b)",
        "select a from (pivot web.ev on b using sum(c))",
        "select m(1) from web.ev",
        "select count(distinct *) from web.ev",
        "select count(* exclude (a)) from web.ev",
        "with q as (from web.ev) select count(*) from q where q is not null",
    ],
)
def test_a_query_that_may_read_what_it_does_not_name_says_so(query: str) -> None:
    assert names(query) is None
