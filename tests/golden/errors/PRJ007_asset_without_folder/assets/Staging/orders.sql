select id, amount from raw.orders
