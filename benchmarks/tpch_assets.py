"""Twenty assets over the eight TPC-H tables, with 41 checks.

The questions are in the spirit of that benchmark, the queries are our own.
"""

from __future__ import annotations

from benchmarks.workload import Asset, Check, Kind


def _asset(name: str, sql: str, *checks: tuple[Kind, str], is_view: bool = False) -> Asset:
    made = []
    for kind, subject in checks:
        column, _, words = subject.partition(" in ") if kind == "accepted" else (subject, "", "")
        values = tuple(words.split("|")) if words else ()
        made.append(Check(kind=kind, subject=column, values=values))
    return Asset(name=name, sql=sql.strip(), checks=tuple(made), is_view=is_view)


_STAGING = (
    _asset(
        "staging.regions",
        "select r_regionkey as region_id, r_name as region from raw.region",
        ("unique", "region_id"),
        is_view=True,
    ),
    _asset(
        "staging.nations",
        """
select n.n_nationkey as nation_id, n.n_name as nation, r.region
from raw.nation as n
join staging.regions as r on r.region_id = n.n_regionkey""",
        ("unique", "nation_id"),
        ("not_null", "region"),
        is_view=True,
    ),
    _asset(
        "staging.customers",
        """
select
  c.c_custkey as customer_id,
  c.c_name as customer,
  lower(c.c_mktsegment) as segment,
  c.c_acctbal as balance,
  n.nation,
  n.region
from raw.customer as c
join staging.nations as n on n.nation_id = c.c_nationkey""",
        ("unique", "customer_id"),
        ("accepted", "segment in automobile|building|furniture|household|machinery"),
    ),
    _asset(
        "staging.suppliers",
        """
select s.s_suppkey as supplier_id, s.s_name as supplier, s.s_acctbal as balance, n.nation, n.region
from raw.supplier as s
join staging.nations as n on n.nation_id = s.s_nationkey""",
        ("unique", "supplier_id"),
    ),
    _asset(
        "staging.parts",
        """
select
  p_partkey as part_id,
  p_brand as brand,
  p_type as kind,
  p_size as size,
  p_container as container,
  p_type like 'PROMO%' as is_promoted
from raw.part""",
        ("unique", "part_id"),
        ("expect", "size between 1 and 50"),
    ),
    _asset(
        "staging.supply",
        """
select
  ps_partkey as part_id,
  ps_suppkey as supplier_id,
  ps_availqty as available,
  ps_supplycost as cost
from raw.partsupp""",
        ("unique", "part_id, supplier_id"),
        ("expect", "available >= 0 and cost > 0"),
    ),
    _asset(
        "staging.orders",
        """
select
  o_orderkey as order_id,
  o_custkey as customer_id,
  o_orderstatus as status,
  o_totalprice as total,
  o_orderdate as ordered,
  cast(left(o_orderpriority, 1) as tinyint) as priority
from raw.orders""",
        ("unique", "order_id"),
        ("not_null", "customer_id"),
        ("accepted", "status in F|O|P"),
        ("expect", "priority between 1 and 5"),
    ),
    _asset(
        "staging.lines",
        """
select
  l_orderkey as order_id,
  l_linenumber as line,
  l_partkey as part_id,
  l_suppkey as supplier_id,
  l_quantity as quantity,
  l_extendedprice as price,
  l_discount as discount,
  cast(l_extendedprice * (1 - l_discount) as decimal(15, 4)) as net,
  l_tax as tax,
  l_returnflag as returned,
  l_linestatus as status,
  l_shipdate as shipped,
  l_commitdate as promised,
  l_receiptdate as received,
  l_shipmode as mode
from raw.lineitem""",
        ("unique", "order_id, line"),
        ("not_null", "part_id"),
        ("not_null", "supplier_id"),
        ("accepted", "returned in A|N|R"),
        ("expect", "discount between 0 and 0.1"),
        ("expect", "received >= shipped"),
    ),
)

_INTERMEDIATE = (
    _asset(
        "intermediate.sales",
        """
select
  l.order_id,
  l.line,
  o.customer_id,
  l.part_id,
  l.supplier_id,
  c.nation as buyer_nation,
  c.region as buyer_region,
  s.nation as seller_nation,
  o.ordered,
  l.shipped,
  l.quantity,
  l.net,
  cast(l.net - p.cost * l.quantity as decimal(15, 4)) as profit
from staging.lines as l
join staging.orders as o on o.order_id = l.order_id
join staging.customers as c on c.customer_id = o.customer_id
join staging.suppliers as s on s.supplier_id = l.supplier_id
join staging.supply as p on p.part_id = l.part_id and p.supplier_id = l.supplier_id""",
        ("unique", "order_id, line"),
        ("not_null", "profit"),
        ("expect", "net > 0"),
    ),
    _asset(
        "intermediate.order_totals",
        """
select
  order_id,
  count(*) as lines,
  sum(quantity) as quantity,
  sum(net) as net,
  max(received) as completed,
  count(*) filter (where received > promised) as late_lines
from staging.lines
group by order_id""",
        ("unique", "order_id"),
        ("expect", "lines between 1 and 7"),
    ),
    _asset(
        "intermediate.supplier_months",
        """
select supplier_id, date_trunc('month', shipped) as month, sum(net) as net, sum(profit) as profit
from intermediate.sales
group by all""",
        ("unique", "supplier_id, month"),
        ("not_null", "net"),
    ),
)

