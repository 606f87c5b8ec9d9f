/* andon
description: What each customer paid.
key: customer_id
checks:
  - unique: customer_id
  - expect: paid >= 0
*/
select
    c.customer_id,
    c.name,
    c.country,
    count(o.order_id) as orders,
    coalesce(sum(o.amount) filter (o.status = 'paid'), 0) as paid
from staging.customers c
left join staging.orders o using (customer_id)
group by all
