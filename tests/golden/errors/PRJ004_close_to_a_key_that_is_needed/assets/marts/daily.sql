/* andon
materialize: incremental
interval: {colum: day, every: day}
*/
select id, day from raw.orders
