/* by: [customer_id] */
select customer_id, count(*) as orders from raw.orders group by customer_id
===
sliced: raw.orders (customer_id)
---
/* by: [customer_id] */
select * from raw.orders qualify row_number() over (partition by customer_id order by ordered desc) = 1
===
sliced: raw.orders (customer_id)
---
/* by: [customer_id] */
select c.customer_id, c.name, sum(o.amount) as amount
from staging.customers c
left join raw.orders o using (customer_id)
group by all
===
sliced: staging.customers (customer_id), raw.orders (customer_id)
---
/* by: [customer_id] */
select customer_id, rank() over (order by sum(amount)) as place from raw.orders group by customer_id
===
no, line 2: `rank()` looks across keys: partition it by `customer_id`
---
/* by: [customer_id] */
select abs(customer_id) as customer_id from raw.orders
===
no: `customer_id` cannot tell the key of a row, as it is `abs()`
---
/* by: [customer_id] */
select customer_id::varchar as customer_id from raw.orders
===
no: `customer_id` cannot tell the key of a row, as it is a cast
---
/* by: [customer_id] */
select coalesce(o.customer_id, c.customer_id) as customer_id, o.amount
from raw.orders o
full join staging.customers c on o.customer_id = c.customer_id
===
sliced: raw.orders (customer_id), staging.customers (customer_id)
---
/* by: [customer_id, day] */
select customer_id, day, sum(amount) as amount from raw.orders group by 1, 2
===
sliced: raw.orders (customer_id, day)
---
/* by: [customer_id, day] */
select customer_id, max(day) as day from raw.orders group by 1
===
no: `day` cannot tell the key of a row, as it is `max()`
---
/* by: [customer_id, day] */
select o.customer_id, o.day, count(l.line_id) as lines
from raw.orders o
left join raw.lines l on l.customer_id = o.customer_id and l.day = o.day
group by all
===
sliced: raw.orders (customer_id, day), raw.lines (customer_id, day)
---
/* by: [customer_id, day] */
select o.customer_id, o.day, count(l.line_id) as lines
from raw.orders o
left join raw.lines l on l.customer_id = o.customer_id
group by all
===
sliced: raw.orders (customer_id, day)
whole: raw.lines
---
/* by: [customer_id, country] */
select o.customer_id, c.country, sum(o.amount) as amount
from raw.orders o
join staging.customers c using (customer_id)
group by all
===
no: `customer_id`, `country` do not come from one input
---
/* by: [product] */
select product, arg_max(price, valid_from) as price from raw.prices group by product
===
sliced: raw.prices (product)
---
/* by: [status] */
select status, count(*) as n from raw.orders group by customer_id, status
===
sliced: raw.orders (status)
---
/* by: [status] */
select any_value(status) as status, count(*) as n from raw.orders group by customer_id
===
no: `status` cannot tell the key of a row, as it is `any_value()`
---
/* by: [customer_id] */
select customer_id from raw.orders except select customer_id from staging.customers
===
sliced: raw.orders (customer_id), staging.customers (customer_id)
---
/* by: [customer_id] */
select customer_id from raw.orders union select price from raw.prices
===
no: `customer_id` cannot tell the key of a row, as its types differ
