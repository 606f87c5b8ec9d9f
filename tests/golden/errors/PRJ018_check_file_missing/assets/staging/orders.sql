/* andon
checks:
  - sql: checks/lat.sql
  - sql: checks/late.sql
*/
select id, amount from raw.orders