_MARTS = (
    _asset(
        "marts.price_summary",
        """
select
  returned,
  status,
  sum(quantity) as quantity,
  sum(price) as price,
  sum(net) as net,
  sum(net * (1 + tax)) as gross,
  sum(discount) / count(*) as usual_discount,
  count(*) as lines
from staging.lines
where shipped <= date '1998-09-02'
group by returned, status""",
        ("unique", "returned, status"),
        ("expect", "lines > 0"),
    ),
    _asset(
        "marts.trade",
        """
select seller_nation, buyer_nation, year(shipped) as year, sum(net) as net, count(*) as lines
from intermediate.sales
where seller_nation <> buyer_nation
group by all""",
        ("unique", "seller_nation, buyer_nation, year"),
    ),
    _asset(
        "marts.profit",
        """
with yearly as (
  select seller_nation, year(ordered) as year, sum(profit) as profit
  from intermediate.sales
  group by all
)
select
  seller_nation,
  year,
  profit,
  profit - lag(profit) over (partition by seller_nation order by year) as change
from yearly""",
        ("unique", "seller_nation, year"),
    ),
    _asset(
        "marts.customer_value",
        """
with bought as (
  select o.customer_id, count(*) as orders, sum(t.net) as net, max(o.ordered) as last_order
  from staging.orders as o
  join intermediate.order_totals as t on t.order_id = o.order_id
  group by o.customer_id
)
select
  c.customer_id,
  c.segment,
  c.nation,
  coalesce(b.orders, 0) as orders,
  coalesce(b.net, 0) as net,
  b.last_order,
  ntile(10) over (order by coalesce(b.net, 0) desc, c.customer_id) as decile
from staging.customers as c
left join bought as b on b.customer_id = c.customer_id""",
        ("unique", "customer_id"),
        ("expect", "decile between 1 and 10"),
    ),
    _asset(
        "marts.lateness",
        """
select
  o.priority,
  date_trunc('quarter', o.ordered) as quarter,
  count(*) as orders,
  count(*) filter (where t.late_lines > 0) as late_orders
from staging.orders as o
join intermediate.order_totals as t on t.order_id = o.order_id
group by all""",
        ("unique", "priority, quarter"),
        ("expect", "late_orders <= orders"),
    ),
    _asset(
        "marts.supplier_ranking",
        """
with yearly as (
  select supplier_id, year(month) as year, sum(net) as net
  from intermediate.supplier_months
  group by all
)
select
  y.year,
  s.supplier_id,
  s.supplier,
  s.nation,
  y.net,
  rank() over (partition by y.year order by y.net desc, s.supplier_id) as place
from yearly as y
join staging.suppliers as s on s.supplier_id = y.supplier_id""",
        ("unique", "year, supplier_id"),
        ("expect", "place >= 1"),
    ),
    _asset(
        "marts.stock",
        """
with valued as (
  select s.nation, p.part_id, sum(p.cost * p.available) as stock
  from staging.supply as p
  join staging.suppliers as s on s.supplier_id = p.supplier_id
  group by all
)
select nation, part_id, stock
from valued
qualify stock > 0.0001 * sum(stock) over (partition by nation)""",
        ("unique", "nation, part_id"),
        ("expect", "stock > 0"),
    ),
    _asset(
        "marts.promotion",
        """
select
  date_trunc('month', l.shipped) as month,
  sum(l.net) as net,
  coalesce(sum(l.net) filter (where p.is_promoted), 0) as promoted
from staging.lines as l
join staging.parts as p on p.part_id = l.part_id
group by all""",
        ("unique", "month"),
    ),
    _asset(
        "marts.small_orders",
        """
with usual as (
  select part_id, sum(quantity) / count(*) as quantity
  from staging.lines
  group by part_id
)
select p.brand, p.container, count(*) as lines, sum(l.price) as price
from staging.lines as l
join usual as u on u.part_id = l.part_id and l.quantity < 0.2 * u.quantity
join staging.parts as p on p.part_id = l.part_id
group by p.brand, p.container""",
        ("unique", "brand, container"),
    ),
)
ASSETS = _STAGING + _INTERMEDIATE + _MARTS
