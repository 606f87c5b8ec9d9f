/* rows */
select order_id, amount * 2 as twice, upper(status) as status from raw.orders where amount > 1
===
sliced: raw.orders
---
/* rows */
select o.order_id, c.name from raw.orders o left join staging.customers c using (customer_id)
===
sliced: raw.orders
whole: staging.customers
---
/* rows */
select o.order_id, c.name from staging.customers c left join raw.orders o using (customer_id)
===
sliced: staging.customers
whole: raw.orders
---
/* rows */
select o.order_id, c.name from staging.customers c right join raw.orders o using (customer_id)
===
sliced: raw.orders
whole: staging.customers
---
/* rows */
select order_id, unnest(tags) as tag from raw.orders
===
sliced: raw.orders
---
/* rows */
select day, amount from raw.orders union all select day, price from raw.lines
===
sliced: raw.orders, raw.lines
---
/* rows */
select day, amount from raw.orders union select day, price from raw.lines
===
no, line 2: `union` compares several rows
---
/* rows */
select count(*) as n from raw.orders
===
no, line 2: `count()` takes rows together
---
/* rows */
select day, sum(amount) as amount from raw.orders group by day
===
no, line 2: `group by` puts several rows together
---
/* rows */
select distinct day from raw.orders
===
no, line 2: `distinct` compares several rows
---
/* rows */
select order_id, row_number() over (order by order_id) as n from raw.orders
===
no, line 2: `row_number()` looks at other rows
---
/* rows */
select order_id from raw.orders limit 10
===
no, line 2: `limit` counts all rows together
---
/* rows */
select order_id from raw.orders o where exists (select 1 from raw.lines l where l.order_id = o.order_id)
===
sliced: raw.orders
whole: raw.lines
---
/* rows */
select order_id from raw.orders o where amount > (select avg(amount) from raw.orders)
===
no, line 2: `raw.orders` is read row by row, and in another place as a whole
---
/* rows */
select o.order_id from raw.orders o semi join raw.lines l using (order_id)
===
sliced: raw.orders
whole: raw.lines
---
/* rows */
select a.order_id from raw.orders a join raw.orders b using (order_id)
===
no, line 2: `raw.orders` is read twice, so a row depends on more than one of them
---
/* rows */
with cleaned as (select *, trim(status) as word from raw.orders)
select c.order_id, c.word from cleaned c where c.word <> ''
===
sliced: raw.orders
---
/* rows */
select (select max(o.amount)) as most from raw.orders o
===
no, line 2: `max()` in a subquery reads columns of the query around it only, so it may take all rows together
---
/* rows */
select 1 as one
===
no: it reads no input of which each row gives rows of its own
