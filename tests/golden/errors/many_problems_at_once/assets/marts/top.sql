select * from staging.orders join staging.custmers using (id)
