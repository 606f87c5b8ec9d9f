"""Shapes of the selects of synthetic projects.

Each reads two assets, `{first}` and `{second}`, and takes a small number, `{days}`. Results do not
depend on the order of rows, and sums stay decimal, so that every engine run gives the same values.
"""

from __future__ import annotations

SHAPES = (
    """with both_sides as (
  select
    a.id,
    a.customer_id,
    greatest(a.day, coalesce(b.day, a.day)) as day,
    a.category,
    a.state,
    a.amount + coalesce(b.amount, 0) / 2 as amount,
    a.quantity
  from {first} as a
  left join {second} as b on a.id = b.id
  where a.id is not null
)
select
  id,
  customer_id,
  day,
  category,
  state,
  cast(least(amount, 1000000) as decimal(18, 2)) as amount,
  quantity
from both_sides""",
    """with recent as (
  select *
  from {first}
  where id is not null and day >= date '2026-01-01' + {days}
),
by_customer as (
  select customer_id, avg(amount) as usual, count(*) as entries
  from {second}
  group by customer_id
)
select
  r.id,
  r.customer_id,
  r.day,
  r.category,
  r.state,
  cast(least(r.amount + coalesce(c.usual, 0), 1000000) as decimal(18, 2)) as amount,
  r.quantity + coalesce(c.entries, 0) as quantity
from recent as r
left join by_customer as c on c.customer_id = r.customer_id""",
    """with known as (
  select *
  from {first}
  where id is not null and customer_id in (select customer_id from {second})
),
smoothed as (
  select
    id,
    avg(amount) over (
      partition by customer_id order by day, id rows between 6 preceding and current row
    ) as amount,
    sum(quantity) over (partition by category order by day, id rows {days} preceding) as quantity
  from known
)
select k.id, k.customer_id, k.day, k.category, k.state,
  cast(s.amount as decimal(18, 2)) as amount,
  cast(s.quantity as bigint) % 1000 as quantity
from known as k
join smoothed as s on s.id = k.id""",
    """with together as (
  select id, customer_id, day, category, state, amount, quantity from {first}
  where id is not null
  union all
  select id, customer_id, day, category, state, amount, quantity from {second}
  where id is not null
)
select
  id,
  min(customer_id) as customer_id,
  max(day) as day,
  min(category) as category,
  max(state) as state,
  cast(avg(amount) as decimal(18, 2)) as amount,
  cast(max(quantity) as bigint) as quantity
from together
group by id
having count(*) <= {days}""",
)
"""Intermediate assets: the seven common columns under a unique `id`."""

MARTS = (
    """with monthly as (
  select
    date_trunc('month', a.day) as month,
    a.category,
    count(*) as entries,
    sum(a.amount) as amount
  from {first} as a
  join {second} as b on b.customer_id = a.customer_id and b.id % {days} = 0
  where a.id is not null
  group by all
)
select
  month,
  category,
  entries,
  amount,
  amount - lag(amount, 1, 0) over (partition by category order by month) as change,
  1 as edition
from monthly""",
    """with customers as (
  select customer_id, category, count(*) as entries, sum(amount) as amount
  from {first}
  where id is not null
  group by customer_id, category
),
ranked as (
  select
    *,
    rank() over (partition by category order by amount desc, customer_id) as place
  from customers
)
select r.customer_id, r.category, r.entries, r.amount, r.place, 1 as edition
from ranked as r
where r.place <= {days}
  and exists (select 1 from {second} as s where s.customer_id = r.customer_id)""",
    """select
  a.state,
  a.category,
  count(*) as entries,
  count(distinct a.customer_id) as customers,
  sum(a.amount) as amount,
  sum(case when b.id is null then 0 else b.quantity end) as matched,
  min(a.day) as first_day,
  max(a.day) + {days} as next_day,
  1 as edition
from {first} as a
left join {second} as b on b.id = a.id
where a.id is not null
group by a.state, a.category""",
)
"""Marts: aggregates by category, which nothing reads."""
