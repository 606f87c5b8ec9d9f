-- Queries and what they prove, parted by ===; pairs are parted by ---. `make golden` rewrites the proofs.
select customer_id, count(*) as orders, max(amount) as largest
from orders
group by customer_id
===
unique(customer_id): grouped by customer_id
not_null(orders): a count is never null
---
select date_trunc('month', ordered) as month, status, sum(amount) as amount
from orders
group by all
order by month
===
unique(month, status): grouped by month, status
---
select date_trunc('month', ordered) as month, coalesce(sum(amount), 0) as amount
from orders
group by month
===
unique(month): grouped by month
not_null(amount): coalesce has a value that is never null
---
select distinct customer_id, lower(status) as status
from orders
===
unique(customer_id, status): its rows are distinct
---
select *
from orders
qualify row_number() over (partition by customer_id order by ordered desc, order_id) = 1
===
unique(customer_id): one row for each customer_id
---
with numbered as (
  select order_id, customer_id, ordered,
    row_number() over (partition by customer_id order by ordered, order_id) as place
  from orders
)
select customer_id, order_id as first_order, ordered as first_ordered
from numbered
where place = 1
===
unique(customer_id): one row for each customer_id
---
with bought as (
  select o.customer_id, count(*) as orders
  from orders as o
  left join customers as c on c.customer_id = o.customer_id
  group by o.customer_id
)
select customer_id, orders, rank() over (order by orders desc) as place
from bought
where customer_id is not null
===
unique(customer_id): grouped by customer_id
not_null(customer_id): where customer_id is not null
not_null(orders): a count is never null
---
select customer_id, 'ordered' as source from orders
union
select customer_id, 'known' from customers
===
unique(customer_id, source): its rows are distinct
---
select o.order_id, coalesce(c.name, 'nobody') as name, true as is_known
from orders as o
left join customers as c using (customer_id)
where o.order_id is not null
===
not_null(order_id): where order_id is not null
not_null(name): coalesce has a value that is never null
not_null(is_known): it is a constant
---
select row_number() over (order by order_id) as id, status
from orders
===
unique(id): id numbers the rows
not_null(id): a row number is never null
---
select count(*) as orders, sum(amount) as amount
from orders
group by all
===
unique(): it is one row
not_null(orders): a count is never null
---
select customer_id, 'ordered' as source from orders
union all
select customer_id, 'known' from customers
===
nothing
---
select status, unnest([1, 2]) as half, count(*) as orders
from orders
group by status
===
nothing
---
select status, count(*) as orders
from orders
group by rollup (status)
===
nothing
---
select 'any' as status, count(*) as orders
from orders
group by status
===
not_null(status): it is a constant
not_null(orders): a count is never null
---
select *, row_number() over (partition by customer_id order by order_id) as place
from orders
qualify place = 1
===
nothing
---
select customer_id
from orders
where customer_id is not null or amount > 0
===
nothing
---
with one as (select distinct customer_id from orders)
select one.customer_id
from one
join customers as c on c.customer_id = one.customer_id
===
nothing
---
select status, count(*) as orders
from orders
group by status
order by unnest([1, 2])
===
nothing
