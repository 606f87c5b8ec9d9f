/* andon
materialize: incremental
interval: {column: day, every: dayly}
*/
select id, day from raw.orders
