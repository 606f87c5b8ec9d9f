/* interval: {column: day, every: day} */
select * from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select order_id, "DAY", amount * 2 as twice from raw.orders where amount > 0
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select ordered::date as day, order_id from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select cast(happened as date) as day, visitor from raw.events
===
sliced: raw.events (happened)
---
/* interval: {column: day, every: day} */
select date_trunc('day', ordered) as day, order_id from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select date(ordered) as day, order_id from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: month} */
select ordered::date as day, order_id from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: month, every: month} */
select date_trunc('month', ordered) as month, sum(amount) as amount
from raw.orders
group by month
===
sliced: raw.orders (ordered)
---
/* interval: {column: month, every: year} */
select date_trunc('quarter', day)::date as month, count(*) as orders from raw.orders group by all
===
sliced: raw.orders (day)
---
/* interval: {column: month, every: day} */
select date_trunc('month', ordered) as month, sum(amount) as amount
from raw.orders
group by month
===
no: `month` cannot tell the day of a row, as `date_trunc('month', ...)` is longer than one day (`every: month` or `every: year` would do)
---
/* interval: {column: week, every: month} */
select date_trunc('week', day)::date as week, count(*) as orders from raw.orders group by week
===
no: `week` cannot tell the month of a row, as `date_trunc('week', ...)` may lie in the month before (`every: week` would do)
---
/* interval: {column: week, every: week} */
select date_trunc('week', day)::date as week, count(*) as orders from raw.orders group by week
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: hour} */
select ordered::date as day, order_id from raw.orders
===
no: `day` cannot tell the hour of a row, as a cast to DATE is longer than one hour (`every: day` or `every: week` would do)
---
/* interval: {column: hour, every: hour} */
select date_trunc('minute', happened)::timestamp as hour, visitor from raw.events
===
sliced: raw.events (happened)
---
/* interval: {column: day, every: day} */
select ordered + interval 1 day as day, order_id from raw.orders
===
no: `day` cannot tell the day of a row, as it is computed from other values
---
/* interval: {column: day, every: day} */
select ordered at time zone 'Europe/Berlin' as day, order_id from raw.orders
===
no: `day` cannot tell the day of a row, as it is computed from other values
---
/* interval: {column: day, every: day} */
select (happened at time zone 'Europe/Berlin')::date as day, visitor from raw.events
===
no: `day` cannot tell the day of a row, as it is computed from other values
---
/* interval: {column: day, every: day} */
select written::date as day, visitor from raw.events
===
no: `day` cannot tell the day of a row, as `raw.events.written` is VARCHAR, and not DATE, TIMESTAMP or TIMESTAMPTZ
---
/* interval: {column: day, every: day} */
select ordered::timestamp_s as day from raw.orders
===
no: `day` cannot tell the day of a row, as it is a cast to another type than DATE, TIMESTAMP and TIMESTAMPTZ
---
/* interval: {column: day, every: day} */
select strftime(ordered, '%Y-%m-%d') as day, order_id from raw.orders
===
no: `day` cannot tell the day of a row, as it is `strftime()`
---
/* interval: {column: day, every: day} */
select date '2024-01-01' as day, order_id from raw.orders
===
no: `day` cannot tell the day of a row, as it is a constant
---
/* interval: {column: day, every: day} */
select coalesce(day, ordered) as day, order_id from raw.orders
===
no: `day` comes from two columns of `raw.orders`: `day`, `ordered`
---
/* interval: {column: day, every: day} */
select coalesce(day, date '2024-01-01') as day, order_id from raw.orders
===
no: `day` cannot tell the day of a row, as it is a constant
---
/* interval: {column: day, every: day} */
select greatest(day, since) as day from raw.orders join staging.customers using (customer_id)
===
no: `day` cannot tell the day of a row, as it is `greatest()`
---
/* interval: {column: day, every: day} */
select order_id, day as bought from raw.orders
===
no: `day` is not among the columns of the query
---
/* interval: {column: day, every: day} */
select * exclude (day) from raw.orders
===
no: `day` is not among the columns of the query
---
/* interval: {column: day, every: day} */
select * exclude (day) rename (ordered as day) from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select * replace (ordered::date as day) from raw.orders
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select * replace (date_trunc('month', day) as day) from raw.orders
===
no: `day` cannot tell the day of a row, as `date_trunc('month', ...)` is longer than one day (`every: month` or `every: year` would do)
---
/* interval: {column: day, every: day} */
select columns('day') from raw.orders
===
no: `day` is not among the columns of the query that are known before it is run
---
/* interval: {column: day, every: day} */
select columns('o.*'), day from raw.orders
===
no: `day` is not among the columns of the query that are known before it is run
---
/* interval: {column: day, every: day} */
select day, columns('o.*') from raw.orders
===
no, line 2: `columns()` is not known to look at one row only
---
/* interval: {column: day, every: day} */
select o.*, c.name from raw.orders as o join staging.customers as c using (customer_id)
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select date_trunc(status, ordered) as day from raw.orders
===
no: the unit of `date_trunc` is not written as text
---
/* interval: {column: day, every: day} */
select address.city as day from raw.orders
===
no: `day` cannot tell the day of a row, as nothing known to Andon is called `address.city` there
---
/* interval: {column: day, every: day} */
select day, unnest(tags) as tag from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select unnest(address), day from raw.orders
===
no: `day` is not among the columns of the query that are known before it is run
---
/* interval: {column: day, every: day} */
select ordered as day, day as ordered from raw.orders group by all
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select day from raw.unknown
===
no: `day` cannot tell the day of a row, as the columns of `raw.unknown` are not all known
---
/* interval: {column: day, every: day} */
with first as (select ordered as at from raw.orders), second(day, twice) as (select at, at from first)
select day from second
===
sliced: raw.orders (ordered)
