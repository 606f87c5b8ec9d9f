/* andon
checks:
  - sql: checks/late.sql
*/
select id, amount from raw.orders
