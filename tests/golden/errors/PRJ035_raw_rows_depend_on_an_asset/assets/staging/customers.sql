select customer_id from raw.customers
