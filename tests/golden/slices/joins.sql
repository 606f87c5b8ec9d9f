/* interval: {column: day, every: day} */
select o.day, o.order_id, c.country
from raw.orders as o
left join staging.customers as c on c.customer_id = o.customer_id
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select o.day, c.country from raw.orders o join staging.customers c on o.amount > c.customer_id or c.country = 'DE'
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select o.day, c.country from raw.orders o cross join staging.customers c
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select o.day, c.name from staging.customers c right join raw.orders o using (customer_id)
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select o.day, c.name from staging.customers c left join raw.orders o using (customer_id)
===
no, line 2: `left join` keeps rows of `staging.customers` that match nothing in `raw.orders`, and these would come again with every day
---
/* interval: {column: day, every: day} */
select o.day, c.name from raw.orders o full join staging.customers c using (customer_id)
===
no, line 2: `full join` keeps rows of `staging.customers` that match nothing in `raw.orders`, and these would come again with every day
---
/* interval: {column: day, every: day} */
select day, c.name from raw.orders o right join staging.customers c using (customer_id)
===
no, line 2: `right join` keeps rows of `staging.customers` that match nothing in `raw.orders`, and these would come again with every day
---
/* interval: {column: day, every: day} */
select o.day, o.order_id, sum(l.price) as price
from raw.orders as o
join raw.lines as l on l.order_id = o.order_id and l.day = o.day
group by all
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select o.day, o.order_id, sum(l.price) as price
from raw.orders as o
join raw.lines as l on l.order_id = o.order_id
group by all
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select o.day, l.price
from raw.orders as o, raw.lines as l, staging.customers as c
where o.order_id = l.order_id and o.ordered::date = l.day and c.customer_id = o.customer_id
===
sliced: raw.orders (day)
whole: raw.lines, staging.customers
---
/* interval: {column: day, every: day} */
select day, o.amount, l.price from raw.orders o full join raw.lines l using (day, order_id)
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select coalesce(o.day, l.day) as day, count(o.order_id) as orders, count(l.line_id) as lines
from raw.orders o
full join raw.lines l on o.day = l.day and o.order_id = l.order_id
group by 1
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select o.day, count(l.line_id) as lines from raw.orders o full join raw.lines l on o.day = l.day group by 1
===
no, line 2: `full join` keeps rows of `raw.lines` that match nothing in `raw.orders`, and these would come again with every day
---
/* interval: {column: day, every: day} */
select l.day, o.amount from raw.orders o left join raw.lines l on o.day = l.day
===
no, line 2: `left join` keeps rows of `raw.orders` that match nothing in `raw.lines`, and these would come again with every day
---
/* interval: {column: day, every: day} */
select k.day, coalesce(sum(o.amount), 0) as amount
from staging.calendar k
left join raw.orders o on o.ordered::date = k.day
group by k.day
===
sliced: staging.calendar (day), raw.orders (ordered)
---
/* interval: {column: day, every: day} */
select k.day, coalesce(sum(o.amount), 0) as amount
from staging.calendar k
left join raw.orders o on o.day between k.day - 6 and k.day
group by k.day
===
sliced: staging.calendar (day)
whole: raw.orders
---
/* interval: {column: day, every: day} */
select a.day, a.order_id, b.order_id as other
from raw.orders a
join raw.orders b on a.customer_id = b.customer_id
===
no, line 4: `raw.orders` is read twice, and the join may pair rows of unlike days: hold `day` equal in the join
---
/* interval: {column: day, every: day} */
select a.day, a.order_id, b.order_id as other
from raw.orders a
join raw.orders b on a.customer_id = b.customer_id and a.day = b.day
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select a.day, b.amount as before
from raw.orders a
left join raw.orders b on a.customer_id = b.customer_id and b.day = a.day - 1
===
no, line 4: `raw.orders` is read twice, and the join may pair rows of unlike days: hold `day` equal in the join
---
/* interval: {column: day, every: day} */
with daily as (select day, sum(amount) as amount from raw.orders group by day)
select t.day, t.amount - y.amount as more from daily t left join daily y on y.day = t.day - interval 1 day
===
no, line 3: `daily` is read twice, and the join may pair rows of unlike days: hold `day` equal in the join
---
/* interval: {column: day, every: day} */
with daily as (select day, sum(amount) as amount from raw.orders group by day)
select o.day, o.amount / d.amount as share from raw.orders o join daily d using (day)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select o.day, o.order_id from raw.orders o semi join raw.lines l on l.order_id = o.order_id
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select o.day, o.order_id from raw.orders o anti join raw.lines l on l.order_id = o.order_id and l.day = o.day
===
sliced: raw.orders (day), raw.lines (day)
---
/* interval: {column: day, every: day} */
select l.day, p.price from raw.lines l asof join raw.prices p on l.product = p.product and l.day >= p.valid_from
===
sliced: raw.lines (day)
whole: raw.prices
---
/* interval: {column: day, every: day} */
select l.day, p.price from raw.prices p asof join raw.lines l on l.product = p.product and p.valid_from >= l.day
===
no, line 2: `asof join` looks for each row of `raw.prices` through `raw.lines` of all days
---
/* interval: {column: day, every: day} */
select day, name from raw.orders positional join staging.customers
===
no, line 2: `positional join` is not followed by Andon
---
/* interval: {column: day, every: day} */
select o.day, t.tag from raw.orders o, unnest(o.tags) as t(tag)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select o.day, x.lines from raw.orders o, lateral (select count(*) as lines from raw.lines l where l.order_id = o.order_id) x
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select o.day, x.price from raw.orders o left join lateral (select l.price from raw.lines l where l.order_id = o.order_id order by l.line_id limit 1) x on true
===
sliced: raw.orders (day)
whole: raw.lines
---
/* interval: {column: day, every: day} */
select o.day, x.twice from raw.orders o, lateral (select b.amount as twice from raw.orders b where b.order_id = o.order_id) x
===
no, line 2: `raw.orders` and `x` are both read by days, and the join may pair rows of unlike days: hold `day` equal in the join
---
/* interval: {column: day, every: day} */
select o.day, o.amount from raw.orders o natural join staging.customers
===
sliced: raw.orders (day)
whole: staging.customers
---
/* interval: {column: day, every: day} */
select o.day, g.i from raw.orders o, generate_series(1, o.order_id) as g(i)
===
sliced: raw.orders (day)
---
/* interval: {column: day, every: day} */
select o.day, c.name
from raw.orders o
join (staging.customers c join raw.lines l on l.customer_id = c.customer_id) on c.customer_id = o.customer_id
===
sliced: raw.orders (day)
whole: staging.customers, raw.lines
---
/* interval: {column: day, every: day} */
select o.day from raw.orders o join (select name, customer_id from staging.customers limit 5) c using (customer_id)
===
no, line 2: `limit` without `order by` may keep other rows for each part
---
/* interval: {column: day, every: day} */
select ordered::date as day, p.* from raw.orders, raw.prices p where ordered >= p.valid_from
===
sliced: raw.orders (ordered)
whole: raw.prices
