/* interval: {column: day, every: day} */
select day, count(*) as orders, sum(amount) as amount from raw.orders group by day
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select ordered::date as day, status, max(amount) as most from raw.orders group by all having max(amount) > 10
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select ordered::date as day, count(*) as orders from raw.orders group by 1
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select date_trunc('day', ordered) as day, count(distinct customer_id) as customers from raw.orders group by ordered
===
sliced: raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select customer_id, min(day) as day from raw.orders group by customer_id
===
no: `day` cannot tell the day of a row, as it is `min()`
---
/* interval: {column: day, every: day} */
select max(day) as day from raw.orders
===
no: `day` cannot tell the day of a row, as it is `max()`
---
/* interval: {column: day, every: day} */
with totals as (select customer_id, sum(amount) as amount from raw.orders group by customer_id)
select o.day, t.amount
from raw.orders as o
join totals as t using (customer_id)
===
no, line 2: `group by` puts rows of several days together: group by `day` as well
---
/* interval: {column: day, every: day} */
select day, amount / (select sum(amount) from raw.orders) as share from raw.orders
===
no, line 2: `raw.orders` is read by days, and in another place as a whole
---
/* interval: {column: day, every: day} */
select day, status, count(*) as orders from raw.orders group by day, rollup (status)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, status, count(*) as orders from raw.orders group by rollup (day, status)
===
no: `day` cannot tell the day of a row, as some grouping sets leave it out
---
/* interval: {column: day, every: day} */
select day, status, count(*) as orders from raw.orders group by grouping sets ((day, status), (day))
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, status, count(*) as orders from raw.orders group by grouping sets ((day, status), (status))
===
no: `day` cannot tell the day of a row, as some grouping sets leave it out
---
/* interval: {column: day, every: day} */
select day, status, count(*) as orders from raw.orders group by cube (day, status)
===
no: `day` cannot tell the day of a row, as some grouping sets leave it out
---
/* interval: {column: day, every: day} */
select distinct day, status from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
with seen as (select distinct customer_id, status from raw.orders)
select o.day from raw.orders o semi join seen using (customer_id)
===
no, line 2: `distinct` compares rows of several days: have `day` among its columns
---
/* interval: {column: day, every: day} */
select distinct on (day, customer_id) day, customer_id, amount
from raw.orders
order by ordered desc, order_id
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select distinct on (customer_id) day, customer_id, amount
from raw.orders
order by ordered desc, order_id
===
no, line 2: `distinct on` compares rows of several days: have `day` among its columns
---
/* interval: {column: day, every: day} */
with paid as (select amount, status, day from raw.orders),
total as (select status, sum(amount) as amount from paid group by status)
select paid.day, total.amount from paid join total using (status)
===
no, line 3: `group by` puts rows of several days together: group by `day` as well
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders order by amount desc limit 100
===
no, line 2: `limit` counts rows of all days together
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders order by day offset 3
===
no, line 2: `offset` counts rows of all days together
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders order by amount desc
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders tablesample 10% (bernoulli, 42)
===
no, line 2: a sample is another one for each part
---
/* interval: {column: day, every: day} */
select day, my_macro(amount) as amount from raw.orders
===
no, line 2: `my_macro()` is not known to look at one row only
---
/* interval: {column: day, every: day} */
select day, random() as dice from raw.orders
===
no, line 2: `random()` gives another result at each run
---
/* interval: {column: day, every: day} */
select day, current_date - day as age from raw.orders
===
no: it reads the clock, so every run changes every part
---
/* interval: {column: day, every: day} */
select day, list(product order by line_id) as products, string_agg(product, ',' order by line_id) as text
from raw.lines
group by day, order_id
===
sliced: raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, product(quantity) as all_together from raw.lines group by day
===
sliced: raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, status, count(*) filter (where amount > 10) as many from raw.orders group by (day, status)
===
sliced: raw.orders (day)
