/* andon
materialize: incremental
interval: {column: dayy, every: day}
*/
select order_id, ordered_at::date as day from raw.orders
