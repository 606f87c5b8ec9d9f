/* interval: {column: l_shipdate, every: day} */
select l_shipdate, l_returnflag, l_linestatus, sum(l_quantity) as sum_qty,
  sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, avg(l_quantity) as avg_qty, count(*) as count_order
from lineitem
where l_shipdate <= date '1998-12-01' - interval 90 day
group by l_shipdate, l_returnflag, l_linestatus
order by l_returnflag, l_linestatus
===
sliced: lineitem (l_shipdate)
---
/* interval: {column: l_shipdate, every: day} */
select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty
from lineitem
where l_shipdate <= date '1998-09-02'
group by l_returnflag, l_linestatus
===
no: `l_shipdate` is not among the columns of the query
---
/* interval: {column: o_orderdate, every: month} */
select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority
from customer, orders, lineitem
where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
  and l_shipdate > date '1995-03-15'
group by l_orderkey, o_orderdate, o_shippriority
===
sliced: orders (o_orderdate)
whole: customer, lineitem
---
/* interval: {column: o_orderdate, every: month} */
select o_orderdate, o_orderpriority, count(*) as order_count
from orders
where exists (
  select * from lineitem where l_orderkey = o_orderkey and l_commitdate < l_receiptdate
)
group by o_orderdate, o_orderpriority
===
sliced: orders (o_orderdate)
whole: lineitem
---
/* interval: {column: o_orderdate, every: month} */
select o_orderdate, n_name, sum(l_extendedprice * (1 - l_discount)) as revenue
from customer, orders, lineitem, supplier, nation, region
where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey
  and c_nationkey = s_nationkey and s_nationkey = n_nationkey and n_regionkey = r_regionkey
  and r_name = 'ASIA'
group by o_orderdate, n_name
===
sliced: orders (o_orderdate)
whole: customer, lineitem, supplier, nation, region
---
/* interval: {column: l_year, every: year} */
select supp_nation, cust_nation, l_year, sum(volume) as revenue
from (
  select n1.n_name as supp_nation, n2.n_name as cust_nation,
    date_trunc('year', l_shipdate) as l_year, l_extendedprice * (1 - l_discount) as volume
  from supplier, lineitem, orders, customer, nation n1, nation n2
  where s_suppkey = l_suppkey and o_orderkey = l_orderkey and c_custkey = o_custkey
    and s_nationkey = n1.n_nationkey and c_nationkey = n2.n_nationkey
) as shipping
group by supp_nation, cust_nation, l_year
===
sliced: lineitem (l_shipdate)
whole: supplier, orders, customer, nation
---
/* interval: {column: l_year, every: year} */
select n_name, extract(year from l_shipdate) as l_year, sum(l_extendedprice) as revenue
from lineitem, supplier, nation
where s_suppkey = l_suppkey and s_nationkey = n_nationkey
group by all
===
no: `l_year` cannot tell the year of a row, as it is `extract()`
---
/* by: [c_custkey] */
select c_custkey, c_name, sum(l_extendedprice * (1 - l_discount)) as revenue, c_acctbal, n_name
from customer, orders, lineitem, nation
where c_custkey = o_custkey and l_orderkey = o_orderkey and l_returnflag = 'R' and c_nationkey = n_nationkey
group by c_custkey, c_name, c_acctbal, n_name
===
sliced: customer (c_custkey), orders (o_custkey)
whole: lineitem, nation
---
/* by: [c_custkey] */
select c_custkey, count(o_orderkey) as c_count
from customer left outer join orders on c_custkey = o_custkey and o_orderstatus <> 'F'
group by c_custkey
===
sliced: customer (c_custkey), orders (o_custkey)
---
/* by: [c_count] */
select c_count, count(*) as custdist
from (
  select c_custkey, count(o_orderkey) as c_count
  from customer left join orders on c_custkey = o_custkey
  group by c_custkey
) as c_orders
group by c_count
===
no: `c_count` cannot tell the key of a row, as it is `count()`
---
/* interval: {column: l_shipdate, every: month} */
with revenue as (
  select l_suppkey as supplier_no, sum(l_extendedprice * (1 - l_discount)) as total
  from lineitem
  group by l_suppkey
)
select l_shipdate, s_name, total from lineitem join supplier on s_suppkey = l_suppkey join revenue on supplier_no = s_suppkey
===
no, line 5: `group by` puts rows of several months together: group by `l_shipdate` as well
---
/* by: [o_orderkey] */
select c_name, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) as quantity
from customer, orders, lineitem
where o_orderkey in (select l_orderkey from lineitem group by l_orderkey having sum(l_quantity) > 300)
  and c_custkey = o_custkey and o_orderkey = l_orderkey
group by all
===
sliced: orders (o_orderkey)
whole: customer, lineitem
---
/* by: [l_partkey] */
select l_partkey, sum(l_extendedprice) / 7.0 as avg_yearly
from lineitem, part
where p_partkey = l_partkey and p_brand = 'Brand#23'
  and l_quantity < (select 0.2 * avg(l2.l_quantity) from lineitem l2 where l2.l_partkey = p_partkey)
group by l_partkey
===
no, line 5: `lineitem` is read by keys, and in another place as a whole
