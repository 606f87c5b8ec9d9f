/* andon
materialize: incremental
key: [order_id, custmer_id]
*/
select order_id, customer_id from raw.orders
