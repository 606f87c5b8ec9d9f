/* andon
description: Revenue by day and place of sale.
owner: shop
materialize: incremental
interval: {column: day, every: day}
key: [day, place]
checks:
  - unique: [day, place]
  - expect: revenue > 0
*/
select ordered_at::date as day, 'web' as place, sum(amount) as revenue, count(*) as sales
from files.orders
group by all
union all
select sold_at::date, 'till', sum(amount)::decimal(38, 2), count(*)
from till.receipts
group by all
