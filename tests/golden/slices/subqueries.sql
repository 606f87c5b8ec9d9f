/* interval: {column: day, every: day} */
select day, order_id from raw.orders where order_id in (select order_id from raw.lines)
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders o where not exists (select 1 from raw.lines l where l.order_id = o.order_id)
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders where day = (select max(day) from raw.orders)
===
no, line 2: `raw.orders` is read by days, and in another place as a whole
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders where amount > (select avg(price) from raw.lines)
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select day, (select max(l.price) from raw.lines l where l.order_id = o.order_id) as most from raw.orders o
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select day, (select max(price) from raw.lines where lines.order_id = o.order_id) as most from raw.orders o
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select day, (select sum(o.amount)) as amount from raw.orders o
===
no, line 2: `sum()` in a subquery reads columns of the query around it only, so it may take rows of all days together
---
/* interval: {column: day, every: day} */
with o as (select * from raw.orders), unread as (select count(*) as n from raw.orders)
select day from o
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
with o as (select * from raw.orders), total as (select count(*) as n from o)
select o.day, total.n from o, total
===
no, line 2: `count()` without `group by` takes all days together: group by `day`
---
/* interval: {column: day, every: day} */
with o as (select * from raw.orders)
select day, (select count(*) from o) as n from o
===
no, line 3: `raw.orders` is read by days, and in another place as a whole
---
/* interval: {column: day, every: day} */
with lines as (select * from raw.orders)
select day from lines
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day from (select * from (select day, amount from raw.orders) where amount > 1)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
with a as (select day, order_id from raw.orders), b as (select * from a), c as (select * from b)
select b.day, c.order_id from b join c using (day, order_id)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, list_sum(list_transform([1, 2], x -> x + order_id)) as n from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, order_id.abs() as n from raw.orders
===
no, line 2: `abs()` is not known to look at one row only
