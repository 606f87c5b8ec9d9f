/* andon
descripton: one row per order
*/
select id, amount from raw.orders
