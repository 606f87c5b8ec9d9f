select $x from raw.orders
