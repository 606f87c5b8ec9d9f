/* andon
materialize: incremental
*/
select order_id from raw.orders
