/* andon
materialize: incremental
interval: {colum: day, every: dya, lookback: 3}
*/
select order_id from raw.orders
