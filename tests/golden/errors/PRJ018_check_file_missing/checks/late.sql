select * from staging.orders
