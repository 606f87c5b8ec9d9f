select id from raw.orders
where day >= $frist_day
