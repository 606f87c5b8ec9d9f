"""Names of the columns that the text of a query tells."""

from __future__ import annotations

import pytest

from andon.sql.outputs import outputs
from andon.sql.parse import parse


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("select a, b as c, count(*) as n from t", ("a", "c", "n")),
        ("select a from t union all select b from u", ("a",)),
        ("with x as (select 1 as a) select x.a from x", ("a",)),
        ("(select s.a from t)", ("a",)),
        ("select * from t", ()),
        ("select t.*, a from t", ()),
        ("from t", ()),
        ("select a from t union by name select b from u", ()),
        ("select columns('a.*') from t", ()),
        ("select max(columns(*)) as a from t", ()),
        ("select unnest(s, recursive := true) as a from t", ()),
        ("select a, count(*) from t", ()),
    ],
)
def test_names_are_told_only_where_the_text_tells_all_of_them(
    query: str, names: tuple[str, ...]
) -> None:
    assert outputs(parse(query)[0]) == names
