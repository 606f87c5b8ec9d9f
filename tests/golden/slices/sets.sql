/* interval: {column: day, every: day} */
select day, amount from raw.orders
union all
select day, price from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders union select day, order_id from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select order_id, day from raw.orders
union all by name
select day, order_id from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select order_id, day from raw.orders
union all by name
select order_id, line_id from raw.lines
===
no: `day` cannot tell the day of a row, as one side of the union lacks it
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders
union all
select date '2024-01-01', 0
===
no: `day` cannot tell the day of a row, as it is a constant
---
/* interval: {column: day, every: day} */
select day, name from (select day, status as name from raw.orders) union all select since, name from staging.customers
===
sliced: raw.orders (day), staging.customers (since)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders except select day, order_id from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders except all select day, quantity from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders intersect select day, order_id from raw.lines
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select day, order_id from raw.orders except select since, customer_id from staging.customers
===
sliced: raw.orders (day), staging.customers (since)
---
/* interval: {column: day, every: day} */
select day from raw.orders where order_id in (select order_id from raw.lines except select order_id from raw.orders)
===
no, line 2: `raw.orders` is read by days, and in another place as a whole
---
/* interval: {column: day, every: day} */
with ids as (select customer_id from raw.orders union select customer_id from raw.orders)
select day, order_id from raw.orders semi join ids using (customer_id)
===
no, line 2: `union` compares rows of several days
---
/* interval: {column: day, every: day} */
with recursive days as (
  select day, 1 as n from raw.orders
  union all
  select day, n + 1 from days where n < 3
)
select day, n from days
===
no: `day` cannot tell the day of a row, as the columns of `days` are not all known
---
/* interval: {column: day, every: day} */
with recursive numbers as (select 1 as n union all select n + 1 from numbers where n < 3)
select o.day, n.n from raw.orders o cross join numbers n
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
pivot raw.orders on status using sum(amount) group by day
===
no: `day` is not among the columns of the query that are known before it is run
---
/* interval: {column: day, every: day} */
select day, paid from (from raw.orders pivot (sum(amount) for status in ('paid') group by day))
===
no: `day` cannot tell the day of a row, as the columns of `(...)` are not all known
---
/* interval: {column: day, every: day} */
select day, amount from raw.orders union all (select day, price from raw.lines order by price limit 3)
===
no, line 2: `limit` counts rows of all days together
---
/* interval: {column: day, every: day} */
from raw.orders select day, order_id
===
sliced: raw.orders (day)
