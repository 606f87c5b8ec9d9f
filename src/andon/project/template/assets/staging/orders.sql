/* andon
description: Orders as they are used everywhere else.
key: order_id
checks:
  - unique: order_id
  - not_null: [order_id, customer_id]
  - accepted: {status: [paid, open, returned]}
  - relationship: {customer_id: staging.customers.customer_id}
*/
select
    order_id,
    customer_id,
    ordered_on,
    status,
    cast(amount as decimal(12, 2)) as amount
from raw.orders
