create macro rate() as (select max(rate) from raw.orders);
