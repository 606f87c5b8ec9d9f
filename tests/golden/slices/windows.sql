/* interval: {column: day, every: day} */
select day, order_id, row_number() over (order by ordered, order_id) as place
from raw.orders
===
no, line 2: `row_number()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
select day, order_id, row_number() over (partition by day order by ordered, order_id) as place
from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, order_id, amount - lag(amount) over (partition by customer_id order by ordered) as more from raw.orders
===
no, line 2: `lag()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
select day, order_id, lag(amount) over (partition by customer_id, day order by ordered) as before from raw.orders
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select ordered::date as day, sum(amount) over (partition by day order by ordered) as running from raw.orders
===
no, line 2: `sum()` looks across days: partition it by `ordered`
---
/* interval: {column: day, every: day} */
select date_trunc('month', day) as day, sum(amount) over (partition by day) as amount from raw.orders
===
no: `day` cannot tell the day of a row, as `date_trunc('month', ...)` is longer than one day (`every: month` or `every: year` would do)
---
/* interval: {column: day, every: day} */
select day, sum(amount) over w as running
from raw.orders
window w as (partition by day order by ordered)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, sum(amount) over (w order by ordered) as running, rank() over (order by amount) as place
from raw.orders
window w as (partition by day)
===
no, line 2: `rank()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
select * from raw.orders
qualify row_number() over (partition by order_id, day order by ordered desc) = 1
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select * from raw.orders
qualify row_number() over (partition by order_id order by ordered desc) = 1
===
no, line 3: `row_number()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
select day, sum(amount) as amount, sum(sum(amount)) over (partition by day) as all_of_day
from raw.orders
group by day, status
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select day, sum(amount) as amount, sum(sum(amount)) over (order by day) as so_far
from raw.orders
group by day
===
no, line 2: `sum()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
select day, avg(amount) over (order by day range between interval 6 days preceding and current row) as average
from raw.orders
===
no, line 2: `avg()` looks across days: partition it by `day`
---
/* interval: {column: day, every: day} */
with latest as (
  select * from staging.customers
  qualify row_number() over (partition by customer_id order by since desc) = 1
)
select o.day, l.name from raw.orders as o left join latest as l using (customer_id)
===
sliced: raw.orders (day)
whole: staging.customers
