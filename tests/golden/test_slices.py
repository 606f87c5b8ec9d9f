"""The corpus of queries and whether they can be built slice by slice, in ``slices/``.

The comment before each query is the declaration. ``make golden`` (or ``ANDON_GOLDEN=1``) rewrites
what is proved; the difference is reviewed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from andon.schema import Column, Schema
from andon.sql.read import read_sql
from andon.sql.sliced import Sliced, Unproved
from andon.sql.slices import keyed, row_wise, slices

CORPUS = Path(__file__).parent / "slices"
FILES = sorted(path.name for path in CORPUS.glob("*.sql"))
INTERVAL = re.compile(r"/\* interval: \{column: (\w+), every: (hour|day|week|month|year)\} \*/")
BY = re.compile(r"/\* by: \[([\w, ]+)\] \*/")
INPUTS = {
    "raw.orders": "order_id integer, customer_id integer, ordered timestamp, day date,"
    " amount decimal(12,2), status varchar, tags varchar[], address struct(city varchar)",
    "raw.lines": "line_id integer, order_id integer, customer_id integer, day date,"
    " product varchar, quantity integer, price decimal(12,2)",
    "raw.events": "visitor varchar, happened timestamp with time zone, page varchar, written varchar",
    "raw.prices": "product varchar, valid_from timestamp, price decimal(12,2)",
    "staging.customers": "customer_id integer, name varchar, country varchar, since date",
    "staging.calendar": "day date, is_holiday boolean",
    "lineitem": "l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_quantity decimal(15,2),"
    " l_extendedprice decimal(15,2), l_discount decimal(15,2), l_tax decimal(15,2),"
    " l_returnflag varchar, l_linestatus varchar, l_shipdate date, l_commitdate date,"
    " l_receiptdate date, l_shipmode varchar",
    "orders": "o_orderkey bigint, o_custkey bigint, o_orderstatus varchar, o_orderdate date,"
    " o_totalprice decimal(15,2), o_orderpriority varchar, o_shippriority integer",
    "customer": "c_custkey bigint, c_name varchar, c_nationkey integer, c_mktsegment varchar,"
    " c_acctbal decimal(15,2)",
    "nation": "n_nationkey integer, n_name varchar, n_regionkey integer",
    "region": "r_regionkey integer, r_name varchar",
    "supplier": "s_suppkey bigint, s_name varchar, s_nationkey integer",
    "part": "p_partkey bigint, p_type varchar, p_brand varchar",
}


def schema(text: str) -> Schema:
    columns = (one.split(" ", 1) for one in re.split(r", (?![^(]*\))", text))
    return Schema(tuple(Column(name=name, type=type_.upper()) for name, type_ in columns))


COLUMNS_OF = {name: schema(text) for name, text in INPUTS.items()}


def told(query: str) -> str:
    """What is proved of a query, by the declaration that stands before it."""
    body, _ = read_sql(query, 0, "query.sql")
    interval, by = INTERVAL.match(query), BY.match(query)
    found: Sliced | Unproved
    if interval:
        found = slices(body, interval[1], interval[2], COLUMNS_OF)  # type: ignore[arg-type]  # matched
    elif by:
        found = keyed(body, [name.strip() for name in by[1].split(",")], COLUMNS_OF)
    else:
        assert query.startswith("/* rows */"), query
        found = row_wise(body, COLUMNS_OF)
    if isinstance(found, Unproved):
        return f"no{'' if found.line is None else f', line {found.line}'}: {found.reason}"
    inputs = (" ".join((one.name, f"({', '.join(one.columns)})")) for one in found.inputs)
    lines = [f"sliced: {', '.join(inputs)}".replace(" ()", "")]
    lines += [f"whole: {', '.join(found.whole)}"] if found.whole else []
    return "\n".join(lines)


def pairs(text: str) -> list[tuple[str, str]]:
    split = (pair.partition("\n===\n") for pair in text.rstrip("\n").split("\n---\n"))
    return [(query, expected) for query, _, expected in split]


@pytest.mark.parametrize("name", FILES)
def test_each_query_of_the_corpus_is_sliced_as_stands_below_it(name: str) -> None:
    path = CORPUS / name
    queries = [query for query, _ in pairs(path.read_text(encoding="utf-8"))]
    found = "\n---\n".join(f"{query}\n===\n{told(query)}" for query in queries) + "\n"
    if os.environ.get("ANDON_GOLDEN"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


def test_the_corpus_refuses_as_often_as_it_proves() -> None:
    texts = ((CORPUS / name).read_text(encoding="utf-8") for name in FILES)
    expected = [one for text in texts for _, one in pairs(text)]
    refused = sum(one.startswith("no") for one in expected)
    assert len(expected) >= 80
    assert refused >= 40
    assert len(expected) - refused >= 40
