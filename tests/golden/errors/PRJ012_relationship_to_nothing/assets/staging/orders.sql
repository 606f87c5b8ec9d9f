/* andon
checks:
  - relationship: {customer_id: staging.custmers.id}
*/
select id, amount from raw.orders
