/* andon
description: One row per customer.
key: customer_id
checks:
  - unique: customer_id
*/
select customer_id, name, country
from raw.customers
